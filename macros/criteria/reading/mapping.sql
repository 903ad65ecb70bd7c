{#
    Is what stands under a kind a mapping with these keys? Notes what is wrong:
    another shape, an unknown key, a required key that is missing.
#}
{% macro check_mapping(context, given, path, required, optional=[]) %}
    {%- set keys = required + optional -%}
    {%- if given is not mapping -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'not a mapping', given,
            '{' ~ required | join(': .., ') ~ ': ..}', ''
        ) -%}
        {{ return(false) }}
    {%- endif -%}
    {%- for key in given if key not in keys -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'unknown key', key, keys,
            'Facts lie in the past; older_than and in_next are for dates of an attribute.'
                if key in ['older_than', 'in_next']
                else crm_segmentation.did_you_mean(key, keys)
        ) -%}
    {%- endfor -%}
    {%- for key in required if key not in given -%}
        {%- do crm_segmentation.rule_error(
            context, path, "the key '" ~ key ~ "' is missing",
            given.keys() | join(', '), keys, ''
        ) -%}
    {%- endfor -%}
    {{ return(true) }}
{% endmacro %}

{#
    The one window of a leaf over facts: {from, to, value}, or none where it has
    none or a wrong one. The window is written into `tree`, too.
#}
{% macro read_fact_window(context, given, path, tree, required=false) %}
    {%- set words = crm_segmentation.window_words().fact -%}
    {%- set named = words | select('in', given) | list -%}
    {%- if named | length > 1 or (required and not named) -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'more than one window' if named else 'no window',
            named | join(', ') if named else (),
            ('exactly' if required else 'at most') ~ ' one of ' ~ words | join(', '), ''
        ) -%}
    {%- elif named -%}
        {%- set window = crm_segmentation.read_window(
            context, named[0], given[named[0]], path ~ '.' ~ named[0], 'fact'
        ) -%}
        {%- if window is not none -%}
            {%- do tree.update({named[0]: window.value}) -%}
        {%- endif -%}
        {{ return(window) }}
    {%- endif -%}
    {{ return(none) }}
{% endmacro %}
