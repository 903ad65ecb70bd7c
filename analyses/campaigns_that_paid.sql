-- Which campaigns made accounts buy that would not have, and what did each of these
-- cost? Only campaigns with a control group can tell; an interval that holds 0 says
-- that it may as well have been chance.
with

campaigns as (

    select *
    from {{ ref('campaigns') }}

),

results as (

    select *
    from {{ ref('campaign_results') }}
    where response_type = 'purchase' and arm <> 'control'

),

final as (

    select
        campaigns.campaign_id,
        campaigns.name,
        results.account_count,
        results.response_rate,
        results.control_response_rate,
        results.lift_points,
        results.lift_points_low,
        results.lift_points_high,
        results.lift_points_low > 0 as is_beyond_chance,
        campaigns.cost_amount,
        campaigns.currency_code,
        100 * campaigns.cost_amount
        / nullif(results.lift_points * results.account_count, 0)
            as cost_per_extra_buyer
    from campaigns
    inner join results
        on campaigns.campaign_id = results.campaign_id
    where results.lift_points is not null

)

select * from final
order by lift_points desc nulls last, {{ crm_segmentation.by_bytes('campaign_id') }}
