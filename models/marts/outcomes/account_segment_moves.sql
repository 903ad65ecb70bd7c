{{ config(materialized='view') }}

with

history as (

    select *
    from {{ ref('segment_history_monthly') }}

),

periods as (

    {% for period in crm_segmentation.outcome_periods() -%}
    select
        {{ crm_segmentation.text_literal(period.period) }} as period,
        {{ crm_segmentation.date_literal(period.from_date) }} as from_date,
        {{ crm_segmentation.date_literal(period.to_date) }} as to_date
    {% if not loop.last -%}
    union all
    {% endif -%}
    {%- endfor %}

),

-- An account that was first seen within the period has a row at its end only. One
-- is never lost the other way: the history is recomputed, so who was known stays.
ends as (

    select
        periods.period,
        periods.from_date,
        periods.to_date,
        history.account_id,
        history.rfm_segment,
        history.days_since_last_order,
        history.revenue_all
    from periods
    inner join history
        on periods.to_date = history.as_of_date

),

final as (

    select
        cast(ends.account_id as text) as account_id,
        cast(ends.period as text) as period,
        cast(ends.from_date as date) as from_date,
        cast(ends.to_date as date) as to_date,
        cast(coalesce(starts.rfm_segment, '(none)') as text) as from_segment,
        cast(coalesce(ends.rfm_segment, '(none)') as text) as to_segment,
        cast(
            coalesce(ends.revenue_all, 0) - coalesce(starts.revenue_all, 0)
            as decimal(18, 2)
        ) as revenue_amount,
        coalesce(
            ends.days_since_last_order
            <= {{ crm_segmentation.days_between('ends.from_date', 'ends.to_date') }},
            false
        ) as has_ordered
    from ends
    left join history as starts
        on
            ends.account_id = starts.account_id
            and ends.from_date = starts.as_of_date

)

select * from final
