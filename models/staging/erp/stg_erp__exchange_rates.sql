select
    from_currency,
    to_currency,
    rate_date,
    rate,
    loaded_at
from {{ ref('base_erp__exchange_rates') }}
where rejected_because is null
