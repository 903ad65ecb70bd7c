select
    product_id,
    name,
    category,
    subcategory,
    unit_price,
    currency_code,
    loaded_at
from {{ ref('base_erp__products') }}
where rejected_because is null
