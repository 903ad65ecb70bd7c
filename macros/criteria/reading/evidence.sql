{#
    Ask for an aggregate over evidence rows; gives the SQL name of its column. All
    that one leaf or another asks of one table is computed in one pass over it.

    | argument   | meaning                                                      |
    |------------|--------------------------------------------------------------|
    | table      | {name, model, selector, visible}: the CTE, the model, the    |
    |            | column that names what a row is (none: all rows are alike),  |
    |            | conditions of all its rows                                   |
    | aggregate  | SQL                                                          |
    | selected   | the value that the selector column must have, if there is one |
    | conditions | more conditions of the rows, as SQL, never NULL              |
    | earliest   | the day at whose start the rows begin, or none               |
#}
{% macro evidence(context, table, aggregate, selected, conditions, earliest=none) %}
    {%- set found = namespace(cte=none, column=none) -%}
    {%- for known in context.ctes if known.name == table.name -%}
        {%- set found.cte = known -%}
    {%- endfor -%}
    {%- if found.cte is none -%}
        {%- set found.cte = dict(
            table, columns=[], render='render_evidence',
            relation=crm_segmentation.rule_relation(context, table.model)
        ) -%}
        {%- do context.ctes.append(found.cte) -%}
    {%- endif -%}
    {%- set asked = {
        'aggregate': aggregate,
        'selected': selected,
        'conditions': conditions,
        'earliest': earliest,
    } -%}
    {%- for column in found.cte.columns if column.asked == asked -%}
        {%- set found.column = column -%}
    {%- endfor -%}
    {%- if found.column is none -%}
        {%- set found.column = {
            'name': 'evidence_' ~ (found.cte.columns | length + 1),
            'asked': asked,
        } -%}
        {%- do found.cte.columns.append(found.column) -%}
    {%- endif -%}
    {{ return(found.cte.name ~ '.' ~ found.column.name) }}
{% endmacro %}

{#
    The CTE of one table of evidence: one row per account_id. What all its columns
    ask of a row stands in the where clause, so that an engine can skip the rest;
    what is a column's own stands in its filter.
#}
{% macro render_evidence(cte) %}
    {%- set names = [] -%}
    {%- set first = namespace(day=none, open=false) -%}
    {%- for column in cte.columns -%}
        {%- if column.asked.selected not in names -%}
            {%- do names.append(column.asked.selected) -%}
        {%- endif -%}
        {%- if column.asked.earliest is none -%}
            {%- set first.open = true -%}
        {%- elif first.day is none or column.asked.earliest < first.day -%}
            {%- set first.day = column.asked.earliest -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set selector = none if cte.selector is none else cte.model ~ '.' ~ cte.selector -%}
    {%- set since = {'sql': cte.model ~ '.occurred_at', 'type': 'timestamp'} -%}
    {%- set literals = [] -%}
    {%- for name in names -%}
        {%- do literals.append(crm_segmentation.text_literal(name)) -%}
    {%- endfor -%}
    {#- times first: PostgreSQL asks in this order, and of texts it asks longer -#}
    {%- set scope = cte.visible | list -%}
    {%- if not first.open -%}
        {%- do scope.append(crm_segmentation.in_days(since, first.day, none)) -%}
    {%- endif -%}
    {%- if selector is not none -%}
        {%- do scope.append(
            selector ~ ' = ' ~ literals[0] if literals | length == 1
            else selector ~ ' in (' ~ literals | join(', ') ~ ')'
        ) -%}
    {%- endif -%}
    {%- set common = [] -%}
    {%- for condition in cte.columns[0].asked.conditions -%}
        {%- set without = [] -%}
        {%- for column in cte.columns if condition not in column.asked.conditions -%}
            {%- do without.append(column) -%}
        {%- endfor -%}
        {%- if not without -%}
            {%- do common.append(condition) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set columns = [cte.model ~ '.account_id'] -%}
    {%- for column in cte.columns -%}
        {%- set asked = column.asked -%}
        {%- set own = [] -%}
        {%- if names | length > 1 -%}
            {%- do own.append(
                selector ~ ' = ' ~ crm_segmentation.text_literal(asked.selected)
            ) -%}
        {%- endif -%}
        {%- if asked.earliest is not none
            and (first.open or asked.earliest != first.day) -%}
            {%- do own.append(crm_segmentation.in_days(since, asked.earliest, none)) -%}
        {%- endif -%}
        {%- for condition in asked.conditions if condition not in common -%}
            {%- do own.append(condition) -%}
        {%- endfor -%}
        {%- set filter = '' if not own
            else ' filter (\n    where\n        '
                ~ own | join('\nand ') | indent(8) ~ '\n)' -%}
        {%- do columns.append(asked.aggregate ~ filter ~ ' as ' ~ column.name) -%}
    {%- endfor -%}
    {%- set scope = scope + common -%}
    {{ return(
        'select\n    ' ~ columns | join(',\n') | indent(4)
        ~ '\nfrom ' ~ cte.relation ~ ' as ' ~ cte.model
        ~ ('\nwhere\n    ' ~ scope | join('\nand ') | indent(4) if scope else '')
        ~ '\ngroup by ' ~ cte.model ~ '.account_id'
    ) }}
{% endmacro %}
