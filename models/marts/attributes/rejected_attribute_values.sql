with

checked as (

    select * from {{ ref('int_attribute_values_checked') }}

),

counted as (

    select
        attribute,
        raw_value,
        problem,
        count(*) as value_count
    from checked
    where problem is not null
    group by attribute, raw_value, problem

),

final as (

    select
        {{ crm_segmentation.date_literal(crm_segmentation.as_of_date()) }}
            as as_of_date,
        cast(attribute as text) as attribute,
        cast(raw_value as text) as raw_value,
        cast(problem as text) as problem,
        cast(value_count as integer) as value_count
    from counted

)

select * from final
