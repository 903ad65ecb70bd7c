-- Rules pass over an id that no account has, so a typing error would go unseen.
select
    list_name,
    account_id
from {{ ref('account_list_entries') }}
where not is_known
