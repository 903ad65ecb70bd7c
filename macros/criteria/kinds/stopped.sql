{#
    Kind 23a: did it, and then no more.

        stopped: {name: order, active: [90d, 365d]}

    At least once from 365 to 90 days ago, and not since.
#}
{% macro read_stopped(context, given, path) %}
    {%- set before = context.errors | length -%}
    {%- set selection = crm_segmentation.read_selection(
        context, given, path, ['active'], []
    ) -%}
    {%- if selection is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- if 'active' in given -%}
        {%- set active = crm_segmentation.read_span(
            context, given.active, path ~ '.active'
        ) -%}
    {%- else -%}
        {%- do crm_segmentation.missing_key(
            context, path, 'active', 'active: [30d, 210d]'
        ) -%}
    {%- endif -%}
    {%- if context.errors | length > before -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set counts = crm_segmentation.count_between(
        context, selection, [active['from'], active.to, context.as_of]
    ) -%}
    {{ return({
        'tree': {'stopped': dict(selection.tree, active=active.value)},
        'sql': counts[0] ~ ' > 0\nand ' ~ counts[1] ~ ' = 0',
        'atomic': false,
        'value_sql': crm_segmentation.last_time(context, selection),
    }) }}
{% endmacro %}

{#
    SQL of the number of selected rows between one day and the next of a list, one
    expression each; the first day may be none.
#}
{% macro count_between(context, selection, days) %}
    {%- set counts = [] -%}
    {%- for day in days[1:] -%}
        {%- set window = {'from': days[loop.index0], 'to': day} -%}
        {%- do counts.append('coalesce(' ~ crm_segmentation.event_evidence(
            context, dict(selection, window=window), 'count(*)'
        ) ~ ', 0)') -%}
    {%- endfor -%}
    {{ return(counts) }}
{% endmacro %}

{# For an explanation: when the last selected row was; none where not asked. #}
{% macro last_time(context, selection) %}
    {%- if not context.with_values -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(crm_segmentation.event_evidence(
        context, dict(selection, window=none),
        'max(' ~ selection.event.model ~ '.occurred_at)'
    )) }}
{% endmacro %}
