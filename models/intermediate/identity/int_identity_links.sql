{%- set slots = crm_segmentation.identity_contradiction_slots() %}
with claims as (
    select * from {{ ref('int_identity_claims') }}
    where role in ('own', 'free')
),

-- Customers and passers-by are linked apart: a lead that looks like two
-- customers must not make them one.
shared_values as (
    select
        rule_name,
        value,
        role,
        min(node) as hub_node
    from claims
    group by rule_name, value, role
    having
        {%- for slot in range(slots) %}
        coalesce(
            min({{ crm_segmentation.by_bytes('contradiction_' ~ slot) }})
            = max({{ crm_segmentation.by_bytes('contradiction_' ~ slot) }}),
            true
        ) and
        {%- endfor %}
        count(distinct party) > 1
        -- one person leaves several leads, guest orders and logins
        and count(distinct party)
        <= case when role = 'free' then 5 else 1 end * min(max_parties)
),

-- One link from each party to the first record that has the value.
party_nodes as (
    select
        claims.rule_name,
        claims.strength,
        claims.rule_order,
        shared_values.hub_node,
        claims.party,
        min(claims.node) as node
    from claims
    inner join shared_values
        on
            claims.rule_name = shared_values.rule_name
            and claims.value = shared_values.value
            and claims.role = shared_values.role
    group by
        claims.rule_name,
        claims.strength,
        claims.rule_order,
        shared_values.hub_node,
        claims.value,
        claims.party
),

final as (
    select distinct
        cast(rule_name as text) as rule_name,
        cast(strength as integer) as strength,
        cast(rule_order as integer) as rule_order,
        cast(node as bigint) as left_node,
        cast(hub_node as bigint) as right_node
    from party_nodes
    where node <> hub_node
)

select * from final
