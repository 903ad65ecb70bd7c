with records as (
    select * from {{ ref('int_identity_records') }}
),

parties as (
    select * from {{ ref('int_identity_parties') }}
),

edges as (
    select
        rule_name,
        1 as strength,
        left_node,
        right_node
    from {{ ref('int_identity_references') }}
    union all
    select
        'web_login' as rule_name,
        1 as strength,
        node as left_node,
        login_node as right_node
    from parties
    where login_node is not null
    union all
    select
        rule_name,
        strength,
        left_node,
        right_node
    from {{ ref('int_identity_links') }}
    union all
    select
        rule_name,
        strength,
        left_node,
        right_node
    from {{ ref('int_identity_attachments') }}
),

final as (
    select
        cast(edges.rule_name as text) as rule_name,
        cast(edges.strength as integer) as strength,
        cast(edges.left_node as bigint) as left_node,
        cast(edges.right_node as bigint) as right_node,
        cast(left_records.source as text) as left_source,
        cast(left_records.record_type as text) as left_record_type,
        cast(left_records.founding_key as text) as left_key,
        cast(right_records.source as text) as right_source,
        cast(right_records.record_type as text) as right_record_type,
        cast(right_records.founding_key as text) as right_key
    from edges
    inner join records as left_records
        on edges.left_node = left_records.node
    inner join records as right_records
        on edges.right_node = right_records.node
)

select * from final
