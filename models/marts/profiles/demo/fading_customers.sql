{% call crm_segmentation.profile(label='Worth 2,000 once, and more likely gone than not') %}
all:
  - probability_alive: {lt: 0.5}
  - revenue_all: {gte: 2000}
{% endcall %}
