select
    event_id,
    visitor_id,
    user_email,
    erp_customer_id,
    event_name,
    product_id,
    cart_id,
    url,
    occurred_at,
    loaded_at
from {{ ref('base_web__events') }}
where rejected_because is null
