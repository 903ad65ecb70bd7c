-- When and what an account will buy next, in one row: for portals, and for rules.
-- The interval is the median of those between its days with an order, whatever was
-- ordered; one of half a day more is rounded up to the day.
{%- set outlook = crm_segmentation.purchase_outlook_settings() -%}
{%- set day = crm_segmentation.date_literal(crm_segmentation.as_of_date()) %}

with

activity as (

    select * from {{ ref('int_activity_by_day') }}

),

categories as (

    select * from {{ ref('account_category_outlook') }}

),

affinities as (

    select * from {{ ref('category_affinities') }}

),

order_days as (

    select distinct
        account_id,
        occurred_on
    from activity
    where event_name = 'order'
        and {{ crm_segmentation.in_purchase_outlook() }}

),

order_days_in_order as (

    select
        account_id,
        occurred_on,
        lag(occurred_on) over (
            partition by account_id order by occurred_on
        ) as ordered_before_on
    from order_days

),

rhythms as (

    select
        account_id,
        count(*) as order_day_count,
        max(occurred_on) as last_ordered_on,
        count(ordered_before_on) as interval_count,
        percentile_cont(0.5) within group (
            order by {{ crm_segmentation.days_between(
                'ordered_before_on', 'occurred_on'
            ) }}
        ) as median_interval
    from order_days_in_order
    group by account_id

),

expected as (

    select
        account_id,
        order_day_count,
        last_ordered_on,
        case
            when interval_count >= {{ outlook.minimum_intervals }}
                then median_interval
        end as usual_interval_days,
        case
            when interval_count >= {{ outlook.minimum_intervals }}
                then last_ordered_on + cast(ceil(median_interval) as integer)
        end as next_expected_on
    from rhythms

),

likeliest as (

    select *
    from categories
    where preference_rank = 1

),

complements as (

    select
        categories.account_id,
        affinities.other_category,
        affinities.category,
        affinities.lift,
        row_number() over (
            partition by categories.account_id
            order by
                affinities.lift desc nulls last,
                {{ crm_segmentation.by_bytes('affinities.other_category') }},
                {{ crm_segmentation.by_bytes('affinities.category') }}
        ) as complement_rank
    from categories
    inner join affinities
        on categories.category = affinities.category
        and affinities.is_complementary
    left join categories as owned
        on categories.account_id = owned.account_id
        and affinities.other_category = owned.category
        and owned.purchase_count > 0
    where categories.purchase_count > 0
        and owned.account_id is null

),

best_complements as (

    select *
    from complements
    where complement_rank = 1

),

final as (

    select
        cast(expected.account_id as text) as account_id,
        {{ day }} as as_of_date,
        cast(expected.order_day_count as integer) as order_day_count,
        cast(expected.last_ordered_on as date) as last_ordered_on,
        cast(expected.usual_interval_days as decimal(9, 1)) as usual_interval_days,
        cast(expected.next_expected_on as date) as next_expected_on,
        cast(
            {{ crm_segmentation.days_between('expected.next_expected_on', day) }}
            as integer
        ) as overdue_days,
        cast(likeliest.category as text) as next_likely_category,
        cast(likeliest.expected_share as decimal(6, 5)) as next_likely_share,
        cast(best_complements.other_category as text) as complementary_category,
        cast(best_complements.category as text) as complementary_to_category,
        cast(best_complements.lift as decimal(18, 5)) as complementary_lift
    from expected
    left join likeliest
        on expected.account_id = likeliest.account_id
    left join best_complements
        on expected.account_id = best_complements.account_id

)

select * from final
