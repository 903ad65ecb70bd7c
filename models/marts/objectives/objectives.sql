with

declared as (

    {%- for objective in crm_segmentation.objective_declarations() %}
    select
        {{ crm_segmentation.text_literal(objective.name) }} as objective,
        {{ crm_segmentation.text_literal(objective.label) }} as label,
        {{ crm_segmentation.text_literal(
            crm_segmentation.objective_in_words(objective, 'considered')
        ) }} as considered_text,
        {{ crm_segmentation.text_literal(
            crm_segmentation.objective_in_words(objective, 'ideal')
        ) }} as ideal_text,
        {{ objective.segments }} as segments,
        {{ objective.minimum_support }} as minimum_support,
        {{ objective.minimum_lift }} as minimum_lift,
        {{ objective.max_distance }} as max_distance
    union all
    {%- endfor %}
    select
        cast(null as text) as objective,
        cast(null as text) as label,
        cast(null as text) as considered_text,
        cast(null as text) as ideal_text,
        0 as segments,
        0 as minimum_support,
        0 as minimum_lift,
        0 as max_distance
    where 1 = 0

),

final as (

    select
        cast(objective as text) as objective,
        cast(label as text) as label,
        cast(considered_text as text) as considered_text,
        cast(ideal_text as text) as ideal_text,
        cast(segments as integer) as segments,
        cast(minimum_support as integer) as minimum_support,
        cast(minimum_lift as decimal(9, 4)) as minimum_lift,
        cast(max_distance as decimal(9, 6)) as max_distance
    from declared

)

select * from final
