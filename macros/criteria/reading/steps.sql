{#
    Rows of several selections side by side, for kinds that ask in which order they
    come. One row per row of any of them: account_id, occurred_at, same_value where
    it is asked for, and is_step_1, is_step_2, .., which may hold together.

    | argument | meaning                                                          |
    |----------|------------------------------------------------------------------|
    | name     | of the CTE                                                       |
    | steps    | selections; their windows are read, too                          |
    | same     | a column that all their events have, or none                     |

    The rows of one model are read once, however many steps it has.
#}
{% macro step_rows(context, name, steps, same) %}
    {%- set models = [] -%}
    {%- for step in steps if step.event.model not in models -%}
        {%- do models.append(step.event.model) -%}
    {%- endfor -%}
    {%- set selects = [] -%}
    {%- for model in models -%}
        {%- set columns = [model ~ '.account_id', model ~ '.occurred_at'] -%}
        {%- if same is not none -%}
            {%- do columns.append(model ~ '.' ~ same ~ ' as same_value') -%}
        {%- endif -%}
        {%- set names = [] -%}
        {%- set first = namespace(day=none, open=false) -%}
        {%- for step in steps -%}
            {%- set flag = 'false' -%}
            {%- if step.event.model == model -%}
                {%- set literal = crm_segmentation.text_literal(step.name) -%}
                {%- if literal not in names -%}
                    {%- do names.append(literal) -%}
                {%- endif -%}
                {%- if step.window is none or step.window['from'] is none -%}
                    {%- set first.open = true -%}
                {%- elif first.day is none or step.window['from'] < first.day -%}
                    {%- set first.day = step.window['from'] -%}
                {%- endif -%}
                {%- set flag = crm_segmentation.step_conditions(context, step)
                    | join('\nand ') -%}
            {%- endif -%}
            {%- do columns.append(
                ('(\n    ' ~ flag | indent(4) ~ '\n)' if '\n' in flag else flag)
                ~ ' as is_step_' ~ loop.index
            ) -%}
        {%- endfor -%}
        {#- times first: PostgreSQL asks in this order, and of texts it asks longer -#}
        {%- set scope = crm_segmentation.visible_events(context, model) -%}
        {%- if not first.open -%}
            {%- do scope.append(crm_segmentation.in_days(
                {'sql': model ~ '.occurred_at', 'type': 'timestamp'}, first.day, none
            )) -%}
        {%- endif -%}
        {%- do scope.append(
            model ~ '.event_name = ' ~ names[0] if names | length == 1
            else model ~ '.event_name in (' ~ names | join(', ') ~ ')'
        ) -%}
        {%- do selects.append(
            'select\n    ' ~ columns | join(',\n') | indent(4) ~ '\nfrom '
            ~ crm_segmentation.rule_relation(context, model) ~ ' as ' ~ model
            ~ '\nwhere\n    ' ~ scope | join('\nand ') | indent(4)
        ) -%}
    {%- endfor -%}
    {%- set sql = selects | join('\nunion all\n') -%}
    {%- if steps | selectattr('where') | list -%}
        {#- a row of one of these events need not be one of a step -#}
        {%- set flags = [] -%}
        {%- for step in steps -%}
            {%- do flags.append('is_step_' ~ loop.index) -%}
        {%- endfor -%}
        {%- set sql = 'select *\nfrom (\n    ' ~ sql | indent(4) ~ '\n) as step_rows\nwhere '
            ~ flags | join(' or ') -%}
    {%- endif -%}
    {%- do context.ctes.append({'name': name, 'joined': false, 'sql': sql}) -%}
{% endmacro %}

{#
    Of such rows those that a chain with a gap can hold, by what is known of an account
    before its rows are put in order: there is none where the first row of a step does not
    come before the last of the next, and a row lies less than so many gaps from rows of
    each other step. Where one step is rare this leaves next to nothing. Gives the name of
    a CTE.

    | argument | meaning                                                      |
    |----------|--------------------------------------------------------------|
    | name     | what the CTE of the rows is called, less `_rows`             |
    | keys     | columns within which rows belong together; NULL is left out  |
    | steps    | as they were given to step_rows()                            |
    | gap      | as read_row_duration() gave it                               |
#}
{% macro rows_of_chains(context, name, keys, steps, gap) %}
    {%- set bounds = [] -%}
    {%- set conditions = [] -%}
    {%- set lower = ['step_rows.occurred_at >= bounds.first_1'] -%}
    {%- set upper = [] -%}
    {%- for step in steps -%}
        {%- set at = loop.index -%}
        {%- for side in ['min(occurred_at) filter (where is_step_%s) as first_%s',
            'max(occurred_at) filter (where is_step_%s) as last_%s'] -%}
            {%- do bounds.append(side | format(at, at)) -%}
        {%- endfor -%}
        {%- if not loop.last -%}
            {%- do conditions.append('bounds.first_' ~ at ~ ' < bounds.last_' ~ (at + 1)) -%}
        {%- endif -%}
        {#- so long a time leaves nothing out, and may leave the engine's calendar -#}
        {%- if not loop.first and gap.hours * loop.index0 < 876000 -%}
            {%- do lower.append(
                'step_rows.occurred_at > bounds.first_' ~ at ~ ' - '
                ~ crm_segmentation.hours_literal(gap.hours * loop.index0)
            ) -%}
        {%- endif -%}
        {%- if not loop.last and gap.hours * loop.revindex0 < 876000 -%}
            {%- do upper.append(
                'step_rows.occurred_at < bounds.last_' ~ at ~ ' + '
                ~ crm_segmentation.hours_literal(gap.hours * loop.revindex0)
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do upper.append('step_rows.occurred_at <= bounds.last_' ~ steps | length) -%}
    {%- set on = [] -%}
    {%- for key in keys -%}
        {%- do on.append('step_rows.' ~ key ~ ' = bounds.' ~ key) -%}
    {%- endfor -%}
    {%- do context.ctes.append({
        'name': name ~ '_bounds',
        'joined': false,
        'sql': 'select\n    ' ~ (keys + bounds) | join(',\n    ') ~ '\nfrom ' ~ name
            ~ '_rows\ngroup by ' ~ keys | join(', '),
    }) -%}
    {%- do context.ctes.append({
        'name': name ~ '_bounded',
        'joined': false,
        'sql': 'select step_rows.*\nfrom ' ~ name ~ '_rows as step_rows\ninner join '
            ~ name ~ '_bounds as bounds\n    on ' ~ on | join('\n    and ')
            ~ '\nwhere\n    ' ~ (conditions + lower + upper) | join('\n    and '),
    }) -%}
    {{ return(name ~ '_bounded') }}
{% endmacro %}

{# What makes a visible row one of a step. #}
{% macro step_conditions(context, step) %}
    {%- set model = step.event.model -%}
    {%- set occurred_at = {'sql': model ~ '.occurred_at', 'type': 'timestamp'} -%}
    {%- set conditions = [
        model ~ '.event_name = ' ~ crm_segmentation.text_literal(step.name)
    ] -%}
    {%- if step.window is not none and step.window.to < context.as_of -%}
        {%- do conditions.append(
            crm_segmentation.in_days(occurred_at, none, step.window.to)
        ) -%}
    {%- endif -%}
    {%- if step.where is not none -%}
        {%- do conditions.append(step.where) -%}
    {%- endif -%}
    {{ return(conditions + step.get('conditions', [])) }}
{% endmacro %}

{# A step: the name of an event, or {name, where}; none where it is wrong. #}
{% macro read_step(context, given, path) %}
    {{ return(crm_segmentation.read_selection(
        context, {'name': given} if given is string else given, path, [], []
    )) }}
{% endmacro %}

{#
    The column whose value must be the same in all steps, as they are named, or none.
    The events must have it in one type.
#}
{% macro read_same(context, raw, path, steps) %}
    {%- set types = [] -%}
    {%- set common = [] -%}
    {%- for column, type in (steps[0].event.columns.items() if steps else []) -%}
        {%- set missing = [] -%}
        {%- for step in steps if step.event.columns.get(column) != type -%}
            {%- do missing.append(step.name) -%}
        {%- endfor -%}
        {%- if not missing -%}
            {%- do common.append(column) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if raw is not string or raw not in common -%}
        {%- do crm_segmentation.rule_error(
            context, path,
            'not a column that ' ~ (steps | map(attribute='name') | unique | join(', '))
            ~ (' have' if steps | length > 1 else ' has'),
            raw, common or 'none, they have no column in common',
            crm_segmentation.did_you_mean(raw, common)
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(raw) }}
{% endmacro %}
