{% call crm_segmentation.profile(label='Bought before, silent for half a year') %}
all:
  - order_count_all: {gte: 2}
  - days_since_last_order: {gt: 180}
{% endcall %}
