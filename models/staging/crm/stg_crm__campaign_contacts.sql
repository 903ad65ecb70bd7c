select
    campaign_contact_id,
    campaign_id,
    crm_account_id,
    arm,
    contacted_at,
    loaded_at
from {{ ref('base_crm__campaign_contacts') }}
where rejected_because is null
