{%- set catalog = crm_segmentation.attribute_catalog() %}

with

declared as (

    {%- for tree in crm_segmentation.decision_tree_declarations() %}
    {%- for name in tree.features %}
    select
        {{ crm_segmentation.text_literal(tree.name) }} as tree,
        {{ loop.index }} as position,
        {{ crm_segmentation.text_literal(name) }} as feature,
        '{{ catalog[name].type }}' as feature_type,
        {{ (catalog[name].sql_type in ['integer', 'bigint']) | lower }} as is_whole
    union all
    {%- endfor %}
    {%- endfor %}
    select
        cast(null as text) as tree,
        0 as position,
        cast(null as text) as feature,
        cast(null as text) as feature_type,
        false as is_whole
    where 1 = 0

),

final as (

    select
        cast(tree as text) as tree,
        cast(position as integer) as position,
        cast(feature as text) as feature,
        cast(feature_type as text) as feature_type,
        cast(is_whole as boolean) as is_whole
    from declared

)

select * from final
