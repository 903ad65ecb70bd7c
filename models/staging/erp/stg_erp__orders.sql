select
    order_id,
    erp_customer_id,
    guest_email,
    ordered_at,
    status,
    cancelled_at,
    channel,
    currency_code,
    loaded_at
from {{ ref('base_erp__orders') }}
where rejected_because is null
