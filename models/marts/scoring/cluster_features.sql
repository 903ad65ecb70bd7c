with

declared as (

    {%- for feature in crm_segmentation.cluster_feature_declarations() %}
    select
        {{ crm_segmentation.text_literal(feature.feature) }} as feature,
        {{ crm_segmentation.text_literal(feature.transform) }} as transform,
        {{ feature.weight }} as weight,
        {{ 'null' if feature.if_missing is none else feature.if_missing }}
            as if_missing,
        {{ crm_segmentation.text_literal(feature.low_label) }} as low_label,
        {{ crm_segmentation.text_literal(feature.high_label) }} as high_label
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

final as (

    select
        cast(feature as text) as feature,
        cast(transform as text) as transform,
        cast(weight as decimal(9, 4)) as weight,
        cast(if_missing as decimal(18, 4)) as if_missing,
        cast(low_label as text) as low_label,
        cast(high_label as text) as high_label
    from declared

)

select * from final
