-- BG/NBD and Gamma-Gamma, applied: who is still alive, and what he will order. The
-- expectation is a mean over drop-out probabilities, taken at the nodes that the fit
-- wrote: docs/lifetime_value.md has the formulas. Powers are computed as logarithms,
-- which neither overflow nor underflow, and the costly mean once for each number of
-- orders and age that occurs.
{%- set double = crm_segmentation.type_double() %}
{%- set horizon_weeks = '(365.0 / 7.0)' %}

with

kpis as (

    select * from {{ ref('account_kpis') }}

),

parameters as (

    {{ crm_segmentation.current_fit('lifetime', ref('lifetime_parameters'))
        | indent(4) }}

),

fitted as (

    select
        {%- for name in ['r', 'alpha', 'a', 'b', 'p', 'q', 'gamma'] %}
        max(case when parameter = '{{ name }}' then value end) as fit_{{ name }},
        {%- endfor %}
        max(fit_version) as fit_version
    from parameters

),

nodes as (

    select
        node,
        {%- for name in ['probability', 'log_weight', 'log_rest'] %}
        max(case when parameter = 'node_{{ name }}' then value end) as {{ name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from parameters
    where node > 0
    group by node

),

customers as (

    select
        account_id,
        as_of_date,
        order_day_count_all as order_day_count,
        days_since_first_order,
        days_since_last_order,
        cast(order_day_count_all - 1 as {{ double }}) as repeat_count,
        cast(days_since_first_order as {{ double }}) / 7 as age_weeks,
        cast(
            days_since_first_order - days_since_last_order as {{ double }}
        ) / 7 as recency_weeks,
        -- who gave back all that he bought has spent nothing
        cast(greatest(revenue_all, 0) as {{ double }}) as spent
    from kpis
    where order_day_count_all > 0

),

repeat_counts as (

    select distinct repeat_count from customers

),

weighted as (

    select
        repeat_counts.repeat_count,
        nodes.probability,
        nodes.log_weight + repeat_counts.repeat_count * nodes.log_rest as log_weight
    from repeat_counts
    cross join nodes

),

compared as (

    select
        repeat_count,
        probability,
        log_weight - max(log_weight) over (partition by repeat_count) as log_weight
    from weighted

),

weights as (

    select
        repeat_count,
        probability,
        exp(log_weight) as weight
    from compared
    where log_weight > -45

),

histories as (

    select distinct
        customers.repeat_count,
        customers.age_weeks,
        fitted.fit_r + customers.repeat_count as orders_shape,
        {{ horizon_weeks }} / (fitted.fit_alpha + customers.age_weeks) as reach
    from customers
    cross join fitted

),

at_nodes as (

    select
        histories.repeat_count,
        histories.age_weeks,
        histories.orders_shape,
        histories.reach,
        weights.probability,
        weights.weight,
        weights.probability * histories.reach as small_part
    from histories
    inner join weights
        on histories.repeat_count = weights.repeat_count

),

-- (1 - (1 + p s)^-k) / p, by the start of its series where the difference is nearly 0
expected_at_nodes as (

    select
        repeat_count,
        age_weeks,
        weight,
        case
            when (orders_shape + 3) * small_part < 0.001
                then
                    orders_shape * reach * (
                        1 - (orders_shape + 1) * small_part / 2 * (
                            1 - (orders_shape + 2) * small_part / 3 * (
                                1 - (orders_shape + 3) * small_part / 4
                            )
                        )
                    )
            else
                (1 - exp(greatest(-orders_shape * ln(1 + small_part), -700)))
                / probability
        end as orders
    from at_nodes

),

expected as (

    select
        repeat_count,
        age_weeks,
        sum(weight * orders) / sum(weight) as orders_if_alive
    from expected_at_nodes
    group by repeat_count, age_weeks

),

judged as (

    select
        customers.*,
        fitted.fit_version,
        expected.orders_if_alive,
        -- who came once had no occasion to drop out
        case
            when fitted.fit_version is null then null
            when customers.repeat_count = 0 then 1
            else
                1 / (
                    1 + exp(
                        greatest(
                            least(
                                ln(fitted.fit_a)
                                - ln(fitted.fit_b + customers.repeat_count - 1)
                                + (fitted.fit_r + customers.repeat_count) * (
                                    ln(fitted.fit_alpha + customers.age_weeks)
                                    - ln(fitted.fit_alpha + customers.recency_weeks)
                                ),
                                700
                            ),
                            -700
                        )
                    )
                )
        end as alive,
        fitted.fit_p * (fitted.fit_gamma + customers.spent) / (
            fitted.fit_p * customers.order_day_count + fitted.fit_q - 1
        ) as spend
    from customers
    cross join fitted
    left join expected
        on
            customers.repeat_count = expected.repeat_count
            and customers.age_weeks = expected.age_weeks

),

final as (

    select
        cast(account_id as text) as account_id,
        cast(as_of_date as date) as as_of_date,
        cast(order_day_count as integer) as order_day_count,
        cast(days_since_first_order as integer) as days_since_first_order,
        cast(days_since_last_order as integer) as days_since_last_order,
        cast(alive as decimal(9, 6)) as probability_alive,
        cast(alive * orders_if_alive as decimal(18, 6)) as expected_orders_365d,
        cast(spend as decimal(18, 2)) as expected_order_value,
        cast(alive * orders_if_alive * spend as decimal(18, 2))
            as expected_revenue_365d,
        cast(fit_version as integer) as fit_version
    from judged

)

select * from final
