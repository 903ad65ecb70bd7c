-- Python models cannot read the settings of the project, so they stand in a table.
with

declared as (

    {%- for dimension in crm_segmentation.rfm_declaration().dimensions %}
    select
        {{ crm_segmentation.text_literal(dimension.dimension) }} as dimension,
        {{ crm_segmentation.text_literal(dimension.kpi) }} as kpi,
        {{ dimension.bins }} as bins,
        {{ dimension.weight }} as weight,
        {{ crm_segmentation.text_literal(dimension.method) }} as method,
        {{ crm_segmentation.text_literal(
            dimension.thresholds | join(', ') if dimension.thresholds else ''
        ) }} as thresholds,
        {{ dimension.is_descending }} as is_descending
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

final as (

    select
        cast(dimension as text) as dimension,
        cast(kpi as text) as kpi,
        cast(bins as integer) as bins,
        cast(weight as decimal(9, 4)) as weight,
        cast(method as text) as method,
        cast(thresholds as text) as thresholds,
        cast(is_descending as boolean) as is_descending
    from declared

)

select * from final
