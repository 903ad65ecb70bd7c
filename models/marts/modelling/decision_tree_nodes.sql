-- The trees that hold today: of each declared one the nodes of its current fit.
with

recorded as (

    {{ crm_segmentation.current_trees() | indent(4) }}

),

nodes as (

    select *
    from recorded
    where part = 'node'

),

final as (

    select
        cast(nodes.model_name as text) as tree,
        cast(nodes.node_id as integer) as node_id,
        cast(nodes.parent_id as integer) as parent_id,
        cast(left_nodes.node_id as integer) as left_node_id,
        cast(right_nodes.node_id as integer) as right_node_id,
        cast(nodes.depth as integer) as depth,
        cast(nodes.leaf_number as integer) as leaf_number,
        cast(nodes.feature as text) as feature,
        cast(nodes.feature_type as text) as feature_type,
        cast(nodes.threshold as decimal(24, 6)) as threshold,
        cast(nodes.categories as text) as categories,
        cast(nodes.listed_go_left as boolean) as listed_go_left,
        cast(nodes.missing_goes_left as boolean) as missing_goes_left,
        cast(nodes.sample_count as bigint) as sample_count,
        cast(nodes.target_count as bigint) as target_count,
        cast(
            cast(nodes.target_count as decimal(18, 6)) / nodes.sample_count
            as decimal(9, 6)
        ) as target_share,
        cast(nodes.impurity as decimal(9, 6)) as impurity,
        cast(nodes.held_out_count as bigint) as held_out_count,
        cast(nodes.held_out_target_count as bigint) as held_out_target_count,
        cast(nodes.rule as text) as rule,
        cast(nodes.fit_version as integer) as fit_version,
        cast(nodes.fitted_as_of as date) as fitted_as_of
    from nodes
    left join nodes as left_nodes
        on nodes.model_name = left_nodes.model_name
        and nodes.node_id = left_nodes.parent_id
        and left_nodes.is_left
    left join nodes as right_nodes
        on nodes.model_name = right_nodes.model_name
        and nodes.node_id = right_nodes.parent_id
        and not right_nodes.is_left

)

select * from final
