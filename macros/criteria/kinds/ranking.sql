{#
    Kinds 17 and 18: top_percent, bottom_percent, top, bottom, within the base and,
    with `over`, within the base's accounts of the same value of an attribute;
    unknown is a value there.

        revenue_365d: {top_percent: 10, over: region}
        revenue_365d: {top: 3, over: region}

    Percents keep ties on one side and never take more than asked. Counts take the
    smaller account_id first. An account without a value is never in.
#}
{% macro operator_ranking(context, operand, operator, raw, path) %}
    {%- set read = crm_segmentation.read_bounded_number(
        context, operator, raw, path, 'percent'
    ) if operator.endswith('_percent') else crm_segmentation.read_whole_number(
        context, operator, raw, path
    ) -%}
    {%- if read is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set direction = 'desc' if operator.startswith('top') else 'asc' -%}
    {%- set partition = none if operand.over is none
        else 'partition by ' ~ operand.over.sql -%}
    {%- set order = 'order by ' ~ operand.sql ~ ' ' ~ direction ~ ' nulls last' -%}
    {%- if operator.endswith('_percent') -%}
        {%- set places = [
            'count(*) over (\n    ' ~ (partition ~ '\n    ' if partition else '') ~ order
                ~ '\n) as place',
            'count(*) over (' ~ (partition or '') ~ ') as places',
        ] -%}
        {%- set condition = '100 * place <= ' ~ read.sql ~ ' * places' -%}
    {%- else -%}
        {%- set order = order ~ ', ' ~ crm_segmentation.by_bytes('base.account_id') -%}
        {%- set places = ['row_number() over (\n    ' ~ (partition or '') ~ '\n    '
            ~ order ~ '\n) as place'] -%}
        {%- set condition = 'place <= ' ~ read.sql -%}
    {%- endif -%}
    {%- set valued = crm_segmentation.valued_accounts(context, operand) -%}
    {%- if operator in ['top', 'bottom'] and partition is none -%}
        {#- the first few of all are found without putting the rest in order -#}
        {%- set sql = 'select base.account_id\n' ~ valued ~ '\n' ~ order
            ~ '\nlimit ' ~ read.sql -%}
    {%- else -%}
        {%- set columns = ['base.account_id'] + places -%}
        {%- set inner = 'select\n    ' ~ columns | join(',\n') | indent(4) ~ '\n' ~ valued -%}
        {%- set sql = 'select account_id\nfrom (\n    ' ~ inner | indent(4)
            ~ '\n) as placed\nwhere ' ~ condition -%}
    {%- endif -%}
    {%- set taken = crm_segmentation.ranking(context, sql) ~ '.account_id' -%}
    {{ return({
        'sql': taken ~ ' is not null',
        'not_sql': taken ~ ' is null',
        'total': true,
        'value': read.value,
    }) }}
{% endmacro %}

{# From the accounts of the base that have a value. #}
{% macro valued_accounts(context, operand) %}
    {%- set joins = [] -%}
    {%- for model in ([operand.model] + ([] if operand.over is none
        else [operand.over.model])) | unique -%}
        {%- do joins.append(
            ('inner' if loop.first else 'left') ~ ' join '
            ~ crm_segmentation.rule_relation(context, model) ~ ' as ' ~ model
            ~ '\n    on base.account_id = ' ~ model ~ '.account_id'
        ) -%}
    {%- endfor -%}
    {{ return(
        'from base\n' ~ joins | join('\n') ~ '\nwhere ' ~ operand.sql ~ ' is not null'
    ) }}
{% endmacro %}

{# The accounts that a ranking takes: the name of a CTE. #}
{% macro ranking(context, sql) %}
    {%- for known in context.ctes if known.sql == sql -%}
        {{ return(known.name) }}
    {%- endfor -%}
    {%- set name = 'ranking_' ~ (context.ctes | length + 1) -%}
    {%- do context.ctes.append({'name': name, 'sql': sql}) -%}
    {{ return(name) }}
{% endmacro %}

{# What `over` names: the operand of an attribute, or none where it is wrong. #}
{% macro read_over(context, raw, path) %}
    {%- set names = [] -%}
    {%- for name, attribute in context.attributes.items()
        if attribute.type not in ['values', 'point'] -%}
        {%- do names.append(name) -%}
    {%- endfor -%}
    {%- if raw is not string or raw not in names -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'not an attribute with one value', raw, names,
            crm_segmentation.did_you_mean(raw, names)
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(crm_segmentation.operand(context, raw)) }}
{% endmacro %}
