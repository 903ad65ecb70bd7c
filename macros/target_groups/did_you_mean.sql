{#
    The end of an error message: which of `names` the writer may have meant, or
    nothing where none is near. Near is an edit distance of at most a third of the
    word, and 1 for short words; of equally near names the first one.
#}
{% macro did_you_mean(found, names) %}
    {%- set found = found | string -%}
    {%- set best = namespace(
        name=none, distance=[(found | length + 1) // 3, 1] | max + 1
    ) -%}
    {%- for name in names
        if (name | length - found | length) | abs < best.distance -%}
        {%- set distance = crm_segmentation.edit_distance(found, name) | int -%}
        {%- if distance < best.distance -%}
            {%- set best.name = name -%}
            {%- set best.distance = distance -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return("; did you mean '" ~ best.name ~ "'?" if best.name else '') -}}
{% endmacro %}

{# Levenshtein's distance: the fewest letters to add, drop or change. #}
{% macro edit_distance(one, other) %}
    {%- set state = namespace(row=range(other | length + 1) | list) -%}
    {%- for letter in one -%}
        {%- set next_row = [loop.index] -%}
        {%- for counterpart in other -%}
            {%- do next_row.append([
                next_row[-1] + 1,
                state.row[loop.index] + 1,
                state.row[loop.index0] + (letter != counterpart) | int
            ] | min) -%}
        {%- endfor -%}
        {%- set state.row = next_row -%}
    {%- endfor -%}
    {{- return(state.row[-1]) -}}
{% endmacro %}
