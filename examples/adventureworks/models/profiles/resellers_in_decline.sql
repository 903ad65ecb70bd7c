{% call crm_segmentation.profile(base='accounts') %}
all:
  - kind: company
  - event:
      name: order
      ago: [365d, 730d]
      sum: {of: net_amount, gte: 10000}
  - revenue_change_percent_365d: {lte: -30}
{% endcall %}
