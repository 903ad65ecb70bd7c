select
    answer_id,
    survey,
    crm_account_id,
    question,
    answer,
    answered_at,
    loaded_at
from {{ ref('base_crm__survey_answers') }}
where rejected_because is null
