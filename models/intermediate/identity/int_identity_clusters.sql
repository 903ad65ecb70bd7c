with records as (
    select * from {{ ref('int_identity_records') }}
),

parties as (
    select * from {{ ref('int_identity_parties') }}
),

edges as (
    select
        left_node,
        right_node
    from {{ ref('int_identity_references') }}
    union all
    select
        left_node,
        right_node
    from {{ ref('int_identity_links') }}
    union all
    select
        node as left_node,
        login_node as right_node
    from parties
    where login_node is not null
),

components as (
    {{ crm_segmentation.connected_components('records', 'edges') }}
),

final as (
    select
        cast(node as bigint) as node,
        cast(component as bigint) as cluster_node
    from components
)

select * from final
