{% snapshot group_membership_history %}
{{ config(
    unique_key=['account_id', 'group_name'],
    check_cols=['status'],
    enabled=crm_segmentation.setting('record_history')
) }}

select
    account_id,
    group_name,
    status,
    as_of_date
from {{ ref('group_memberships') }}
{% endsnapshot %}
