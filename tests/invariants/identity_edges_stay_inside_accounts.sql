-- An edge that holds joins two records of one account; a cut one never does.
select
    edges.rule_name,
    edges.left_node,
    edges.right_node,
    edges.is_cut
from {{ ref('int_identity_edges') }} as edges
inner join {{ ref('int_account_keys') }} as left_keys
    on edges.left_node = left_keys.node
inner join {{ ref('int_account_keys') }} as right_keys
    on edges.right_node = right_keys.node
where edges.is_cut = (left_keys.account_id = right_keys.account_id)
