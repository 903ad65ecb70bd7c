{#
    The kinds of leaves that are no attribute: word -> the macro that reads it, in
    kinds/<macro>.sql. A new kind is a line here and a file there.
#}
{% macro leaf_kinds() %}
    {{ return({
        'trend': 'read_trend',
        'event': 'read_event',
        'first_event': 'read_first_event',
        'last_event': 'read_last_event',
        'stopped': 'read_stopped',
        'restarted': 'read_restarted',
        'regular': 'read_regular',
        'sequence': 'read_sequence',
        'abandoned': 'read_abandoned',
        'usual': 'read_usual',
        'related': 'read_related',
        'member_of': 'read_member_of',
        'was_member': 'read_was_member',
        'entered': 'read_entered',
        'left': 'read_left',
        'moved': 'read_moved',
        'changed': 'read_changed',
        'points': 'read_points',
        'bucket': 'read_bucket',
        'contactable': 'read_contactable',
        'listed_in': 'read_listed_in',
        'sql': 'read_sql',
    }) }}
{% endmacro %}

{#
    The operators of attribute leaves: the macro that renders each (in kinds/) and
    the types that it is for. The vocabulary of the language stands here and in
    leaf_kinds() alone.
#}
{% macro operators() %}
    {%- set dated = ['date', 'timestamp'] -%}
    {%- set table = {} -%}
    {%- for names, macro, types in [
        (['eq'], 'operator_equal', ['text', 'number', 'boolean'] + dated),
        (['neq'], 'operator_equal', ['text', 'number'] + dated),
        (['in', 'not_in'], 'operator_in', ['text', 'number']),
        (['gt', 'gte', 'lt', 'lte'], 'operator_order', ['number']),
        (['between', 'not_between'], 'operator_between', ['number'] + dated),
        (['is_null', 'not_null'], 'operator_null',
            ['text', 'number', 'boolean', 'date', 'timestamp', 'values', 'point']),
        (['contains', 'not_contains', 'starts_with', 'not_starts_with', 'ends_with',
            'not_ends_with', 'matches', 'not_matches'], 'operator_search', ['text']),
        (['has_any', 'has_all', 'has_none', 'has_only'], 'operator_has', ['values']),
        (['before', 'on_or_before', 'after', 'on_or_after'], 'operator_day', dated),
        (['within', 'ago', 'older_than', 'in_next', 'in_period'], 'operator_window',
            dated),
        (['anniversary_in_next'], 'operator_anniversary', ['date']),
        (['years'], 'operator_years', dated),
        (['eq_attribute', 'neq_attribute'], 'operator_attribute',
            ['text', 'number', 'boolean'] + dated),
        (['gt_attribute', 'gte_attribute', 'lt_attribute', 'lte_attribute'],
            'operator_attribute', ['number'] + dated),
        (['within_km'], 'operator_within_km', ['point']),
        (['top_percent', 'bottom_percent', 'top', 'bottom'], 'operator_ranking',
            ['number']),
    ] -%}
        {%- for name in names -%}
            {%- do table.update({name: {
                'macro': macro,
                'types': types,
                'negative': name in ['neq', 'neq_attribute']
                    or (name.startswith('not_') and name != 'not_null'),
                'ranks': macro == 'operator_ranking',
                'alone': macro == 'operator_null',
            }}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(table) }}
{% endmacro %}

{#
    What may stand beside the operators of an attribute leaf: the types that it is
    for. `over` is for rankings alone, `nulls` for all other operators.
#}
{% macro modifiers() %}
    {{ return({
        'nulls': ['text', 'number', 'boolean', 'date', 'timestamp', 'point'],
        'case_sensitive': ['text', 'values'],
        'over': ['number'],
    }) }}
{% endmacro %}

{#
    Read one leaf, or none where it is wrong.

    | returned   | meaning                                                     |
    |------------|-------------------------------------------------------------|
    | kind       | attribute, or the word of the kind                          |
    | path       | where it stands in the rule                                 |
    | tree       | the leaf, shorthands written out                            |
    | sql        | boolean expression, never NULL                              |
    | atomic     | the SQL needs no brackets among and, or, not                |
    | not_sql    | the contrary, if it is shorter than with `not` before it    |
    | filter_sql | the same where NULL may stand for false, if it is shorter   |
    | value_sql  | what the account has, NULL for unknown; none where there is |
    |            | no one value; it needs no evidence beyond that of `sql`,    |
    |            | unless `context.with_values` asks for it                    |
    | thresholds | numbers in plain digits with which the value is compared    |

    A kind's macro gives tree, sql, atomic and, where it has them, the last two.
#}
{% macro read_leaf(context, word, given, path) %}
    {%- set kinds = crm_segmentation.leaf_kinds() -%}
    {%- set names = context.attributes if context.row is none else context.row.columns -%}
    {%- if word is boolean or word is none -%}
        {%- do crm_segmentation.rule_error(
            context, path.rpartition('.')[0], 'a key that is no word', word,
            'a word in quotes',
            crm_segmentation.did_you_mean(word, []) if word is boolean else ''
        ) -%}
    {%- elif context.row is none and word in kinds -%}
        {%- set leaf = crm_segmentation[kinds[word]](context, given, path) -%}
        {%- if leaf is not none -%}
            {%- do leaf.update({
                'path': path,
                'kind': word,
                'value_sql': leaf.get('value_sql'),
                'thresholds': leaf.get('thresholds', []),
            }) -%}
        {%- endif -%}
        {{ return(leaf) }}
    {%- elif word in names -%}
        {{ return(crm_segmentation.read_attribute(context, word, given, path)) }}
    {%- else -%}
        {%- set what = 'an attribute, a kind or a tree word' if context.row is none
            else 'a column of ' ~ context.row.what -%}
        {%- set meant = crm_segmentation.other_tree_word(word) -%}
        {%- set suggestion = "Did you mean '" ~ meant ~ "'?" if meant is not none
            else crm_segmentation.did_you_mean(
                word, names.keys() | list + crm_segmentation.tree_words()
                + (kinds.keys() | list if context.row is none else [])
            ) -%}
        {%- if context.row is not none and word in kinds -%}
            {%- set suggestion = "'" ~ word ~ "' is asked of an account, not of one row." -%}
        {%- elif context.row is not none -%}
            {%- set holders = [] -%}
            {%- for name, event in context.events.items() if word in event.columns -%}
                {%- do holders.append("'" ~ name ~ "'") -%}
            {%- endfor -%}
            {%- if holders -%}
                {%- set suggestion = word ~ ' is a column of ' ~ holders | join(', ') ~ '.' -%}
            {%- elif word in context.attributes -%}
                {%- set suggestion = word ~ ' is an attribute of the account: ask for it in '
                    ~ "a leaf of its own, beside this one under 'all'." -%}
            {%- endif -%}
        {%- endif -%}
        {%- do crm_segmentation.rule_error(
            context, path, "not " ~ what, word,
            (crm_segmentation.tree_words() + kinds.keys() | list
                if context.row is none else []) + names.keys() | sort,
            suggestion
        ) -%}
    {%- endif -%}
    {{ return(none) }}
{% endmacro %}

{#
    An attribute leaf: operators joined with AND, each coalesced to what it is on
    NULL; `nulls` replaces that for the whole leaf.
#}
{% macro read_attribute(context, name, given, path) %}
    {%- set joined = context.attribute_models | length -%}
    {%- set operand = crm_segmentation.operand(context, name) -%}
    {%- set words = crm_segmentation.kept_for_run('words_of_attributes')
        or crm_segmentation.keep_for_run('words_of_attributes', {
            'operators': crm_segmentation.operators(),
            'modifiers': crm_segmentation.modifiers(),
        }) -%}
    {%- set operators = words.operators -%}
    {%- set modifiers = [] -%}
    {%- for modifier, types in words.modifiers.items()
        if operand.type in types and (modifier != 'over' or context.row is none) -%}
        {%- do modifiers.append(modifier) -%}
    {%- endfor -%}
    {%- set asked = given -%}
    {%- if given is not mapping -%}
        {%- set is_list = given is sequence and given is not string -%}
        {%- if operand.type == 'values' -%}
            {%- set asked = {'has_any': given if is_list else [given]} -%}
        {%- else -%}
            {%- set asked = {'in' if is_list else 'eq': given} -%}
        {%- endif -%}
    {%- endif -%}
    {%- set names = [] -%}
    {%- set before = context.errors | length -%}
    {%- set allowed = [] -%}
    {%- for operator, entry in operators.items()
        if operand.type in entry.types and (context.row is none or not entry.ranks) -%}
        {%- do allowed.append(operator) -%}
    {%- endfor -%}
    {%- for key in asked -%}
        {%- if key in allowed -%}
            {%- do names.append(key) -%}
        {%- elif key in operators and operators[key].ranks and context.row is not none -%}
            {%- do crm_segmentation.rule_error(
                context, path, 'ranks are asked of an account, not of one row',
                key, allowed, ''
            ) -%}
        {%- elif key in operators -%}
            {%- do crm_segmentation.rule_error(
                context, path, name ~ ' is of type ' ~ operand.type
                ~ ", which operator '" ~ key ~ "' is not for",
                asked[key] if given is not mapping else (), allowed,
                crm_segmentation.other_operator(operand.type, key)
            ) -%}
        {%- elif key in words.modifiers and key not in modifiers -%}
            {%- do crm_segmentation.rule_error(
                context, path, name ~ ' is of type ' ~ operand.type ~ ", which '" ~ key
                    ~ "' is not for" if context.row is none or key != 'over'
                    else 'ranks are asked of an account, not of one row',
                key, modifiers or 'no word beside the operator', {
                    'nulls': "To ask whether it has any value, write a leaf 'is_null: true' "
                        ~ "or 'not_null: true' of its own.",
                    'case_sensitive': 'It is for texts.',
                    'over': 'It stands beside a ranking of numbers.',
                }[key]
            ) -%}
        {%- elif key not in modifiers -%}
            {%- do crm_segmentation.rule_error(
                context, path, 'unknown operator', key, allowed + modifiers,
                'YAML begins a new key at a comma: write 1000.5, without a thousands '
                    ~ 'sign and with a decimal point.' if key is number
                else crm_segmentation.did_you_mean(key, allowed + modifiers)
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if not names and context.errors | length == before -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'no operator', given, allowed, 'Say what it is compared with.'
        ) -%}
    {%- endif -%}
    {%- for key in names if operators[key].alone and asked | length > 1 -%}
        {%- do crm_segmentation.rule_error(
            context, path, "'" ~ key ~ "' stands alone in its leaf",
            asked.keys() | join(', '), key,
            "Write the rest as a leaf of its own, under 'all' or 'any'."
        ) -%}
    {%- endfor -%}
    {%- set nulls = none -%}
    {%- if 'nulls' in asked and 'nulls' in modifiers -%}
        {%- set nulls = asked.nulls -%}
        {%- if nulls is not string or nulls not in ['include', 'exclude'] -%}
            {%- do crm_segmentation.rule_error(
                context, path ~ '.nulls', 'not a treatment of NULL', nulls,
                ['include', 'exclude'],
                crm_segmentation.did_you_mean(nulls, ['include', 'exclude'])
            ) -%}
        {%- endif -%}
    {%- endif -%}
    {%- if 'case_sensitive' in asked and 'case_sensitive' in modifiers -%}
        {%- if asked.case_sensitive is not boolean -%}
            {%- do crm_segmentation.rule_error(
                context, path ~ '.case_sensitive', 'not true or false',
                asked.case_sensitive, 'true, false', ''
            ) -%}
        {%- else -%}
            {%- do operand.update({'fold': not asked.case_sensitive}) -%}
        {%- endif -%}
    {%- endif -%}
    {%- do operand.update({'over': none}) -%}
    {%- set ranking = [] -%}
    {%- for key in names if operators[key].ranks -%}
        {%- do ranking.append(key) -%}
    {%- endfor -%}
    {%- if 'over' in asked and 'over' in modifiers -%}
        {%- if not ranking -%}
            {%- do crm_segmentation.rule_error(
                context, path ~ '.over', 'for a ranking only', asked.over,
                'beside top_percent, bottom_percent, top, bottom', ''
            ) -%}
        {%- endif -%}
        {%- do operand.update({
            'over': crm_segmentation.read_over(context, asked.over, path ~ '.over')
        }) -%}
    {%- endif -%}
    {%- if ranking and 'nulls' in asked -%}
        {%- do crm_segmentation.rule_error(
            context, path ~ '.nulls', 'an account without a value has no rank',
            asked.nulls, "'over', no 'nulls'",
            "Leave 'nulls' away, or write 'any' with a leaf " ~ name ~ ': {is_null: true}.'
        ) -%}
    {%- endif -%}
    {%- set tree = {} -%}
    {%- set parts = [] -%}
    {%- set filters = [] -%}
    {%- set contraries = [] -%}
    {%- set thresholds = [] -%}
    {%- set value = namespace(sql=crm_segmentation.attribute_value(context, operand)) -%}
    {%- for operator in names -%}
        {%- set entry = operators[operator] -%}
        {%- set read = crm_segmentation[entry.macro](
            context, operand, operator, asked[operator], path ~ '.' ~ operator
        ) -%}
        {%- if read is not none -%}
            {%- do tree.update({operator: read.value}) -%}
            {%- set value.sql = read.get('value_sql', value.sql) -%}
            {%- do thresholds.extend(read.get('thresholds', [])) -%}
            {%- if read.total is defined -%}
                {%- do parts.append(read.sql) -%}
                {%- do filters.append(read.sql) -%}
                {%- do contraries.append(read.get('not_sql')) -%}
            {%- else -%}
                {%- set on_null = read.get('on_null', entry.negative) -%}
                {%- if nulls is not none -%}
                    {%- set on_null = nulls == 'include' -%}
                {%- endif -%}
                {%- do parts.append(crm_segmentation.coalesced(read.sql, on_null)) -%}
                {%- do filters.append(
                    parts[-1] if on_null
                    else crm_segmentation.bracketed(read.sql)
                        if ' or ' in read.sql or '\nor ' in read.sql
                    else read.sql
                ) -%}
                {%- do contraries.append('not ' ~ parts[-1]) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if context.errors | length > before -%}
        {{ return(none) }}
    {%- endif -%}
    {%- if ranking | length == names | length and not context.with_values -%}
        {#- who is in a ranking is found apart: no value is needed beside it -#}
        {%- set value.sql = none -%}
        {%- for model in context.attribute_models[joined:] -%}
            {%- do context.attribute_models.remove(model) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- for modifier in modifiers if modifier in asked -%}
        {%- do tree.update({modifier: asked[modifier]}) -%}
    {%- endfor -%}
    {{ return({
        'tree': {name: tree},
        'sql': parts | join('\nand '),
        'atomic': parts | length == 1,
        'not_sql': contraries[0] if contraries | length == 1 else none,
        'filter_sql': filters | join('\nand '),
        'path': path,
        'kind': 'attribute',
        'value_sql': value.sql,
        'thresholds': thresholds,
    }) }}
{% endmacro %}

{# For errors: what to write where a type does not have an operator. #}
{% macro other_operator(type, operator) %}
    {%- set dated = {'gt': 'after', 'gte': 'on_or_after', 'lt': 'before',
        'lte': 'on_or_before', 'in': "a leaf for each day, under 'any'",
        'not_in': "a leaf for each day, under 'not' and 'any'"} -%}
    {%- set number = {'after': 'gt', 'on_or_after': 'gte', 'before': 'lt',
        'on_or_before': 'lte'} -%}
    {%- set values = {'eq': 'has_any', 'in': 'has_any', 'neq': 'has_none',
        'not_in': 'has_none'} -%}
    {%- set other = {
        'date': dated,
        'timestamp': dated,
        'number': number,
        'values': values,
        'boolean': {'neq': 'eq with the contrary', 'in': "a leaf for each, under 'any'"},
    }.get(type, {}).get(operator) -%}
    {{ return('Write ' ~ other ~ '.' if other else '') }}
{% endmacro %}

{# SQL of an attribute's value as an explanation shows it, or none. #}
{% macro attribute_value(context, operand) %}
    {%- if context.row is not none -%}
        {{ return(none) }}
    {%- elif operand.type == 'point' -%}
        {{ return('cast(' ~ operand.sql ~ " as text) || ', ' || cast("
            ~ operand.longitude_sql ~ ' as text)') }}
    {%- elif operand.type == 'values' -%}
        {%- if not context.with_values -%}
            {{ return(none) }}
        {%- endif -%}
        {%- set value = operand.model ~ '.value' -%}
        {{ return(crm_segmentation.values_evidence(
            context, operand,
            crm_segmentation.join_texts(value, ', '),
            value ~ ' is not null'
        )) }}
    {%- endif -%}
    {{ return(operand.sql) }}
{% endmacro %}

{#
    What an operator compares: {name, type, sql, allowed, fold, unknown, model}; a point has
    longitude_sql too. Naming an attribute joins the model that holds it.
#}
{% macro operand(context, name) %}
    {%- set unknown = 'To ask for unknown, write ' ~ name ~ ': {is_null: true}.' -%}
    {%- if context.row is not none -%}
        {{ return({
            'name': name,
            'type': context.row.columns[name],
            'sql': context.row.alias ~ '.' ~ name,
            'allowed': none,
            'fold': true,
            'unknown': unknown,
        }) }}
    {%- endif -%}
    {%- set entry = context.attributes[name] -%}
    {%- set column = entry.get('column', name) -%}
    {%- if entry.type != 'values' and entry.model not in context.attribute_models -%}
        {%- do context.attribute_models.append(entry.model) -%}
    {%- endif -%}
    {{ return({
        'name': name,
        'type': entry.type,
        'model': entry.model,
        'sql': entry.model ~ '.' ~ column ~ ('_lat' if entry.type == 'point' else ''),
        'longitude_sql': entry.model ~ '.' ~ column ~ '_lon',
        'allowed': entry.get('allowed'),
        'fold': true,
        'unknown': unknown,
    }) }}
{% endmacro %}
