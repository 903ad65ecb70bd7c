{% call crm_segmentation.profile(base='accounts') %}
all:
  - loyalty_level: gold
  - revenue_all: {gte: 200}
  - event: {name: order, within: 30d}
{% endcall %}
