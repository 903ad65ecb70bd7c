{#
    Kind 22: the first or last event of all history, and what is asked of it.

        first_event: {name: order, within: 30d}
        last_event: {name: order, where: {is_cancelled: false}, has: {channel: web}}

    `where` says which rows there are to choose from; the window and `has` are asked
    of the one that is chosen. Rows are in the order of time, then event_id. Of an
    account without a row it is false, unless `if_empty: true`.
#}
{% macro read_first_event(context, given, path) %}
    {{ return(crm_segmentation.read_one_event(context, given, path, 'first_event')) }}
{% endmacro %}

{% macro read_last_event(context, given, path) %}
    {{ return(crm_segmentation.read_one_event(context, given, path, 'last_event')) }}
{% endmacro %}

{% macro read_one_event(context, given, path, word) %}
    {%- set before = context.errors | length -%}
    {%- set selection = crm_segmentation.read_selection(
        context, given, path, ['has', 'if_empty']
    ) -%}
    {%- if selection is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set if_empty = given.get('if_empty', false) -%}
    {%- if if_empty is not boolean -%}
        {%- do crm_segmentation.rule_error(
            context, path ~ '.if_empty', 'not true or false', if_empty, 'true, false', ''
        ) -%}
    {%- endif -%}
    {%- set tree = dict(selection.tree) -%}
    {%- if 'has' in given -%}
        {%- set has = crm_segmentation.read_row_node(
            context, given.has, path ~ '.has', selection.name
        ) -%}
        {%- do tree.update({'has': has.tree}) -%}
    {%- endif -%}
    {%- if 'if_empty' in given -%}
        {%- do tree.update({'if_empty': if_empty}) -%}
    {%- endif -%}
    {%- if context.errors | length > before -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set of_all = dict(selection, window=none) -%}
    {%- set asked = [] -%}
    {%- if has is defined -%}
        {%- set row = crm_segmentation.one_event(context, of_all, word, has.sql) -%}
        {%- set happened = row.happened -%}
        {%- do asked.append(row.meets) -%}
    {%- else -%}
        {#- of the time alone there is no tie: the shared pass gives it -#}
        {%- set happened = crm_segmentation.event_evidence(
            context, of_all, {'first_event': 'min', 'last_event': 'max'}[word] ~ '('
                ~ selection.event.model ~ '.occurred_at)'
        ) -%}
    {%- endif -%}
    {%- if selection.window is not none -%}
        {%- do asked.append(crm_segmentation.in_days(
            {'sql': happened, 'type': 'timestamp'},
            selection.window['from'], selection.window.to
        )) -%}
    {%- endif -%}
    {%- set sql = crm_segmentation.coalesced(asked | join('\nand '), if_empty) -%}
    {%- if not asked -%}
        {%- set sql = 'true' if if_empty else happened ~ ' is not null' -%}
    {%- endif -%}
    {{ return({
        'tree': {word: tree},
        'sql': sql,
        'atomic': true,
        'value_sql': happened,
    }) }}
{% endmacro %}

{#
    The first or last of the selected rows of each account, and whether it meets a
    condition: {happened, meets}, names in SQL. Conditions on one row share its CTE.
#}
{% macro one_event(context, selection, word, condition) %}
    {%- set rows = [selection.name, selection.where] -%}
    {%- set cte = namespace(found=none, column=none) -%}
    {%- for known in context.ctes if known.word == word and known.rows == rows -%}
        {%- set cte.found = known -%}
    {%- endfor -%}
    {%- if cte.found is none -%}
        {%- set model = selection.event.model -%}
        {%- set cte.found = {
            'name': word ~ '_' ~ (context.ctes | length + 1),
            'render': 'render_one_event',
            'word': word,
            'rows': rows,
            'model': model,
            'relation': crm_segmentation.rule_relation(context, model),
            'scope': crm_segmentation.selected_rows(context, selection),
            'conditions': [],
        } -%}
        {%- do context.ctes.append(cte.found) -%}
    {%- endif -%}
    {%- if condition not in cte.found.conditions -%}
        {%- do cte.found.conditions.append(condition) -%}
    {%- endif -%}
    {{ return({
        'happened': cte.found.name ~ '.occurred_at',
        'meets': cte.found.name ~ '.meets_'
            ~ (cte.found.conditions.index(condition) + 1),
    }) }}
{% endmacro %}

{#
    Two steps, since the first time of each account is cheap to find and few rows share
    it: only those are told apart by event_id. No row number = 1, which DuckDB 1.5
    rewrites, and over a join fails to.
#}
{% macro render_one_event(cte) %}
    {%- set model = cte.model -%}
    {%- set is_first = cte.word == 'first_event' -%}
    {%- set columns = [] -%}
    {%- set meets = [] -%}
    {%- for condition in cte.conditions -%}
        {%- do meets.append('meets_' ~ loop.index) -%}
        {%- do columns.append(condition ~ ' as ' ~ meets[-1]) -%}
    {%- endfor -%}
    {{ return(
        'select\n    account_id,\n    occurred_at,\n    ' ~ meets | join(',\n    ')
        ~ '\nfrom (\n    select\n        ' ~ model ~ '.account_id,\n        '
        ~ model ~ '.occurred_at,\n        ' ~ columns | join(',\n') | indent(8)
        ~ ',\n        ' ~ model ~ '.event_id,\n        ' ~ ('min(' if is_first else 'max(')
        ~ crm_segmentation.by_bytes(model ~ '.event_id')
        ~ ') over (\n            partition by ' ~ model ~ '.account_id'
        ~ '\n        ) as chosen_id\n    from ' ~ cte.relation ~ ' as ' ~ model
        ~ '\n    inner join (\n        select\n            ' ~ model ~ '.account_id,\n'
        ~ '            ' ~ ('min(' if is_first else 'max(') ~ model
        ~ '.occurred_at) as occurred_at\n        from ' ~ cte.relation ~ ' as ' ~ model
        ~ '\n        where\n            ' ~ cte.scope | join('\nand ') | indent(12)
        ~ '\n        group by ' ~ model ~ '.account_id\n    ) as one_time\n        on '
        ~ model ~ '.account_id = one_time.account_id\n        and ' ~ model
        ~ '.occurred_at = one_time.occurred_at\n    where\n        '
        ~ cte.scope | join('\nand ') | indent(8) ~ '\n) as same_time\nwhere event_id = chosen_id'
    ) }}
{% endmacro %}
