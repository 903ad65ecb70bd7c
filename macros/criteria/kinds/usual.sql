{#
    Kind 26: the most frequent value of a column in the selected rows.

        usual: {name: order_line, column: category, within: 365d, in: [Pumps],
                min_count: 2}

    Of values equally frequent it is the smallest, text by bytes. The list is
    compared folded; rows in which the value is unknown do not count.
#}
{% macro read_usual(context, given, path) %}
    {%- set before = context.errors | length -%}
    {%- set selection = crm_segmentation.read_selection(
        context, given, path, ['column', 'in', 'min_count']
    ) -%}
    {%- if selection is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set columns = [] -%}
    {%- for name, type in selection.event.columns.items() if type in ['text', 'number'] -%}
        {%- do columns.append(name) -%}
    {%- endfor -%}
    {%- set column = given.get('column') -%}
    {%- if 'column' not in given -%}
        {%- do crm_segmentation.missing_key(
            context, path, 'column', 'column: one of ' ~ columns | join(', ')
        ) -%}
    {%- elif column is not string or column not in columns -%}
        {%- do crm_segmentation.rule_error(
            context, path ~ '.column',
            "not a text or number of event '" ~ selection.name ~ "'", column, columns,
            crm_segmentation.did_you_mean(column, columns)
        ) -%}
    {%- elif 'in' not in given -%}
        {%- do crm_segmentation.missing_key(context, path, 'in', 'in: [<value>, ..]') -%}
    {%- else -%}
        {%- set operand = {
            'name': column, 'type': selection.event.columns[column], 'allowed': none,
            'fold': true,
        } -%}
        {%- set listed = crm_segmentation.read_values(
            context, operand, given['in'], path ~ '.in'
        ) -%}
    {%- endif -%}
    {%- set least = crm_segmentation.read_whole_number(
        context, 'min_count', given.get('min_count', 1), path ~ '.min_count'
    ) -%}
    {%- if context.errors | length > before -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set cte = crm_segmentation.most_frequent(context, selection, column) -%}
    {%- set value = crm_segmentation.comparable(
        dict(operand, sql=cte ~ '.usual_value')
    ) -%}
    {{ return({
        'tree': {'usual': dict(
            selection.tree, column=column, min_count=least.value, **{'in': listed.value}
        )},
        'sql': crm_segmentation.coalesced(
            cte ~ '.usual_count >= ' ~ least.sql ~ '\nand '
                ~ crm_segmentation.one_of(value, 'in', listed.literals), false
        ),
        'atomic': true,
        'value_sql': cte ~ '.usual_value',
    }) }}
{% endmacro %}

{# The most frequent value of the selected rows of each account: the name of a CTE. #}
{% macro most_frequent(context, selection, column) %}
    {%- set model = selection.event.model -%}
    {%- set value = model ~ '.' ~ column -%}
    {%- set order = crm_segmentation.by_bytes(value)
        if selection.event.columns[column] == 'text' else value -%}
    {%- set sql = 'select\n    account_id,\n    usual_value,\n    usual_count\nfrom (\n'
        ~ '    select\n        ' ~ model ~ '.account_id,\n        ' ~ value
        ~ ' as usual_value,\n        count(*) as usual_count,\n'
        ~ '        row_number() over (\n            partition by ' ~ model
        ~ '.account_id\n            order by count(*) desc nulls last, ' ~ order ~ '\n'
        ~ '        ) as place\n    from '
        ~ crm_segmentation.rule_relation(context, model) ~ ' as ' ~ model
        ~ '\n    where\n        '
        ~ (crm_segmentation.selected_rows(context, selection)
            + [value ~ ' is not null']) | join('\nand ') | indent(8)
        ~ '\n    group by ' ~ model ~ '.account_id, ' ~ value
        ~ '\n) as counted\nwhere place = 1' -%}
    {{ return(crm_segmentation.accounts_cte(context, 'usual', sql)) }}
{% endmacro %}
