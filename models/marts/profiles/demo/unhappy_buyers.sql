{% call crm_segmentation.profile(label='Buyers who would not recommend us') %}
all:
  - order_count_365d: {gte: 1}
  - any:
      - nps_score: {lte: 6}
      - csat_score: {lte: 2}
{% endcall %}
