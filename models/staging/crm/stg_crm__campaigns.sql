select
    campaign_id,
    name,
    channel,
    purpose,
    starts_on,
    ends_on,
    cost_amount,
    currency_code,
    loaded_at
from {{ ref('base_crm__campaigns') }}
where rejected_because is null
