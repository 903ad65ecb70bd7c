select
    account_id,
    cast(case when record_key = 'C1' then 'gold' else 'none' end as text)
        as loyalty_level
from {{ ref('int_account_keys') }}
where record_type in ('customer', 'guest')
