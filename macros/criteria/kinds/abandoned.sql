{#
    Kind 25: something begun that was not followed by what should follow.

        abandoned: {name: checkout, without: order, for: 7d, same: cart_id, within: 90d}

    A selected row after which no `without` row comes for so long. One that happened
    less than so long ago is not yet decided: false. `same` says which rows belong
    together; a row in which the value is unknown is followed by none.
#}
{% macro read_abandoned(context, given, path) %}
    {%- set before = context.errors | length -%}
    {%- set selection = crm_segmentation.read_selection(
        context, given, path, ['without', 'for', 'same']
    ) -%}
    {%- if selection is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- for key in ['without', 'for'] if key not in given -%}
        {%- do crm_segmentation.missing_key(
            context, path, key, {'without': 'without: <event>', 'for': 'for: 7d'}[key]
        ) -%}
    {%- endfor -%}
    {%- set other = crm_segmentation.read_step(
        context, given.without, path ~ '.without'
    ) if 'without' in given else none -%}
    {%- set length = crm_segmentation.read_row_duration(
        context, given['for'], path ~ '.for'
    ) if 'for' in given else none -%}
    {%- set same = none -%}
    {%- if 'same' in given and other is not none -%}
        {%- set same = crm_segmentation.read_same(
            context, given.same, path ~ '.same', [selection, other]
        ) -%}
    {%- endif -%}
    {%- if context.errors | length > before -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set tree = dict(selection.tree, without=other.tree, **{'for': length.value}) -%}
    {%- if same is not none -%}
        {%- do tree.update({'same': same}) -%}
    {%- endif -%}
    {%- set name = crm_segmentation.loose_ends(
        context, tree, selection, other, length, same
    ) -%}
    {{ return({
        'tree': {'abandoned': tree},
        'sql': name ~ '.account_id is not null',
        'not_sql': name ~ '.account_id is null',
        'atomic': true,
        'value_sql': name ~ '.abandoned_at',
    }) }}
{% endmacro %}

{# The accounts with such a row, and when the last was: the name of a CTE. #}
{% macro loose_ends(context, tree, selection, other, length, same) %}
    {%- for known in context.ctes if known.tree is defined and known.tree == tree -%}
        {{ return(known.name) }}
    {%- endfor -%}
    {%- set name = 'abandoned_' ~ (context.ctes | length + 1) -%}
    {%- set decided = crm_segmentation.first_instant(context.as_of)
        - modules.datetime.timedelta(hours=length.hours) -%}
    {%- set window = selection.window or {'from': none} -%}
    {%- do crm_segmentation.step_rows(context, name ~ '_rows', [
        dict(selection, conditions=[
            selection.event.model ~ ".occurred_at <= cast('" ~ decided.isoformat(' ')
            ~ "' as timestamp)"
        ]),
        dict(
            other, window={'from': window['from'], 'to': context.as_of},
            conditions=[] if same is none
                else [other.event.model ~ '.' ~ same ~ ' is not null']
        ),
    ], same) -%}
    {#- a row of unknown value stays: nothing follows it -#}
    {%- do context.ctes.append({
        'name': name ~ '_next',
        'joined': false,
        'sql': 'select\n    account_id,\n    occurred_at,\n    is_step_1,\n'
            ~ '    min(case when is_step_2 then occurred_at end) over (\n'
            ~ '        partition by account_id' ~ ('' if same is none else ', same_value')
            ~ '\n        order by occurred_at desc nulls last\n        '
            ~ crm_segmentation.before_this_instant() ~ '\n    ) as next_at\nfrom '
            ~ name ~ '_rows',
    }) -%}
    {%- do context.ctes.append({
        'name': name,
        'tree': tree,
        'sql': 'select\n    account_id,\n    max(occurred_at) as abandoned_at\nfrom '
            ~ name ~ '_next\nwhere\n    is_step_1\n    and coalesce(next_at >= occurred_at + '
            ~ length.sql ~ ', true)\ngroup by account_id',
    }) -%}
    {{ return(name) }}
{% endmacro %}
