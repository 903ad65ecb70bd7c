{% snapshot account_segment_history %}
{{ config(
    unique_key='account_id',
    check_cols=['status', 'rfm_segment', 'cluster_id'],
    enabled=crm_segmentation.setting('record_history')
) }}

select
    account_id,
    status,
    rfm_segment,
    cluster_id,
    as_of_date
from {{ ref('account_segments') }}
{% endsnapshot %}
