with records as (
    select * from {{ ref('int_identity_records') }}
),

cross_references as (
    select * from {{ ref('int_identity_references') }}
),

web_events as (
    select * from {{ ref('stg_web__events') }}
    where {{ crm_segmentation.identity_sees('occurred_at', 'loaded_at') }}
),

reference_components as (
    {{ crm_segmentation.connected_components('records', 'cross_references') }}
),

customers as (
    select
        records.record_key,
        records.node,
        reference_components.component
    from records
    inner join reference_components
        on records.node = reference_components.node
    where
        records.source = 'erp'
        and records.record_type = 'customer'
),

users as (
    select
        record_key,
        node
    from records
    where
        source = 'web'
        and record_type = 'user'
),

-- Who logs in for several customers (a consultant) belongs to none of them.
user_customers as (
    select
        users.node,
        min(customers.node) as login_node,
        min(customers.component) as component
    from web_events
    inner join users
        on {{ crm_segmentation.fold('web_events.user_email') }} = users.record_key
    inner join customers
        on web_events.erp_customer_id = customers.record_key
    group by users.node
    having min(customers.component) = max(customers.component)
),

-- A device belongs to the first who logs in on it. The last would move the
-- device, and with it what was seen before any login, from account to account.
visitor_logins as (
    select
        visitors.node,
        coalesce(users.node, customers.node) as login_node,
        coalesce(user_customers.component, users.node, customers.component)
            as component,
        row_number() over (
            partition by visitors.node
            order by
                web_events.occurred_at nulls last,
                {{ crm_segmentation.by_bytes('web_events.event_id') }} nulls last
        ) as place
    from web_events
    inner join records as visitors
        on
            web_events.visitor_id = visitors.record_key
            and visitors.source = 'web'
            and visitors.record_type = 'visitor'
    left join users
        on {{ crm_segmentation.fold('web_events.user_email') }} = users.record_key
    left join user_customers
        on users.node = user_customers.node
    left join customers
        on web_events.erp_customer_id = customers.record_key
    where coalesce(users.node, customers.node) is not null
),

logins as (
    select
        node,
        login_node,
        component
    from user_customers
    union all
    select
        node,
        login_node,
        component
    from visitor_logins
    where place = 1
),

members as (
    select
        records.node,
        records.record_type,
        records.party_type,
        logins.login_node,
        coalesce(logins.component, reference_components.component) as party
    from records
    inner join reference_components
        on records.node = reference_components.node
    left join logins
        on records.node = logins.node
),

parties as (
    select
        party,
        max(case
            when record_type in ('account', 'customer') then 1 else 0
        end) as is_anchored,
        max(case
            when
                record_type in ('account', 'customer')
                and party_type = 'company'
                then 1
            else 0
        end) as is_company
    from members
    group by party
),

final as (
    select
        cast(members.node as bigint) as node,
        cast(members.party as bigint) as party,
        cast(case
            when parties.is_anchored = 0 then 'free'
            when members.record_type in ('account', 'customer') then 'own'
            when parties.is_company = 1 then 'agent'
            else 'own'
        end as text) as role,
        cast(members.login_node as bigint) as login_node
    from members
    inner join parties
        on members.party = parties.party
)

select * from final
