{% call crm_segmentation.profile(base='accounts') %}
all:
  - average_line_quantity: {gte: 24}
  - revenue_365d: {gte: 2000}
{% endcall %}
