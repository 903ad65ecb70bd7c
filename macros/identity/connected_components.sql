{#
    SQL: which nodes hang together: a select of (node, component), where
    `component` is the smallest node of the component.

    | argument | meaning                                                      |
    |----------|--------------------------------------------------------------|
    | nodes    | relation or CTE with `node bigint`, unique                    |
    | edges    | relation or CTE with `left_node`, `right_node`, both in nodes |
    | rounds   | the most rounds it may take                                   |

    | nodes | edges    | result                  |
    |-------|----------|-------------------------|
    | 1 2 3 | (3, 2)   | (1, 1), (2, 2), (3, 2)  |

    Each round hooks the root of every component to the smallest root across its
    border, jumps pointers twice, and goes on with the graph of roots alone.
    Hooking along numbers in a row would move a chain by a few steps a round, so
    the roots compete by a scrambled rank: then a third of them or less are left
    after each round, whatever the numbering (a chain of 1,000,000 takes 13).
    A border that is still open after the last round is an error in the query,
    never a wrong component.
#}
{% macro connected_components(nodes, edges, rounds=20) %}
with ranked_nodes as (
    select
        node,
        row_number() over (
            order by
                {{ crm_segmentation.by_bytes('md5(cast(node as text))') }}
                nulls last,
                node nulls last
        ) as place
    from {{ nodes }}
),

active_0 as (
    select distinct
        least(left_ranked.place, right_ranked.place) as low,
        greatest(left_ranked.place, right_ranked.place) as high
    from {{ edges }} as given_edges
    inner join ranked_nodes as left_ranked
        on given_edges.left_node = left_ranked.node
    inner join ranked_nodes as right_ranked
        on given_edges.right_node = right_ranked.node
    where given_edges.left_node <> given_edges.right_node
),

labels_0 as (
    select
        node,
        place as label
    from ranked_nodes
),
{% for round in range(1, rounds + 1) %}

hooks_{{ round }} as (
    select
        high as root,
        min(low) as target
    from active_{{ round - 1 }}
    group by high
),

jumps_{{ round }} as (
    select
        hooks.root,
        coalesce(further.target, hooks.target) as target
    from hooks_{{ round }} as hooks
    left join hooks_{{ round }} as further
        on hooks.target = further.root
),

roots_{{ round }} as (
    select
        jumps.root,
        coalesce(further.target, jumps.target) as target
    from jumps_{{ round }} as jumps
    left join jumps_{{ round }} as further
        on jumps.target = further.root
),

moved_{{ round }} as (
    select
        coalesce(low_root.target, active.low) as left_root,
        coalesce(high_root.target, active.high) as right_root
    from active_{{ round - 1 }} as active
    left join roots_{{ round }} as low_root
        on active.low = low_root.root
    left join roots_{{ round }} as high_root
        on active.high = high_root.root
),

active_{{ round }} as (
    select distinct
        least(left_root, right_root) as low,
        greatest(left_root, right_root) as high
    from moved_{{ round }}
    where left_root <> right_root
),

labels_{{ round }} as (
    select
        labels.node,
        coalesce(roots.target, labels.label) as label
    from labels_{{ round - 1 }} as labels
    left join roots_{{ round }} as roots
        on labels.label = roots.root
),
{% endfor %}

still_open as (
    select count(*) as edge_count
    from active_{{ rounds }}
),

smallest_nodes as (
    select
        label,
        min(node) as component
    from labels_{{ rounds }}
    group by label
)

select
    labels.node,
    {{ crm_segmentation.fail_if(
        'still_open.edge_count > 0',
        'Too few rounds in connected_components(): got ' ~ rounds
        ~ '; allowed: enough to close every border. Raise its argument `rounds`.'
        ~ ' Open borders: ',
        'still_open.edge_count',
        'smallest_nodes.component',
        'bigint'
    ) }} as component
from labels_{{ rounds }} as labels
inner join smallest_nodes
    on labels.label = smallest_nodes.label
cross join still_open
{% endmacro %}
