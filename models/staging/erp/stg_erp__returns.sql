select
    return_id,
    order_id,
    order_line_id,
    quantity,
    net_amount,
    returned_at,
    reason,
    loaded_at
from {{ ref('base_erp__returns') }}
where rejected_because is null
