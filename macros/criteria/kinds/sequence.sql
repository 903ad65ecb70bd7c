{#
    Kind 24: one row after another.

        sequence: {steps: [quote, {name: order, where: {channel: web}}], gap: 14d,
                   same: product_id, within: 365d}

    Each step's time is strictly after the one before, and less than `gap` after it.
    Any chain counts. Without a gap that is the earliest: the first row of each step
    after the first of the step before. With one an earliest row need not begin it: a
    row of a step is reached if the latest row before it that the step before has
    reached is near enough. That is one window a step over the rows of the steps, and
    no join of rows with rows.
#}
{% macro read_sequence(context, given, path) %}
    {%- set before = context.errors | length -%}
    {%- if not crm_segmentation.check_mapping(
        context, given, path, ['steps'],
        ['gap', 'same'] + crm_segmentation.window_words().fact
    ) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set raw = given.get('steps') -%}
    {#- each window on top of another doubles what DuckDB takes to plan it: 10 ms for
        the most that are allowed, and half a second with four more -#}
    {%- set most = crm_segmentation.value_limits().steps.high -%}
    {%- set tree = {} -%}
    {%- set window = crm_segmentation.read_fact_window(context, given, path, tree) -%}
    {%- set steps = [] -%}
    {%- if 'steps' not in given -%}
        {#- noted above -#}
    {%- elif raw is string or raw is mapping or raw is not sequence
        or not 0 < raw | length <= most -%}
        {%- do crm_segmentation.rule_error(
            context, path ~ '.steps', 'not a list of steps', raw,
            '1 to ' ~ most ~ ' steps, each an event or {name: .., where: ..}', ''
        ) -%}
    {%- else -%}
        {%- for item in raw -%}
            {%- set step = crm_segmentation.read_step(
                context, item, path ~ '.steps[' ~ loop.index0 ~ ']'
            ) -%}
            {%- if step is not none -%}
                {%- do steps.append(dict(step, window=window)) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set gap = none -%}
    {%- if 'gap' in given -%}
        {%- set gap = crm_segmentation.read_row_duration(
            context, given.gap, path ~ '.gap'
        ) -%}
        {%- do tree.update({'gap': given.gap}) -%}
    {%- endif -%}
    {%- set same = none -%}
    {%- if 'same' in given and steps -%}
        {%- set same = crm_segmentation.read_same(
            context, given.same, path ~ '.same', steps
        ) -%}
        {%- do tree.update({'same': given.same}) -%}
    {%- endif -%}
    {%- if context.errors | length > before -%}
        {{ return(none) }}
    {%- endif -%}
    {%- do tree.update({'steps': steps | map(attribute='tree') | list}) -%}
    {%- if steps | length == 2 and gap is none and same is none -%}
        {#- the first row of one, the last of the other: the shared pass gives both -#}
        {%- set times = [] -%}
        {%- for step in steps -%}
            {%- do times.append(crm_segmentation.event_evidence(
                context, step, ('min(' if loop.first else 'max(') ~ step.event.model
                    ~ '.occurred_at)'
            )) -%}
        {%- endfor -%}
        {{ return({
            'tree': {'sequence': tree},
            'sql': 'coalesce(' ~ times | join(' < ') ~ ', false)',
            'atomic': true,
        }) }}
    {%- endif -%}
    {%- set name = crm_segmentation.chains(context, tree, steps, gap, same) -%}
    {{ return({
        'tree': {'sequence': tree},
        'sql': name ~ '.account_id is not null',
        'not_sql': name ~ '.account_id is null',
        'atomic': true,
        'value_sql': name ~ '.completed_at',
    }) }}
{% endmacro %}

{# The accounts with a chain and when the first was completed: the name of a CTE. #}
{% macro chains(context, tree, steps, gap, same) %}
    {%- for known in context.ctes if known.tree is defined and known.tree == tree -%}
        {{ return(known.name) }}
    {%- endfor -%}
    {%- set name = 'sequence_' ~ (context.ctes | length + 1) -%}
    {%- set keys = ['account_id'] + ([] if same is none else ['same_value']) -%}
    {%- do crm_segmentation.step_rows(context, name ~ '_rows', steps, same) -%}
    {%- if gap is none or steps | length == 1 -%}
        {%- set sql = crm_segmentation.earliest_chain(context, name, keys, steps) -%}
    {%- else -%}
        {%- set sql = crm_segmentation.chains_with_gap(context, name, keys, steps, gap) -%}
    {%- endif -%}
    {%- do context.ctes.append({'name': name, 'tree': tree, 'sql': sql}) -%}
    {{ return(name) }}
{% endmacro %}

{# Without a gap: the first row of each step after the first of the step before. #}
{% macro earliest_chain(context, name, keys, steps) %}
    {%- set first = ['is_step_1'] -%}
    {%- if steps | length == 1 and 'same_value' in keys -%}
        {%- do first.append('same_value is not null') -%}
    {%- endif -%}
    {%- set found = {
        'from': name ~ '_rows', 'keys': keys, 'at': 'occurred_at', 'where': first,
    } -%}
    {%- for step in steps -%}
        {%- if loop.index > 1 -%}
            {%- set on = [] -%}
            {%- for key in keys -%}
                {%- do on.append('step_rows.' ~ key ~ ' = step_before.' ~ key) -%}
            {%- endfor -%}
            {%- do found.update({
                'from': name ~ '_rows as step_rows\ninner join ' ~ name ~ '_step_'
                    ~ loop.index0 ~ ' as step_before\n    on ' ~ on | join('\n    and '),
                'keys': ['step_rows.account_id', 'step_rows.same_value'][:keys | length],
                'at': 'step_rows.occurred_at',
                'where': [
                    'step_rows.is_step_' ~ loop.index,
                    'step_rows.occurred_at > step_before.reached_at',
                ],
            }) -%}
        {%- endif -%}
        {#- of all values that were the same, the first chain is the account's -#}
        {%- set columns = found['keys'][:1] if loop.last else found['keys'] -%}
        {%- set sql = 'select\n    ' ~ columns | join(',\n    ') ~ ',\n    min('
            ~ found.at ~ ') as ' ~ ('completed_at' if loop.last else 'reached_at')
            ~ '\nfrom ' ~ found['from'] ~ '\nwhere' ~ (' ' ~ found.where[0]
                if found.where | length == 1 else '\n    ' ~ found.where | join('\n    and '))
            ~ '\ngroup by ' ~ columns | join(', ') -%}
        {%- if loop.last -%}
            {{ return(sql) }}
        {%- endif -%}
        {%- do context.ctes.append({
            'name': name ~ '_step_' ~ loop.index, 'joined': false, 'sql': sql,
        }) -%}
    {%- endfor -%}
{% endmacro %}

{# With a gap: for each row of a step the latest reached row of the step before it. #}
{% macro chains_with_gap(context, name, keys, steps, gap) %}
    {%- set from = namespace(name=crm_segmentation.rows_of_chains(
        context, name, keys, steps, gap
    )) -%}
    {%- set reached = ['is_step_1'] -%}
    {%- for step in steps[1:] -%}
        {%- set at = 'step_' ~ loop.index ~ '_at' -%}
        {%- set flags = [] -%}
        {%- for later in range(loop.index + 1, steps | length + 1) -%}
            {%- do flags.append('is_step_' ~ later) -%}
        {%- endfor -%}
        {%- set columns = keys + ['occurred_at'] + flags -%}
        {%- do context.ctes.append({
            'name': name ~ '_step_' ~ loop.index,
            'joined': false,
            'sql': 'select\n    ' ~ columns | join(',\n    ')
                ~ ',\n    max(\n        case\n            when ' ~ reached[-1]
                ~ '\n                then occurred_at\n        end\n    ) over (\n'
                ~ '        partition by ' ~ keys | join(', ')
                ~ '\n        order by occurred_at\n'
                ~ '        ' ~ crm_segmentation.before_this_instant()
                ~ '\n    ) as ' ~ at ~ '\nfrom ' ~ from.name,
        }) -%}
        {%- do reached.append(
            'is_step_' ~ (loop.index + 1) ~ ' and ' ~ at ~ ' > occurred_at - ' ~ gap.sql
        ) -%}
        {%- set from.name = name ~ '_step_' ~ loop.index -%}
    {%- endfor -%}
    {{ return(
        'select\n    account_id,\n    min(occurred_at) as completed_at\nfrom '
        ~ from.name ~ '\nwhere ' ~ reached[-1] ~ '\ngroup by account_id'
    ) }}
{% endmacro %}
