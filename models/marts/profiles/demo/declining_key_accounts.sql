{% call crm_segmentation.profile(label='Key accounts whose revenue fell by a third') %}
all:
  - kind: company
  - tier: [A, B]
  - revenue_change_percent_180d: {lte: -33.33}
{% endcall %}
