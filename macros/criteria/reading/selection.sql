{#
    A selection: the name of an event, optional `where` over ONE of its rows, at
    most one window. `others` are the keys that the kind itself reads, `windows` the
    windows that it takes.

    | returned | meaning                                        |
    |----------|------------------------------------------------|
    | name     | the event                                      |
    | event    | its entry in the catalogue                     |
    | window   | {from, to} in days, or none: all history       |
    | where    | SQL over the row, never NULL, or none          |
    | tree     | shorthands written out                         |

    None where the event is not known. After any other error the rest is read all
    the same, so that its errors come too; the caller looks at context.errors.
#}
{% macro read_selection(
    context, given, path, others, windows=crm_segmentation.window_words().fact
) %}
    {%- if given is not mapping -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'not a selection', given, '{name: <event>, ..}', ''
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set keys = ['name', 'where'] + windows + others -%}
    {%- for key in given if key not in keys -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'unknown key', key, keys,
            'Facts lie in the past; older_than and in_next are for dates of an attribute.'
                if key in ['older_than', 'in_next'] and windows
            else ("Its days stand under '" ~ others[0] ~ "'." if others
                    else 'The window of the leaf is for all its rows.')
                if key in crm_segmentation.window_words().fact and not windows
            else crm_segmentation.did_you_mean(key, keys)
        ) -%}
    {%- endfor -%}
    {%- set name = given.get('name') -%}
    {%- if 'name' not in given -%}
        {%- do crm_segmentation.missing_key(context, path, 'name', 'name: <event>') -%}
        {{ return(none) }}
    {%- elif name is not string or name not in context.events -%}
        {%- do crm_segmentation.rule_error(
            context, path ~ '.name', 'not an event', name, context.events.keys(),
            crm_segmentation.did_you_mean(name, context.events.keys())
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set event = context.events[name] -%}
    {%- set tree = {'name': name} -%}
    {%- set where = none -%}
    {%- if 'where' in given -%}
        {%- set read = crm_segmentation.read_row_node(
            context, given.where, path ~ '.where', name
        ) -%}
        {%- do tree.update({'where': read.tree}) -%}
        {%- set where = read.sql -%}
    {%- endif -%}
    {%- set named = [] -%}
    {%- for word in windows if word in given -%}
        {%- do named.append(word) -%}
    {%- endfor -%}
    {%- set window = none -%}
    {%- if named | length > 1 -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'more than one window', named | join(', '),
            'at most one of ' ~ windows | join(', '), ''
        ) -%}
    {%- elif named -%}
        {%- set window = crm_segmentation.read_window(
            context, named[0], given[named[0]], path ~ '.' ~ named[0], 'fact'
        ) -%}
        {%- if window is not none -%}
            {%- do tree.update({named[0]: window.value}) -%}
        {%- endif -%}
    {%- endif -%}
    {{ return({
        'name': name, 'event': event, 'window': window, 'where': where, 'tree': tree,
    }) }}
{% endmacro %}

