with records as (
    select * from {{ ref('int_identity_records') }}
),

homes as (
    select * from {{ ref('int_identity_homes') }}
),

-- Nodes are numbered in the order of founding, so the smallest is the founder.
founders as (
    select
        home_node,
        min(node) as founding_node
    from homes
    group by home_node
),

kinds as (
    select
        homes.home_node,
        max(case
            when
                records.record_type in ('account', 'customer')
                and records.party_type = 'company'
                then 1
            else 0
        end) as has_company,
        max(case
            when records.record_type in ('account', 'customer') then 1 else 0
        end) as has_customer,
        max(case
            when records.record_type in ('lead', 'contact') then 1 else 0
        end) as has_lead,
        max(case when records.record_type = 'guest' then 1 else 0 end)
            as has_guest
    from homes
    inner join records
        on homes.node = records.node
    group by homes.home_node
),

final as (
    select
        cast(records.source as text) as source,
        cast(records.record_type as text) as record_type,
        cast(records.record_key as text) as record_key,
        cast(md5(
            founding_records.source || ':' || founding_records.record_type
            || ':' || founding_records.founding_key
        ) as text) as account_id,
        cast(case
            when kinds.has_company = 1 then 'company'
            when kinds.has_customer = 1 then 'person'
            when kinds.has_lead = 1 then 'lead'
            when kinds.has_guest = 1 then 'guest'
            else 'visitor'
        end as text) as kind,
        cast(records.founding_key as text) as founding_key,
        cast(records.first_seen_at as timestamp) as first_seen_at,
        cast(records.node as bigint) as node,
        cast(founders.founding_node as bigint) as founding_node
    from homes
    inner join records
        on homes.node = records.node
    inner join founders
        on homes.home_node = founders.home_node
    inner join records as founding_records
        on founders.founding_node = founding_records.node
    inner join kinds
        on homes.home_node = kinds.home_node
)

select * from final
