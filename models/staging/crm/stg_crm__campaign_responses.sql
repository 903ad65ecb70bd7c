select
    campaign_response_id,
    campaign_id,
    crm_account_id,
    response_type,
    responded_at,
    loaded_at
from {{ ref('base_crm__campaign_responses') }}
where rejected_because is null
