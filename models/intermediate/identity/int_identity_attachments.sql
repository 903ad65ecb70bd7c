{%- set slots = crm_segmentation.identity_contradiction_slots() %}
with claims as (
    select * from {{ ref('int_identity_claims') }}
),

clusters as (
    select * from {{ ref('int_identity_clusters') }}
),

clustered_claims as (
    select
        claims.*,
        clusters.cluster_node
    from claims
    inner join clusters
        on claims.node = clusters.node
),

-- What a value points to: the customers who have it themselves, and only where
-- there is none, the companies whose contacts have it.
pointed_clusters as (
    select
        rule_name,
        value,
        role,
        cluster_node,
        {%- for slot in range(slots) %}
        min({{ crm_segmentation.by_bytes('contradiction_' ~ slot) }})
            as least_{{ slot }},
        max({{ crm_segmentation.by_bytes('contradiction_' ~ slot) }})
            as greatest_{{ slot }},
        {%- endfor %}
        min(node) as node
    from clustered_claims
    where role in ('own', 'agent')
    group by rule_name, value, role, cluster_node
),

ranked_clusters as (
    select
        *,
        count(*) over (
            partition by rule_name, value, role
        ) as cluster_count,
        rank() over (
            partition by rule_name, value
            order by case role when 'own' then 1 else 2 end
        ) as place
    from pointed_clusters
),

-- A value that two customers have points to neither.
targets as (
    select * from ranked_clusters
    where
        place = 1
        and cluster_count = 1
),

candidates as (
    select
        free_claims.rule_name,
        free_claims.strength,
        free_claims.rule_order,
        free_claims.cluster_node as free_cluster_node,
        free_claims.node as left_node,
        targets.node as right_node,
        targets.cluster_node as target_cluster_node
    from clustered_claims as free_claims
    inner join targets
        on
            free_claims.rule_name = targets.rule_name
            and free_claims.value = targets.value
    where
        {%- for slot in range(slots) %}
        {%- set mine = crm_segmentation.by_bytes('free_claims.contradiction_' ~ slot) %}
        coalesce(
            {{ mine }} = targets.least_{{ slot }}
            and {{ mine }} = targets.greatest_{{ slot }},
            true
        ) and
        {%- endfor %}
        free_claims.role = 'free'
),

-- The strongest rule that names exactly one customer decides.
decided_rules as (
    select
        free_cluster_node,
        rule_order,
        row_number() over (
            partition by free_cluster_node
            order by rule_order
        ) as place
    from candidates
    group by free_cluster_node, rule_order
    having count(distinct target_cluster_node) = 1
),

ranked_candidates as (
    select
        candidates.*,
        row_number() over (
            partition by candidates.free_cluster_node
            order by candidates.left_node, candidates.right_node
        ) as place
    from candidates
    inner join decided_rules
        on
            candidates.free_cluster_node = decided_rules.free_cluster_node
            and candidates.rule_order = decided_rules.rule_order
    where decided_rules.place = 1
),

final as (
    select
        cast(rule_name as text) as rule_name,
        cast(strength as integer) as strength,
        cast(rule_order as integer) as rule_order,
        cast(left_node as bigint) as left_node,
        cast(right_node as bigint) as right_node,
        cast(free_cluster_node as bigint) as free_cluster_node,
        cast(target_cluster_node as bigint) as target_cluster_node
    from ranked_candidates
    where place = 1
)

select * from final
