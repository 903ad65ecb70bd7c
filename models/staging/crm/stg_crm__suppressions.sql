select
    suppression_id,
    channel,
    contact_point,
    reason,
    occurred_at,
    loaded_at
from {{ ref('base_crm__suppressions') }}
where rejected_because is null
