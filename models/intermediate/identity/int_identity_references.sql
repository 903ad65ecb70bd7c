{%- set references = crm_segmentation.identity_references() %}
with records as (
    select * from {{ ref('int_identity_records') }}
),

decisions as (
    select * from {{ ref('int_identity_decisions') }}
),

named_keys as (
    {%- for reference in references %}
    select
        '{{ reference.name }}' as rule_name,
        {{ loop.index }} as rule_order,
        {{ reference.max_parties }} as max_parties,
        '{{ reference['from'][0] }}' as from_source,
        '{{ reference['from'][1] }}' as from_type,
        {{ reference['from'][2] }} as from_key,
        '{{ reference.to[0] }}' as to_source,
        '{{ reference.to[1] }}' as to_type,
        {{ reference.to[2] }} as to_key
    from {{ ref(reference.model) }}
    where
        {{ reference.to[2] }} is not null
        and {{ crm_segmentation.identity_sees(reference.seen_at, 'loaded_at') }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- The other end must be known at the clock: else nothing is there to join.
resolved as (
    select
        named_keys.rule_name,
        named_keys.rule_order,
        named_keys.max_parties,
        from_records.node as left_node,
        to_records.node as right_node,
        count(*) over (
            partition by named_keys.rule_name, to_records.node
        ) as party_count
    from named_keys
    inner join records as from_records
        on
            named_keys.from_source = from_records.source
            and named_keys.from_type = from_records.record_type
            and named_keys.from_key = from_records.record_key
    inner join records as to_records
        on
            named_keys.to_source = to_records.source
            and named_keys.to_type = to_records.record_type
            and named_keys.to_key = to_records.record_key
    where from_records.node <> to_records.node
),

edges as (
    select
        rule_name,
        rule_order,
        left_node,
        right_node
    from resolved
    where party_count <= max_parties
    union all
    select
        'decided_same' as rule_name,
        0 as rule_order,
        left_node,
        right_node
    from decisions
    where is_same = 1
),

final as (
    select
        cast(rule_name as text) as rule_name,
        cast(rule_order as integer) as rule_order,
        cast(left_node as bigint) as left_node,
        cast(right_node as bigint) as right_node
    from edges
)

select * from final
