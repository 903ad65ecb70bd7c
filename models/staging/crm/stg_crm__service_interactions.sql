select
    interaction_id,
    crm_account_id,
    channel,
    topic,
    priority,
    status,
    opened_at,
    closed_at,
    loaded_at
from {{ ref('base_crm__service_interactions') }}
where rejected_because is null
