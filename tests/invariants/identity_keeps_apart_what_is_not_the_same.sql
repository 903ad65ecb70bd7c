-- Records that somebody declared not the same never share an account; records
-- declared the same always do.
select
    decisions.is_same,
    left_keys.account_id,
    right_keys.account_id as other_account_id
from {{ ref('int_identity_decisions') }} as decisions
inner join {{ ref('int_account_keys') }} as left_keys
    on decisions.left_node = left_keys.node
inner join {{ ref('int_account_keys') }} as right_keys
    on decisions.right_node = right_keys.node
where
    case when left_keys.account_id = right_keys.account_id then 1 else 0 end
    <> decisions.is_same
