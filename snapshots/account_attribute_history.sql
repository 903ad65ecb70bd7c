{% snapshot account_attribute_history %}
{{ config(
    unique_key=['account_id', 'attribute'],
    check_cols=['status', 'value'],
    enabled=crm_segmentation.setting('record_history')
) }}

select
    account_id,
    attribute,
    status,
    value,
    as_of_date
from {{ ref('recorded_attribute_values') }}
{% endsnapshot %}
