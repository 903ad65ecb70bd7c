select
    erp_customer_id,
    name,
    email,
    phone,
    street,
    postal_code,
    city,
    country_code,
    tax_id,
    customer_group,
    credit_limit_amount,
    currency_code,
    crm_account_id,
    created_at,
    loaded_at
from {{ ref('base_erp__customers') }}
where rejected_because is null
