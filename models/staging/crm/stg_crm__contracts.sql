select
    contract_id,
    crm_account_id,
    contract_type,
    starts_on,
    renews_on,
    ends_on,
    annual_amount,
    currency_code,
    status,
    loaded_at
from {{ ref('base_crm__contracts') }}
where rejected_because is null
