with

declared as (

    {%- for tree in crm_segmentation.decision_tree_declarations() %}
    select
        {{ crm_segmentation.text_literal(tree.name) }} as tree,
        {{ crm_segmentation.text_literal(tree.label) }} as label,
        {{ crm_segmentation.text_literal(tree.target) }} as target,
        {{ crm_segmentation.text_or_null(tree.value) }} as target_value,
        {{ tree.max_depth }} as max_depth,
        {{ tree.minimum_leaf }} as minimum_leaf,
        {{ tree.seed }} as seed,
        {{ crm_segmentation.text_literal(tojson(crm_segmentation.tree_population())) }}
            as population
    union all
    {%- endfor %}
    select
        cast(null as text) as tree,
        cast(null as text) as label,
        cast(null as text) as target,
        cast(null as text) as target_value,
        0 as max_depth,
        0 as minimum_leaf,
        0 as seed,
        cast(null as text) as population
    where 1 = 0

),

final as (

    select
        cast(tree as text) as tree,
        cast(label as text) as label,
        cast(target as text) as target,
        cast(target_value as text) as target_value,
        cast(max_depth as integer) as max_depth,
        cast(minimum_leaf as integer) as minimum_leaf,
        cast(seed as integer) as seed,
        cast(population as text) as population
    from declared

)

select * from final
