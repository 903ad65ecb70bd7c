-- What the account will buy next: the shares of categories in its purchases, the last
-- one counted twice, drawn towards those of all accounts with the weight of
-- `prior_purchases` purchases. A look back on data of three assortments chose this over
-- what follows the last category elsewhere, and over the favourite by count alone.
{%- set outlook = crm_segmentation.purchase_outlook_settings() %}

with

purchases as (

    select * from {{ ref('int_category_purchases') }}

),

accounts as (

    select
        account_id,
        count(distinct purchased_on) as purchase_count,
        max(purchased_on) as last_purchased_on
    from purchases
    group by account_id

),

purchases_in_order as (

    select
        account_id,
        category,
        purchased_on,
        lag(purchased_on) over (
            partition by account_id, category order by purchased_on
        ) as purchased_before_on
    from purchases

),

bought as (

    select
        account_id,
        category,
        count(*) as purchase_count,
        max(purchased_on) as last_purchased_on,
        count(purchased_before_on) as interval_count,
        percentile_cont(0.5) within group (
            order by {{ crm_segmentation.days_between(
                'purchased_before_on', 'purchased_on'
            ) }}
        ) as median_interval
    from purchases_in_order
    group by account_id, category

),

last_categories as (

    select
        purchases.account_id,
        purchases.category
    from purchases
    inner join accounts
        on purchases.account_id = accounts.account_id
        and purchases.purchased_on = accounts.last_purchased_on

),

totals as (

    select sum(purchase_count) as purchase_count
    from accounts

),

categories as (

    select
        bought.category,
        {{ crm_segmentation.exact_quotient(
            'sum(bought.purchase_count)', 'totals.purchase_count', 5
        ) }} as share
    from bought
    cross join totals
    group by bought.category, totals.purchase_count

),

categories_ranked as (

    select
        category,
        share,
        row_number() over (
            order by share desc nulls last, {{ crm_segmentation.by_bytes('category') }}
        ) as popularity_rank
    from categories

),

-- of categories never bought only the most popular can come first
candidates as (

    select
        account_id,
        category
    from bought
    union
    select
        accounts.account_id,
        categories_ranked.category
    from accounts
    cross join categories_ranked
    where categories_ranked.popularity_rank <= 5

),

estimated as (

    select
        candidates.account_id,
        candidates.category,
        coalesce(bought.purchase_count, 0) as purchase_count,
        bought.last_purchased_on,
        case
            when bought.interval_count >= {{ outlook.minimum_intervals }}
                then bought.median_interval
        end as usual_interval_days,
        {{ crm_segmentation.exact_quotient(
            '(coalesce(bought.purchase_count, 0)'
            ~ ' + case when last_categories.category is null then 0 else 1 end'
            ~ ' + ' ~ outlook.prior_purchases ~ ' * categories.share)',
            '(accounts.purchase_count + 1 + ' ~ outlook.prior_purchases ~ ')',
            5
        ) }} as expected_share
    from candidates
    inner join accounts
        on candidates.account_id = accounts.account_id
    inner join categories
        on candidates.category = categories.category
    left join bought
        on candidates.account_id = bought.account_id
        and candidates.category = bought.category
    left join last_categories
        on candidates.account_id = last_categories.account_id
        and candidates.category = last_categories.category

),

ranked as (

    select
        *,
        row_number() over (
            partition by account_id
            order by
                expected_share desc nulls last,
                purchase_count desc nulls last,
                {{ crm_segmentation.by_bytes('category') }}
        ) as preference_rank
    from estimated

),

final as (

    select
        cast(account_id as text) as account_id,
        cast(category as text) as category,
        {{ crm_segmentation.date_literal(crm_segmentation.as_of_date()) }}
            as as_of_date,
        cast(preference_rank as integer) as preference_rank,
        cast(expected_share as decimal(6, 5)) as expected_share,
        cast(purchase_count as integer) as purchase_count,
        cast(last_purchased_on as date) as last_purchased_on,
        cast(usual_interval_days as decimal(9, 1)) as usual_interval_days,
        last_purchased_on + cast(ceil(usual_interval_days) as integer)
            as next_expected_on
    from ranked

)

select * from final
