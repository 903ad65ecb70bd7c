{#
    What may stand under each kind of leaf, and after each operator: the part of the
    vocabulary that tools need and the reading macros spell out. The JSON Schema of
    the language is written from it, and tests hold it equal to what is read.

    A kind is the name of a shape, or a mapping:

    | key             | meaning                                                |
    |-----------------|--------------------------------------------------------|
    | required        | keys that must be there                                |
    | keys            | key -> name of its shape                               |
    | rows            | event or relation: of whose rows `name` is             |
    | window          | true: at most one window; required: exactly one        |
    | one_of          | exactly one of these keys                              |
    | compared        | a comparison stands beside the keys                    |
    | at_most_one_of  | at most one of these keys                              |
#}
{% macro leaf_shapes() %}
    {%- set aggregates = {'count': 'comparison', 'sum': 'number_aggregate',
        'avg': 'number_aggregate', 'min': 'number_aggregate',
        'max': 'number_aggregate', 'distinct': 'aggregate'} -%}
    {%- set selected = {'name': 'event', 'where': 'row'} -%}
    {%- set passage = {'required': ['group'], 'keys': {'group': 'recorded_group'},
        'window': true} -%}
    {%- set placed = {'required': ['name'], 'rows': 'event', 'window': true,
        'keys': dict(selected, has='row', if_empty='boolean')} -%}
    {{ return({
        'trend': {'required': ['name', 'within', 'change_percent'], 'rows': 'event',
            'keys': dict(selected, within='duration', sum='number_column',
                change_percent='change_comparison')},
        'event': {'required': ['name'], 'rows': 'event', 'window': true,
            'at_most_one_of': aggregates.keys() | list,
            'keys': dict(selected, if_empty='boolean', **aggregates)},
        'first_event': placed,
        'last_event': placed,
        'stopped': {'required': ['name', 'active'], 'rows': 'event',
            'keys': dict(selected, active='past_span')},
        'restarted': {'required': ['name', 'silent'], 'rows': 'event',
            'keys': dict(selected, silent='past_span')},
        'regular': {'required': ['name', 'period', 'periods', 'min_periods'],
            'rows': 'event', 'keys': dict(selected, period='duration', periods='periods',
                min_periods='periods', count='comparison')},
        'sequence': {'required': ['steps'], 'window': true,
            'keys': {'steps': 'steps', 'gap': 'row_duration', 'same': 'common_column'}},
        'abandoned': {'required': ['name', 'without', 'for'], 'rows': 'event',
            'window': true, 'keys': dict(selected, without='step',
                same='column', **{'for': 'row_duration'})},
        'usual': {'required': ['name', 'column', 'in'], 'rows': 'event', 'window': true,
            'keys': dict(selected, column='countable_column',
                min_count='whole', **{'in': 'column_values'})},
        'related': {'required': ['name'], 'rows': 'relation',
            'one_of': ['some', 'none', 'every'],
            'keys': {'name': 'relation', 'some': 'row', 'none': 'row', 'every': 'row'}},
        'member_of': 'names',
        'was_member': {'required': ['group', 'day'],
            'keys': {'group': 'recorded_group', 'day': 'day'}},
        'entered': passage,
        'left': passage,
        'moved': {'required': ['attribute', 'from', 'to'], 'window': 'required',
            'keys': {'attribute': 'recorded_attribute', 'from': 'recorded_value',
                'to': 'recorded_value'}},
        'changed': {'required': ['attribute'], 'window': true,
            'keys': {'attribute': 'recorded_attribute', 'from': 'recorded_value',
                'to': 'recorded_value'}},
        'points': {'required': ['of'],
            'compared': true, 'keys': {'of': 'scored_nodes'}},
        'bucket': {'required': ['salt', 'below_percent'],
            'keys': {'salt': 'salt', 'below_percent': 'share'}},
        'contactable': {'required': ['channel', 'purpose'],
            'keys': {'channel': 'channel', 'purpose': 'purpose'}},
        'listed_in': 'account_lists',
        'sql': {'required': ['expression', 'reason'],
            'keys': {'expression': 'expression', 'reason': 'reason'}},
    }) }}
{% endmacro %}

{#
    The operators that compare with numbers, and the shape of what follows each; the
    number is of the shape `shape`.
#}
{% macro comparison_shapes(shape='number') %}
    {{ return(dict(
        dict.fromkeys(['eq', 'neq', 'gt', 'gte', 'lt', 'lte'], shape),
        **dict.fromkeys(['between', 'not_between'], shape ~ '_range')
    )) }}
{% endmacro %}

{#
    The shape of what follows each operator of an attribute leaf. `value`, `values`,
    `range` are of the attribute's own type.
#}
{% macro operator_shapes() %}
    {%- set table = {} -%}
    {%- for shape, names in [
        ('value', ['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'before', 'on_or_before',
            'after', 'on_or_after']),
        ('values', ['in', 'not_in', 'has_any', 'has_all', 'has_none', 'has_only']),
        ('range', ['between', 'not_between']),
        ('true', ['is_null', 'not_null']),
        ('search', ['contains', 'not_contains', 'starts_with', 'not_starts_with',
            'ends_with', 'not_ends_with', 'matches', 'not_matches']),
        ('duration', ['within', 'older_than', 'in_next']),
        ('short_duration', ['anniversary_in_next']),
        ('span', ['ago']),
        ('period', ['in_period']),
        ('comparison', ['years']),
        ('attribute', ['eq_attribute', 'neq_attribute', 'gt_attribute',
            'gte_attribute', 'lt_attribute', 'lte_attribute']),
        ('circle', ['within_km']),
        ('percent', ['top_percent', 'bottom_percent']),
        ('whole', ['top', 'bottom']),
    ] -%}
        {%- for name in names -%}
            {%- do table.update({name: shape}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(table) }}
{% endmacro %}
