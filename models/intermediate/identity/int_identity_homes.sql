{%- set rounds = 16 %}
with clusters as (
    select * from {{ ref('int_identity_clusters') }}
),

attachments as (
    select * from {{ ref('int_identity_attachments') }}
),

decisions as (
    select * from {{ ref('int_identity_decisions') }}
),

edge_candidates as (
    select * from {{ ref('int_identity_edge_candidates') }}
),

joined as (
    select
        clusters.node,
        coalesce(
            attachments.target_cluster_node, clusters.cluster_node
        ) as home_node
    from clusters
    left join attachments
        on clusters.cluster_node = attachments.free_cluster_node
),

-- From here on only components that hold two records declared not the same.
broken_homes as (
    select distinct left_joined.home_node
    from decisions
    inner join joined as left_joined
        on decisions.left_node = left_joined.node
    inner join joined as right_joined
        on decisions.right_node = right_joined.node
    where
        decisions.is_same = 0
        and left_joined.home_node = right_joined.home_node
),

broken_nodes as (
    select joined.node
    from joined
    inner join broken_homes
        on joined.home_node = broken_homes.home_node
),

broken_edges as (
    select
        edge_candidates.left_node,
        edge_candidates.right_node,
        edge_candidates.strength
    from edge_candidates
    inner join broken_nodes
        on edge_candidates.left_node = broken_nodes.node
),

-- What was declared the same is never parted, so it counts as one from here on.
same_edges as (
    select
        left_node,
        right_node
    from broken_edges
    where strength = 0
),

same_groups as (
    {{ crm_segmentation.connected_components('broken_nodes', 'same_edges', 10) }}
),

group_edges as (
    select
        left_groups.component as from_group,
        right_groups.component as to_group,
        broken_edges.strength
    from broken_edges
    inner join same_groups as left_groups
        on broken_edges.left_node = left_groups.node
    inner join same_groups as right_groups
        on broken_edges.right_node = right_groups.node
    where left_groups.component <> right_groups.component
),

both_ways as (
    select
        from_group,
        to_group,
        strength
    from group_edges
    union all
    select
        to_group as from_group,
        from_group as to_group,
        strength
    from group_edges
),

-- A path is as long as its rules are weak: one link of a strength is longer than
-- any chain of stronger ones.
steps as (
    select
        from_group,
        to_group,
        min(case strength
            when 1 then 1
            when 2 then 1000
            when 3 then 1000000
            else 1000000000
        end) as length
    from both_ways
    group by from_group, to_group
),

opponents as (
    select distinct
        left_groups.component as left_group,
        right_groups.component as right_group
    from decisions
    inner join same_groups as left_groups
        on decisions.left_node = left_groups.node
    inner join same_groups as right_groups
        on decisions.right_node = right_groups.node
    inner join joined as left_joined
        on decisions.left_node = left_joined.node
    inner join joined as right_joined
        on decisions.right_node = right_joined.node
    where
        decisions.is_same = 0
        and left_joined.home_node = right_joined.home_node
),

ends as (
    select left_group as end_group from opponents
    union
    select right_group as end_group from opponents
),

-- Every record follows the end to which the shortest path leads; of two equal
-- paths, the older end's.
reached_0 as (
    select
        end_group as at_group,
        end_group,
        cast(0 as bigint) as length
    from ends
),
{% for round in range(1, rounds + 1) %}

offers_{{ round }} as (
    select
        at_group,
        end_group,
        length
    from reached_{{ round - 1 }}
    union all
    select
        steps.to_group as at_group,
        reached.end_group,
        reached.length + steps.length as length
    from reached_{{ round - 1 }} as reached
    inner join steps
        on reached.at_group = steps.from_group
),

reached_{{ round }} as (
    select
        at_group,
        end_group,
        length
    from (
        select
            *,
            row_number() over (
                partition by at_group
                order by length, end_group
            ) as place
        from offers_{{ round }}
    ) as ranked_offers
    where place = 1
),
{% endfor %}

still_moving as (
    select count(*) as group_count
    from reached_{{ rounds }} as reached
    left join reached_{{ rounds - 1 }} as before
        on
            reached.at_group = before.at_group
            and reached.end_group = before.end_group
            and reached.length = before.length
    where before.at_group is null
),

-- Ends that oppose each other stay apart; others that touch belong together,
-- unless that would join opponents.
touching_ends as (
    select distinct
        from_reached.end_group as left_node,
        to_reached.end_group as right_node
    from steps
    inner join reached_{{ rounds }} as from_reached
        on steps.from_group = from_reached.at_group
    inner join reached_{{ rounds }} as to_reached
        on steps.to_group = to_reached.at_group
    where from_reached.end_group < to_reached.end_group
),

friendly_ends as (
    select
        touching_ends.left_node,
        touching_ends.right_node
    from touching_ends
    left join opponents
        on
            (
                touching_ends.left_node = opponents.left_group
                and touching_ends.right_node = opponents.right_group
            )
            or (
                touching_ends.left_node = opponents.right_group
                and touching_ends.right_node = opponents.left_group
            )
    where opponents.left_group is null
),

end_nodes as (
    select end_group as node from ends
),

friends as (
    {{ crm_segmentation.connected_components('end_nodes', 'friendly_ends', 10) }}
),

hostile_friends as (
    select distinct left_friends.component
    from opponents
    inner join friends as left_friends
        on opponents.left_group = left_friends.node
    inner join friends as right_friends
        on opponents.right_group = right_friends.node
    where left_friends.component = right_friends.component
),

split_nodes as (
    select
        same_groups.node,
        case
            when hostile_friends.component is null then friends.component
            else reached.end_group
        end as home_node
    from same_groups
    inner join reached_{{ rounds }} as reached
        on same_groups.component = reached.at_group
    inner join friends
        on reached.end_group = friends.node
    left join hostile_friends
        on friends.component = hostile_friends.component
),

contradictions as (
    select count(*) as decision_count
    from opponents
    where left_group = right_group
),

final as (
    select
        cast(joined.node as bigint) as node,
        {{ crm_segmentation.fail_if(
            'contradictions.decision_count > 0',
            'Contradicting decisions in the identity decisions: the same records are'
            ~ ' declared same (maybe over others) and not same. Take one back.'
            ~ ' Contradictions: ',
            'contradictions.decision_count',
            crm_segmentation.fail_if(
                'still_moving.group_count > 0',
                'Too few rounds in int_identity_homes: got ' ~ rounds
                ~ '; allowed: enough to walk through every component that a decision'
                ~ ' parts. Raise `rounds` there. Records on the way: ',
                'still_moving.group_count',
                'cast(coalesce(split_nodes.home_node, joined.home_node) as bigint)',
                'bigint'
            ),
            'bigint'
        ) }} as home_node
    from joined
    left join split_nodes
        on joined.node = split_nodes.node
    cross join contradictions
    cross join still_moving
)

select * from final
