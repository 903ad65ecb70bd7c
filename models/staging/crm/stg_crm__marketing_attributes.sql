select
    crm_account_id,
    attribute,
    value,
    updated_at,
    loaded_at
from {{ ref('base_crm__marketing_attributes') }}
where rejected_because is null
