{% call crm_segmentation.profile(label='VIP customers in DACH') %}
all:
  - kind: [company, person]
  - country_code: [DE, AT, CH]
  - revenue_365d: {gte: 10000}
{% endcall %}
