-- Python models cannot read the settings of the project, so they stand in a table.
with

declared as (

    {%- for name, value in crm_segmentation.fit_settings().items() %}
    select
        {{ crm_segmentation.text_literal(name) }} as setting,
        {{ crm_segmentation.text_literal(value) }} as value
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

final as (

    select
        cast(setting as text) as setting,
        cast(value as text) as value
    from declared

)

select * from final
