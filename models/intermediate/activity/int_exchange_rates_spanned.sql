{#- The reporting currency itself needs no rate; every other one has the rate of
    the latest day at or before the day in question, if that is not too old, or none
    at all. -#}
{%- set reporting_currency = crm_segmentation.text_literal(
    crm_segmentation.reporting_currency()
) -%}
{%- set max_age = crm_segmentation.setting('max_rate_age_days') -%}
{%- if max_age < 1 or max_age != max_age | int -%}
    {{ exceptions.raise_compiler_error(
        "Wrong age in var 'max_rate_age_days': got '" ~ max_age
        ~ "'; allowed: a whole number of days from 1. Correct the var."
    ) }}
{%- endif -%}

with exchange_rates as (
    select * from {{ ref('stg_erp__exchange_rates') }}
),

rates_to_reporting_currency as (
    select
        {{ crm_segmentation.upper_code('from_currency') }} as currency_code,
        rate_date as valid_from,
        rate
    from exchange_rates
    where
        {{ crm_segmentation.upper_code('to_currency') }} = {{ reporting_currency }}
        and {{ crm_segmentation.upper_code('from_currency') }}
        <> {{ reporting_currency }}
        -- a rate of nothing would make every amount 0
        and rate > 0
),

spanned as (
    select
        currency_code,
        valid_from,
        least(
            -- `least` passes over NULL: the newest rate has no next one
            lead(valid_from) over (
                partition by currency_code
                order by valid_from asc nulls last
            ),
            valid_from + {{ max_age | int }}
        ) as valid_to,
        rate
    from rates_to_reporting_currency
),

with_reporting_currency as (
    select
        currency_code,
        valid_from,
        valid_to,
        rate
    from spanned
    union all
    select
        {{ reporting_currency }} as currency_code,
        cast('0001-01-01' as date) as valid_from,
        cast(null as date) as valid_to,
        1 as rate
),

final as (
    select
        cast(currency_code as text) as currency_code,
        cast(valid_from as date) as valid_from,
        cast(valid_to as date) as valid_to,
        cast(rate as decimal(18, 8)) as rate
    from with_reporting_currency
)

select * from final
