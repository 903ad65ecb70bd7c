{#- What KPIs read instead of single events: facts counted by local day once. All
    bounds of windows are local midnights, so nothing finer is ever asked. A fact
    that is cancelled later keeps the day of it, so that a past day still sees the
    order that it knew. -#}
{%- set dimensions = crm_segmentation.kpi_dimensions() -%}
{%- set columns = crm_segmentation.activity_columns() -%}
{%- set as_of = crm_segmentation.as_of_date() -%}
{%- set ended_statuses = [] -%}
{%- for status in crm_segmentation.setting('contract_statuses_without_renewal') -%}
    {%- do ended_statuses.append(
        crm_segmentation.text_literal(crm_segmentation.fold_text(status))
    ) -%}
{%- endfor -%}

with activity as (
    select
        account_id,
        event_name,
        occurred_at,
        {{ columns.keys() | join(',\n        ') }}
    from {{ ref('int_activity') }}
    {%- for name, event in crm_segmentation.extra_kpi_events().items() %}
    union all
    select
        account_id,
        event_name,
        occurred_at
        {%- for column, type in columns.items() %},
        cast({{ column if column in event.columns else 'null' }} as {{ type }})
            as {{ column }}
        {%- endfor %}
    from ({{ crm_segmentation.known_facts(ref(event.model)) }}) as {{ name }}
    where event_name = {{ crm_segmentation.text_literal(name) }}
    {%- endfor %}
),

visible_activity as (
    select
        *,
        {{ crm_segmentation.local_date('occurred_at') }} as occurred_on,
        {{ crm_segmentation.local_date('cancelled_at') }} as ended_on
    from activity
    where occurred_at < {{ crm_segmentation.instant_literal(as_of) }}
),

account_keys as (
    select * from {{ ref('int_account_keys') }}
    where source = 'crm' and record_type = 'account'
),

contracts as (
    {{ crm_segmentation.known_facts(ref('stg_crm__contracts')) }}
),

events_by_day as (
    select
        account_id,
        event_name,
        occurred_on,
        ended_on,
        {%- for dimension in dimensions %}
        {{ dimension }},
        {%- endfor %}
        -- only what was bought is told apart by product
        case when event_name = 'order_line' then product_id end as product_id,
        cast(null as date) as due_on,
        count(*) as event_count,
        count(net_amount) as amount_count,
        sum(quantity) as quantity,
        sum(net_amount) as net_amount,
        sum(profit_amount) as profit_amount
    from visible_activity
    group by
        account_id,
        event_name,
        occurred_on,
        ended_on,
        {%- for dimension in dimensions %}
        {{ dimension }},
        {%- endfor %}
        case when event_name = 'order_line' then product_id end
),

-- an order with two lines of a category is one order of that category
category_orders_by_day as (
    select
        account_id,
        'order_with_category' as event_name,
        occurred_on,
        ended_on,
        {%- for dimension in dimensions %}
        {{ 'category' if dimension == 'category'
            else 'cast(null as text) as ' ~ dimension }},
        {%- endfor %}
        cast(null as text) as product_id,
        cast(null as date) as due_on,
        count(distinct order_id) as event_count,
        0 as amount_count,
        cast(null as decimal(18, 3)) as quantity,
        cast(null as decimal(18, 2)) as net_amount,
        cast(null as decimal(18, 2)) as profit_amount
    from visible_activity
    where event_name = 'order_line' and category is not null
    group by
        account_id,
        occurred_on,
        ended_on,
        category
),

contracts_by_day as (
    select
        account_keys.account_id,
        'contract_renewal' as event_name,
        contracts.starts_on as occurred_on,
        contracts.ends_on as ended_on,
        {%- for dimension in dimensions %}
        cast(null as text) as {{ dimension }},
        {%- endfor %}
        cast(null as text) as product_id,
        contracts.renews_on as due_on,
        count(*) as event_count,
        0 as amount_count,
        cast(null as decimal(18, 3)) as quantity,
        cast(null as decimal(18, 2)) as net_amount,
        cast(null as decimal(18, 2)) as profit_amount
    from contracts
    inner join account_keys
        on contracts.crm_account_id = account_keys.record_key
    where
        contracts.renews_on is not null
        {%- if ended_statuses %}
        and coalesce(
            {{ crm_segmentation.fold('contracts.status') }}
            not in ({{ ended_statuses | join(', ') }}),
            true
        )
        {%- endif %}
        and contracts.starts_on
        < {{ crm_segmentation.date_literal(as_of) }}
    group by
        account_keys.account_id,
        contracts.starts_on,
        contracts.ends_on,
        contracts.renews_on
),

unioned as (
    select * from events_by_day
    union all
    select * from category_orders_by_day
    union all
    select * from contracts_by_day
),

final as (
    select
        cast(account_id as text) as account_id,
        cast(event_name as text) as event_name,
        cast(occurred_on as date) as occurred_on,
        cast(ended_on as date) as ended_on,
        {%- for dimension in dimensions %}
        cast({{ dimension }} as text) as {{ dimension }},
        {%- endfor %}
        cast(product_id as text) as product_id,
        cast(due_on as date) as due_on,
        cast(event_count as integer) as event_count,
        cast(amount_count as integer) as amount_count,
        cast(quantity as decimal(18, 3)) as quantity,
        cast(net_amount as decimal(18, 2)) as net_amount,
        cast(profit_amount as decimal(18, 2)) as profit_amount
    from unioned
)

select * from final
