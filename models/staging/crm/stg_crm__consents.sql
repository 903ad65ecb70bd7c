select
    consent_id,
    channel,
    contact_point,
    crm_account_id,
    purpose,
    status,
    occurred_at,
    expires_at,
    loaded_at
from {{ ref('base_crm__consents') }}
where rejected_because is null
