select
    feedback_id,
    crm_account_id,
    kind,
    score,
    given_at,
    loaded_at
from {{ ref('base_crm__feedback_scores') }}
where rejected_because is null
