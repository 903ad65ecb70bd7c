select
    order_line_id,
    order_id,
    product_id,
    quantity,
    net_amount,
    cost_amount,
    loaded_at
from {{ ref('base_erp__order_lines') }}
where rejected_because is null
