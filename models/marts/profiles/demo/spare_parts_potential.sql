{% call crm_segmentation.profile(
    label='Own our machines, buy no spare parts from us'
) %}
all:
  - any:
      - revenue_pumps_all: {gte: 1000}
      - revenue_valves_all: {gte: 1000}
  - order_count_spare_parts_365d: 0
  - industry: {not_in: [water, energy], nulls: include}
{% endcall %}
