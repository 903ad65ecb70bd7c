-- Python models cannot read the settings of the project, so they stand in a table.
with

definitions as (

    select * from {{ ref('fit_definitions') }}

),

declared as (

    {%- for name, value in crm_segmentation.fit_settings().items() %}
    select
        {{ crm_segmentation.text_literal(name) }} as setting,
        {{ crm_segmentation.text_literal(value) }} as value
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

-- what a fit records of what it read, a line each
defined as (

    select
        'definitions.' || model_name as setting,
        {{ crm_segmentation.join_texts(
            "kind || ' ' || name || '=' || definition_hash", '\n'
        ) }} as value
    from definitions
    group by model_name

),

settings as (

    select * from declared
    union all
    select * from defined

),

final as (

    select
        cast(setting as text) as setting,
        cast(value as text) as value
    from settings

)

select * from final
