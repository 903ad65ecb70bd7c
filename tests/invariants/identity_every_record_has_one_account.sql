-- Records, keys and accounts cover each other: no record without an account, no
-- account without a record, no account_id of two founders.
with account_keys as (
    select * from {{ ref('int_account_keys') }}
)

select
    'record without a key' as problem,
    records.record_key as subject
from {{ ref('int_identity_records') }} as records
left join account_keys
    on
        records.source = account_keys.source
        and records.record_type = account_keys.record_type
        and records.record_key = account_keys.record_key
where account_keys.account_id is null
union all
select
    'key without an account' as problem,
    account_keys.record_key as subject
from account_keys
left join {{ ref('int_accounts') }} as accounts
    on account_keys.account_id = accounts.account_id
where accounts.account_id is null
union all
select
    'account without a key' as problem,
    accounts.account_id as subject
from {{ ref('int_accounts') }} as accounts
left join account_keys
    on accounts.account_id = account_keys.account_id
where account_keys.account_id is null
union all
select
    'account of two founders' as problem,
    account_id as subject
from account_keys
group by account_id
having count(distinct founding_node) > 1
