{#
    The name nearest to `found` as a question, or nothing where none is near. Nearness
    is the share of common pairs of letters (Dice's coefficient). A name that YAML made
    a boolean of is nameless by now.
#}
{% macro did_you_mean(found, names) %}
    {%- if found is boolean -%}
        {{ return(
            'YAML reads ' ~ ('Yes and on as true' if found else 'NO, no and off as false')
            ~ (". Did you mean 'of'?" if not found and 'of' in names
                else '; put the word in quotes.')
        ) }}
    {%- endif -%}
    {%- set padded = '^' ~ (found | string | lower) ~ '$' -%}
    {%- set pairs = [] -%}
    {%- for i in range(padded | length - 1) -%}
        {%- do pairs.append(padded[i:i + 2]) -%}
    {%- endfor -%}
    {%- set best = namespace(name=none, score=0.49) -%}
    {%- for name in names -%}
        {%- set other = '^' ~ (name | string | lower) ~ '$' -%}
        {%- set left = pairs | list -%}
        {%- set common = namespace(count=0) -%}
        {%- for i in range(other | length - 1) -%}
            {%- if other[i:i + 2] in left -%}
                {%- do left.remove(other[i:i + 2]) -%}
                {%- set common.count = common.count + 1 -%}
            {%- endif -%}
        {%- endfor -%}
        {%- set score = 2 * common.count / (padded | length + other | length - 2) -%}
        {%- if score > best.score -%}
            {%- set best.name = name -%}
            {%- set best.score = score -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return("Did you mean '" ~ best.name ~ "'?" if best.name is not none else '') }}
{% endmacro %}
