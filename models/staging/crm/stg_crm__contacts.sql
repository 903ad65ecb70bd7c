select
    crm_contact_id,
    crm_account_id,
    first_name,
    last_name,
    email,
    phone,
    role,
    is_primary,
    birth_date,
    created_at,
    loaded_at
from {{ ref('base_crm__contacts') }}
where rejected_because is null
