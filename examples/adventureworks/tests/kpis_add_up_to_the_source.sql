-- What the accounts bought adds up to what the source sold: each order is somebody's.
with

accounts as (

    select * from {{ ref('accounts') }}

),

account_kpis as (

    select * from {{ ref('account_kpis') }}

),

totals as (

    select
        accounts.kind,
        sum(account_kpis.order_count_all) as order_count,
        sum(account_kpis.revenue_all) as revenue,
        sum(case when account_kpis.order_count_all > 0 then 1 else 0 end) as buyers
    from account_kpis
    inner join accounts
        on account_kpis.account_id = accounts.account_id
    group by accounts.kind

),

expected_totals as (

    select
        'person' as kind,
        27659 as order_count,
        29358677.22 as revenue,
        18484 as buyers
    union all
    select
        'company',
        3806,
        80487704.18,
        635

)

select
    expected_totals.*,
    totals.order_count as found_order_count,
    totals.revenue as found_revenue,
    totals.buyers as found_buyers
from expected_totals
left join totals
    on expected_totals.kind = totals.kind
where
    totals.order_count is distinct from expected_totals.order_count
    or totals.revenue is distinct from expected_totals.revenue
    or totals.buyers is distinct from expected_totals.buyers
