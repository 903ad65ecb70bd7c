select
    crm_lead_id,
    first_name,
    last_name,
    company_name,
    email,
    phone,
    country_code,
    status,
    lead_source,
    converted_crm_account_id,
    created_at,
    loaded_at
from {{ ref('base_crm__leads') }}
where rejected_because is null
