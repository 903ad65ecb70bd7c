{#
    Kind 23b: did it, was silent, and does it again.

        restarted: {name: order, silent: [30d, 210d]}

    At least once before 210 days ago, not from then to 30 days ago, at least once
    since.
#}
{% macro read_restarted(context, given, path) %}
    {%- set before = context.errors | length -%}
    {%- set selection = crm_segmentation.read_selection(
        context, given, path, ['silent'], []
    ) -%}
    {%- if selection is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- if 'silent' in given -%}
        {%- set silent = crm_segmentation.read_span(
            context, given.silent, path ~ '.silent'
        ) -%}
    {%- else -%}
        {%- do crm_segmentation.missing_key(
            context, path, 'silent', 'silent: [30d, 210d]'
        ) -%}
    {%- endif -%}
    {%- if context.errors | length > before -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set counts = crm_segmentation.count_between(
        context, selection, [none, silent['from'], silent.to, context.as_of]
    ) -%}
    {{ return({
        'tree': {'restarted': dict(selection.tree, silent=silent.value)},
        'sql': counts[0] ~ ' > 0\nand ' ~ counts[1] ~ ' = 0\nand ' ~ counts[2] ~ ' > 0',
        'atomic': false,
        'value_sql': crm_segmentation.last_time(context, selection),
    }) }}
{% endmacro %}
