with

scored as (

    select * from {{ ref('account_rfm') }}

),

cells as (

    select * from {{ ref('rfm_response_cells') }}

),

final as (

    select
        cast(scored.account_id as text) as account_id,
        cast(scored.as_of_date as date) as as_of_date,
        cast(scored.rfm_code as text) as rfm_code,
        cast(cells.expected_response_rate as decimal(9, 6)) as expected_response_rate,
        cast(cells.is_worth_contacting as boolean) as is_worth_contacting,
        cast(scored.fit_version as integer) as fit_version
    from scored
    left join cells
        on scored.rfm_code = cells.rfm_code

)

select * from final