{# A node, or a list read as `all`, over the columns of one row of an event. #}
{% macro read_row_node(context, given, path, name) %}
    {%- set node = {'all': given} if given is sequence and given is not string
        and given is not mapping else given -%}
    {%- set event = context.events[name] -%}
    {{ return(crm_segmentation.read_tree(
        dict(context, row={
            'alias': event.model,
            'columns': event.columns,
            'what': "event '" ~ name ~ "'",
        }),
        node, path, context.level + 1
    )) }}
{% endmacro %}

{# The conditions, as SQL, under which the rows of a model of events are visible. #}
{% macro visible_events(context, model) %}
    {%- set visible = [crm_segmentation.in_days(
        {'sql': model ~ '.occurred_at', 'type': 'timestamp'}, none, context.as_of
    )] -%}
    {%- set known_as_of = crm_segmentation.setting('known_as_of') -%}
    {%- if known_as_of is not none -%}
        {%- do visible.append(crm_segmentation.in_days(
            {'sql': model ~ '.loaded_at', 'type': 'timestamp'}, none,
            crm_segmentation.to_day(known_as_of, "var 'known_as_of'")
        )) -%}
    {%- endif -%}
    {{ return(visible) }}
{% endmacro %}

{# The conditions, as SQL, of the selected rows: for a kind with a pass of its own. #}
{% macro selected_rows(context, selection) %}
    {%- set model = selection.event.model -%}
    {%- set conditions = [
        model ~ '.event_name = ' ~ crm_segmentation.text_literal(selection.name)
    ] + crm_segmentation.visible_events(context, model) -%}
    {%- set window = selection.window -%}
    {%- if window is not none -%}
        {#- that it ends before as_of is asked already -#}
        {%- do conditions.append(crm_segmentation.in_days(
            {'sql': model ~ '.occurred_at', 'type': 'timestamp'}, window['from'],
            window.to if window.to < context.as_of else none
        )) -%}
    {%- endif -%}
    {%- if selection.where is not none -%}
        {%- do conditions.append(selection.where) -%}
    {%- endif -%}
    {{ return(conditions) }}
{% endmacro %}

{#
    An aggregate over the selected rows, as the SQL name of its column. All leaves
    over one table share one pass.
#}
{% macro event_evidence(context, selection, aggregate) %}
    {%- set model = selection.event.model -%}
    {%- set occurred_at = {'sql': model ~ '.occurred_at', 'type': 'timestamp'} -%}
    {%- set window = selection.window -%}
    {%- set conditions = [] -%}
    {%- if window is not none and window.to < context.as_of -%}
        {%- do conditions.append(
            crm_segmentation.in_days(occurred_at, none, window.to)
        ) -%}
    {%- endif -%}
    {%- if selection.where is not none -%}
        {%- do conditions.append(selection.where) -%}
    {%- endif -%}
    {{ return(crm_segmentation.evidence(
        context,
        {
            'name': model ~ '_evidence',
            'model': model,
            'selector': 'event_name',
            'visible': crm_segmentation.visible_events(context, model),
        },
        aggregate,
        selection.name,
        conditions,
        none if window is none else window['from']
    )) }}
{% endmacro %}

{#
    A comparison with numbers: a number (eq), or any of eq, neq, gt, gte, lt, lte,
    between, not_between, joined with AND: {parts, value, thresholds}. `shape` is that of
    one number.
#}
{% macro read_comparison(context, raw, path, what, shape='number') %}
    {%- set shapes = crm_segmentation.comparison_shapes(shape) -%}
    {%- set allowed = shapes.keys() | list -%}
    {%- set asked = raw if raw is mapping else {'eq': raw} -%}
    {%- set operand = {'name': what, 'type': 'number', 'allowed': none, 'shape': shape} -%}
    {%- set parts = [] -%}
    {%- set value = {} -%}
    {%- for operator in asked -%}
        {%- if operator not in allowed -%}
            {%- do crm_segmentation.rule_error(
                context, path, 'unknown operator', operator, allowed,
                crm_segmentation.did_you_mean(operator, allowed)
            ) -%}
        {%- elif shapes[operator] == shape ~ '_range' -%}
            {%- set range = crm_segmentation.read_range(
                context, operand, asked[operator], path ~ '.' ~ operator
            ) -%}
            {%- if range is not none -%}
                {%- do parts.append([operator, range.low.sql, range.high.sql]) -%}
                {%- do value.update({operator: range.value}) -%}
            {%- endif -%}
        {%- else -%}
            {%- set read = crm_segmentation.read_value(
                context, operand, asked[operator], path ~ '.' ~ operator
            ) -%}
            {%- if read is not none -%}
                {%- do parts.append([operator, read.sql]) -%}
                {%- do value.update({operator: read.value}) -%}
            {%- endif -%}
        {%- endif -%}
    {%- else -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'no comparison', raw, allowed, 'Say what it is compared with.'
        ) -%}
    {%- endfor -%}
    {%- set thresholds = [] -%}
    {%- for part in parts -%}
        {%- do thresholds.extend(part[1:]) -%}
    {%- endfor -%}
    {{ return({'parts': parts, 'value': value, 'thresholds': thresholds}) }}
{% endmacro %}

{#
    SQL of a comparison, a list of parts. With `times` a mean is compared by
    multiplication: sum >= threshold * count.
#}
{% macro comparison_sql(expression, comparison, times=none) %}
    {%- set signs = {'eq': '=', 'neq': '<>', 'gt': '>', 'gte': '>=', 'lt': '<',
        'lte': '<='} -%}
    {%- set by = '' if times is none else ' * ' ~ times -%}
    {%- set sql = [] -%}
    {%- for part in comparison.parts -%}
        {%- if part | length == 3 -%}
            {%- do sql.append(
                expression ~ (' not' if part[0] == 'not_between' else '') ~ ' between '
                ~ part[1] ~ by ~ ' and ' ~ part[2] ~ by
            ) -%}
        {%- else -%}
            {%- do sql.append(expression ~ ' ' ~ signs[part[0]] ~ ' ' ~ part[1] ~ by) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(sql) }}
{% endmacro %}
