{% call crm_segmentation.profile(base='accounts') %}
all:
  - country_code: {neq: GB, nulls: exclude}
  - days_since_last_order: {gt: 90}
{% endcall %}
