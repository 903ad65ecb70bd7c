-- Which categories the same accounts buy. Lift is that of association rules (Brin,
-- Motwani, Ullman and Tsur 1997), the account being the basket: orders to a supplier
-- mostly hold one category each. It is exact, so that no engine's last bit decides.
{%- set outlook = crm_segmentation.purchase_outlook_settings() %}

with

purchases as (

    select * from {{ ref('int_category_purchases') }}

),

buyers as (

    select distinct
        account_id,
        category
    from purchases

),

categories as (

    select
        category,
        count(*) as account_count
    from buyers
    group by category

),

bought_both as (

    select
        buyers.category,
        others.category as other_category,
        count(*) as account_count
    from buyers
    inner join buyers as others
        on buyers.account_id = others.account_id
        and buyers.category <> others.category
    group by buyers.category, others.category

),

totals as (

    select count(distinct account_id) as account_count
    from purchases

),

counted as (

    select
        categories.category,
        others.category as other_category,
        totals.account_count,
        categories.account_count as category_account_count,
        others.account_count as other_account_count,
        coalesce(bought_both.account_count, 0) as both_account_count
    from categories
    inner join categories as others
        on categories.category <> others.category
    cross join totals
    left join bought_both
        on categories.category = bought_both.category
        and others.category = bought_both.other_category

),

measured as (

    select
        *,
        {{ crm_segmentation.exact_quotient(
            'both_account_count * account_count',
            'category_account_count * other_account_count',
            5
        ) }} as lift
    from counted

),

final as (

    select
        cast(category as text) as category,
        cast(other_category as text) as other_category,
        {{ crm_segmentation.date_literal(crm_segmentation.as_of_date()) }}
            as as_of_date,
        cast(account_count as integer) as account_count,
        cast(category_account_count as integer) as category_account_count,
        cast(other_account_count as integer) as other_account_count,
        cast(both_account_count as integer) as both_account_count,
        cast(lift as decimal(18, 5)) as lift,
        lift > {{ outlook.minimum_lift }}
        and both_account_count >= {{ outlook.minimum_accounts }} as is_complementary
    from measured

)

select * from final
