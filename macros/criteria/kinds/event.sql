{#
    Kinds 20 and 21: what an account did, and how much.

        event: {name: order, where: {channel: web}, within: 180d, count: {gte: 3}}
        event: {name: order, within: 365d, sum: {of: net_amount, gte: 10000}}

    `where` holds on ONE row. Over no rows count, distinct and sum are 0; avg, min
    and max are false, whatever is asked, unless `if_empty: true`.
#}
{% macro read_event(context, given, path) %}
    {%- set aggregates = ['count', 'sum', 'avg', 'min', 'max', 'distinct'] -%}
    {%- set before = context.errors | length -%}
    {%- set selection = crm_segmentation.read_selection(
        context, given, path, aggregates + ['if_empty']
    ) -%}
    {%- if selection is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set asked = [] -%}
    {%- for word in aggregates if word in given -%}
        {%- do asked.append(word) -%}
    {%- endfor -%}
    {%- if asked | length > 1 -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'more than one aggregate', asked | join(', '),
            'one of ' ~ aggregates | join(', '), "Write two leaves under 'all'."
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set word = asked[0] if asked else 'count' -%}
    {%- set raw = given.get(word, {'gte': 1}) -%}
    {%- set if_empty = given.get('if_empty', false) -%}
    {%- if if_empty is not boolean
        or ('if_empty' in given and word not in ['avg', 'min', 'max']) -%}
        {%- do crm_segmentation.rule_error(
            context, path ~ '.if_empty',
            'not true or false' if if_empty is not boolean
                else 'of no rows ' ~ word ~ ' is 0',
            if_empty, 'true or false, beside avg, min or max',
            '' if if_empty is not boolean else 'Leave it away, and compare with 0.'
        ) -%}
    {%- endif -%}
    {%- set column = none -%}
    {%- set comparison = raw -%}
    {%- if word != 'count' -%}
        {%- set column = crm_segmentation.read_event_column(
            context, selection, raw, path ~ '.' ~ word,
            none if word == 'distinct' else 'number'
        ) -%}
        {%- set comparison = {} -%}
        {%- if raw is mapping -%}
            {%- for key, value in raw.items() if key != 'of' -%}
                {%- do comparison.update({key: value}) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
    {%- set compared = crm_segmentation.read_comparison(
        context, comparison, path ~ '.' ~ word, word,
        'number' if word in ['count', 'distinct'] else 'amount'
    ) if word == 'count' or raw is mapping else none -%}
    {%- if context.errors | length > before -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set total = crm_segmentation.event_evidence(context, selection, {
        'count': 'count(*)',
        'distinct': 'count(distinct ' ~ column ~ ')',
        'avg': 'sum(' ~ column ~ ')',
    }.get(word, word ~ '(' ~ column ~ ')')) -%}
    {%- set times = none -%}
    {%- if word == 'avg' -%}
        {%- set times = crm_segmentation.event_evidence(
            context, selection, 'count(' ~ column ~ ')'
        ) -%}
    {%- endif -%}
    {%- set value = crm_segmentation.exact_quotient(total, times, 4)
        if word == 'avg' else total -%}
    {%- if word in ['count', 'distinct', 'sum'] -%}
        {%- set value = 'coalesce(' ~ total ~ ', 0)' -%}
        {%- set parts = crm_segmentation.comparison_sql(value, compared) -%}
        {%- set filters = [] -%}
        {%- for part in compared.parts -%}
            {#- what 0 does not satisfy, an account without evidence does not either -#}
            {%- set least = part[1] | float -%}
            {%- set needs_some = (part[0] in ['eq', 'gt', 'gte', 'between'] and least > 0)
                or (part[0] == 'gt' and part[1] == '0') -%}
            {%- do filters.extend(crm_segmentation.comparison_sql(
                total if needs_some else value, {'parts': [part]}
            )) -%}
        {%- endfor -%}
    {%- else -%}
        {%- set filters = crm_segmentation.comparison_sql(total, compared, times) -%}
        {%- set parts = [
            crm_segmentation.coalesced(filters | join('\nand '), if_empty)
        ] -%}
        {%- set filters = parts if if_empty else filters -%}
    {%- endif -%}
    {%- set contrary = none -%}
    {%- if parts | length == 1 and word in ['count', 'distinct', 'sum'] -%}
        {#- the number is never unknown -#}
        {%- set part = compared.parts[0] -%}
        {%- set opposite = {'eq': 'neq', 'neq': 'eq', 'gt': 'lte', 'gte': 'lt', 'lt': 'gte',
            'lte': 'gt', 'between': 'not_between', 'not_between': 'between'}[part[0]] -%}
        {%- set contrary = crm_segmentation.comparison_sql(
            value, {'parts': [[opposite] + part[1:]]}
        )[0] -%}
    {%- endif -%}
    {%- set tree = dict(selection.tree) -%}
    {%- do tree.update({word: compared.value if word == 'count'
        else dict(compared.value, of=raw['of'])}) -%}
    {%- if 'if_empty' in given -%}
        {%- do tree.update({'if_empty': if_empty}) -%}
    {%- endif -%}
    {{ return({
        'tree': {'event': tree},
        'sql': parts | join('\nand '),
        'atomic': parts | length == 1,
        'not_sql': contrary,
        'filter_sql': filters | join('\nand '),
        'value_sql': value,
        'thresholds': compared.thresholds,
    }) }}
{% endmacro %}

{# The column of an event that an aggregate is of, as SQL; none where it is wrong. #}
{% macro read_event_column(context, selection, raw, path, type) %}
    {%- set names = [] -%}
    {%- for name, column_type in selection.event.columns.items()
        if type is none or column_type == type -%}
        {%- do names.append(name) -%}
    {%- endfor -%}
    {%- set of = raw.get('of') if raw is mapping else raw -%}
    {%- if raw is mapping and 'of' not in raw -%}
        {%- do crm_segmentation.missing_key(
            context, path, 'of', 'of: one of ' ~ (names | join(', ') or 'none')
        ) -%}
        {{ return(none) }}
    {%- elif raw is not mapping -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'not a mapping', raw, '{of: <column>, ..}',
            'Write {of: ' ~ raw ~ ', ..}.' if raw is string and raw in names else ''
        ) -%}
        {{ return(none) }}
    {%- elif of is not string or of not in names -%}
        {%- do crm_segmentation.rule_error(
            context, path ~ '.of',
            'not a ' ~ (type ~ ' ' if type else '') ~ "column of event '"
            ~ selection.name ~ "'",
            of, names, crm_segmentation.did_you_mean(of, names)
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(selection.event.model ~ '.' ~ of) }}
{% endmacro %}
