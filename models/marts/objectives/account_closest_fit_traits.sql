-- Why an account is as close as it is: what each trait adds to its distance.
with

considered as (

    select * from {{ ref('account_objectives') }}

),

fits as (

    select * from {{ ref('account_closest_fits') }}

),

{{ crm_segmentation.fit_comparison() }},

nearest as (

    select
        compared.*,
        fits.as_of_date,
        sum(case when compared.penalty is not null then compared.weight end) over (
            partition by compared.account_id, compared.objective
        ) as weight_of_known
    from compared
    inner join fits
        on compared.account_id = fits.account_id
        and compared.objective = fits.objective
        and compared.segment_id = fits.segment_id

),

final as (

    select
        cast(account_id as text) as account_id,
        cast(as_of_date as date) as as_of_date,
        cast(objective as text) as objective,
        cast(trait as text) as trait,
        cast(segment_id as integer) as segment_id,
        cast(number_value as decimal(24, 6)) as number_value,
        cast(text_value as text) as text_value,
        cast(weight as decimal(9, 4)) as weight,
        cast(penalty as decimal(9, 6)) as penalty,
        cast(
            case
                when penalty is null then 0
                else weight * penalty / weight_of_known
            end as decimal(9, 6)
        ) as contribution
    from nearest

)

select * from final
