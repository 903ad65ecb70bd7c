with records as (
    select * from {{ ref('int_identity_records') }}
),

edge_candidates as (
    select * from {{ ref('int_identity_edge_candidates') }}
),

homes as (
    select * from {{ ref('int_identity_homes') }}
),

final as (
    select
        cast(edge_candidates.rule_name as text) as rule_name,
        cast(edge_candidates.strength as integer) as strength,
        left_homes.home_node <> right_homes.home_node as is_cut,
        cast(edge_candidates.left_node as bigint) as left_node,
        cast(edge_candidates.right_node as bigint) as right_node,
        cast(left_records.source as text) as left_source,
        cast(left_records.record_type as text) as left_record_type,
        cast(left_records.founding_key as text) as left_key,
        cast(right_records.source as text) as right_source,
        cast(right_records.record_type as text) as right_record_type,
        cast(right_records.founding_key as text) as right_key
    from edge_candidates
    inner join records as left_records
        on edge_candidates.left_node = left_records.node
    inner join records as right_records
        on edge_candidates.right_node = right_records.node
    inner join homes as left_homes
        on edge_candidates.left_node = left_homes.node
    inner join homes as right_homes
        on edge_candidates.right_node = right_homes.node
)

select * from final
