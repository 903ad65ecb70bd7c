{%- set rules = crm_segmentation.identity_rules() -%}
{%- set forms = crm_segmentation.identity_forms() -%}
{%- set slots = crm_segmentation.identity_contradiction_slots() %}
with records as (
    select * from {{ ref('int_identity_records') }}
),

parties as (
    select * from {{ ref('int_identity_parties') }}
),

claims as (
    {%- for rule in rules %}
    select
        '{{ rule.name }}' as rule_name,
        {{ loop.index }} as rule_order,
        {{ rule.strength }} as strength,
        {{ rule.max_parties }} as max_parties,
        node,
        {{ crm_segmentation.joined_identity_forms(rule.match) }} as value,
        {%- for slot in range(slots) %}
        {%- if slot < rule.unless_differ | length %}
        {{ forms[rule.unless_differ[slot]] }} as contradiction_{{ slot }},
        {%- else %}
        cast(null as text) as contradiction_{{ slot }},
        {%- endif %}
        {%- endfor %}
        {{ 'true' if rule.through_contacts else 'false' }} as is_through_contacts
    from records
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

final as (
    select
        cast(claims.rule_name as text) as rule_name,
        cast(claims.rule_order as integer) as rule_order,
        cast(claims.strength as integer) as strength,
        cast(claims.max_parties as integer) as max_parties,
        cast(claims.value as text) as value,
        cast(claims.node as bigint) as node,
        cast(parties.party as bigint) as party,
        {%- for slot in range(slots) %}
        cast(claims.contradiction_{{ slot }} as text) as contradiction_{{ slot }},
        {%- endfor %}
        cast(case
            when parties.role = 'agent' and claims.is_through_contacts then 'own'
            else parties.role
        end as text) as role
    from claims
    inner join parties
        on claims.node = parties.node
    where claims.value is not null
)

select * from final
