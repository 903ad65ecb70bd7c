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
        context, operator, raw, path, '0', '100'
    ) if operator.endswith('_percent') else crm_segmentation.read_whole_number(
        context, operator, raw, path, 1
    ) -%}
    {%- if read is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set direction = 'desc' if operator.startswith('top') else 'asc' -%}
    {%- set partition = '' if operand.over is none
        else 'partition by ' ~ operand.over.sql -%}
    {%- set order = 'order by ' ~ operand.sql ~ ' ' ~ direction ~ ' nulls last' -%}
    {%- if operator.endswith('_percent') -%}
        {%- set place = crm_segmentation.ranking(
            context, operand,
            'count(' ~ operand.sql ~ ') over (\n    '
                ~ (partition ~ '\n    ' if partition else '') ~ order ~ '\n)'
        ) -%}
        {%- set count = crm_segmentation.ranking(
            context, operand, 'count(' ~ operand.sql ~ ') over (' ~ partition ~ ')'
        ) -%}
        {%- set sql = '100 * ' ~ place ~ ' <= ' ~ read.sql ~ ' * ' ~ count -%}
    {%- else -%}
        {%- set place = crm_segmentation.ranking(
            context, operand,
            'row_number() over (\n    ' ~ (partition ~ '\n    ' if partition else '')
                ~ order ~ ', ' ~ crm_segmentation.by_bytes('base.account_id') ~ '\n)'
        ) -%}
        {%- set sql = place ~ ' <= ' ~ read.sql -%}
    {%- endif -%}
    {{ return({
        'sql': '(' ~ operand.sql ~ ' is not null and ' ~ sql ~ ')',
        'total': true,
        'value': read.value,
    }) }}
{% endmacro %}

{# A window over the base, as the SQL name of its column; all share one pass. #}
{% macro ranking(context, operand, expression) %}
    {%- set cte = namespace(found=none, column=none) -%}
    {%- for known in context.ctes if known.name == 'rankings' -%}
        {%- set cte.found = known -%}
    {%- endfor -%}
    {%- if cte.found is none -%}
        {%- set cte.found = {
            'name': 'rankings', 'render': 'render_rankings', 'columns': [], 'models': {},
        } -%}
        {%- do context.ctes.append(cte.found) -%}
    {%- endif -%}
    {%- for model in [operand.model] + ([] if operand.over is none
        else [operand.over.model]) if model not in cte.found.models -%}
        {%- do cte.found.models.update({
            model: crm_segmentation.rule_relation(context, model)
        }) -%}
    {%- endfor -%}
    {%- for column in cte.found.columns if column.sql == expression -%}
        {%- set cte.column = column -%}
    {%- endfor -%}
    {%- if cte.column is none -%}
        {%- set cte.column = {
            'name': 'place_' ~ (cte.found.columns | length + 1), 'sql': expression,
        } -%}
        {%- do cte.found.columns.append(cte.column) -%}
    {%- endif -%}
    {{ return('rankings.' ~ cte.column.name) }}
{% endmacro %}

{% macro render_rankings(cte) %}
    {%- set columns = ['base.account_id'] -%}
    {%- for column in cte.columns -%}
        {%- do columns.append(column.sql ~ ' as ' ~ column.name) -%}
    {%- endfor -%}
    {%- set joins = [] -%}
    {%- for model, relation in cte.models.items() -%}
        {%- do joins.append('\nleft join ' ~ relation ~ ' as ' ~ model
            ~ '\n    on base.account_id = ' ~ model ~ '.account_id') -%}
    {%- endfor -%}
    {{ return('select\n    ' ~ columns | join(',\n') | indent(4) ~ '\nfrom base'
        ~ joins | join) }}
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
