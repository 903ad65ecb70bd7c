with

marketing_values as (

    select *
    from {{ ref('int_attribute_values_checked') }}
    where not is_column
        and is_current
        and problem is null

),

kpi_flags as (

    select * from {{ ref('account_kpi_flags') }}

),

-- Two CRM accounts of one account may hold the same value.
combined as (

    select
        account_id,
        attribute,
        value
    from marketing_values
    union
    select
        account_id,
        'kpi_flags' as attribute,
        flag as value
    from kpi_flags

),

final as (

    select
        cast(account_id as text) as account_id,
        {{ crm_segmentation.date_literal(crm_segmentation.as_of_date()) }}
            as as_of_date,
        cast(attribute as text) as attribute,
        cast(value as text) as value
    from combined

)

select * from final
