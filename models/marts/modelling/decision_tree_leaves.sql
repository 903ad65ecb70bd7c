with

nodes as (

    select * from {{ ref('decision_tree_nodes') }}

),

placed as (

    select * from {{ ref('account_tree_leaves') }}

),

roots as (

    select
        tree,
        target_share,
        cast(held_out_target_count as decimal(18, 6))
            / nullif(held_out_count, 0) as held_out_share
    from nodes
    where node_id = 0

),

counted as (

    select
        tree,
        leaf_number,
        count(*) as account_count
    from placed
    group by tree, leaf_number

),

leaves as (

    select
        *,
        cast(held_out_target_count as decimal(18, 6))
            / nullif(held_out_count, 0) as held_out_share
    from nodes
    where leaf_number is not null

),

final as (

    select
        cast(leaves.tree as text) as tree,
        cast(leaves.leaf_number as integer) as leaf_number,
        cast(leaves.node_id as integer) as node_id,
        cast(coalesce(counted.account_count, 0) as bigint) as account_count,
        cast(leaves.sample_count as bigint) as sample_count,
        cast(leaves.target_count as bigint) as target_count,
        cast(leaves.target_share as decimal(9, 6)) as target_share,
        cast(leaves.target_share / roots.target_share as decimal(12, 6)) as lift,
        cast(leaves.held_out_count as bigint) as held_out_count,
        cast(leaves.held_out_share as decimal(9, 6)) as held_out_share,
        cast(
            leaves.held_out_share / nullif(roots.held_out_share, 0) as decimal(12, 6)
        ) as held_out_lift,
        cast(leaves.rule as text) as rule,
        cast(leaves.fit_version as integer) as fit_version,
        cast(leaves.fitted_as_of as date) as fitted_as_of
    from leaves
    inner join roots
        on leaves.tree = roots.tree
    left join counted
        on leaves.tree = counted.tree
        and leaves.leaf_number = counted.leaf_number

)

select * from final
