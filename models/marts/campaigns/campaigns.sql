with

staged as (

    select *
    from {{ ref('stg_crm__campaigns') }}

),

results as (

    select *
    from {{ ref('campaign_results') }}
    where response_type = 'any'

),

counts as (

    select
        campaign_id,
        sum(case when arm = 'control' then 0 else account_count end)
            as treatment_count,
        sum(case when arm = 'control' then account_count else 0 end)
            as control_count
    from results
    group by campaign_id

),

final as (

    select
        cast(staged.campaign_id as text) as campaign_id,
        cast(staged.name as text) as name,
        cast(staged.channel as text) as channel,
        cast(staged.purpose as text) as purpose,
        cast(staged.starts_on as date) as starts_on,
        cast(staged.ends_on as date) as ends_on,
        cast(staged.cost_amount as decimal(18, 2)) as cost_amount,
        cast(staged.currency_code as text) as currency_code,
        cast(coalesce(counts.treatment_count, 0) as bigint) as treatment_count,
        cast(coalesce(counts.control_count, 0) as bigint) as control_count
    from staged
    left join counts
        on staged.campaign_id = counts.campaign_id

)

select * from final
