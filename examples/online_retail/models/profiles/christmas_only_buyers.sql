{% call crm_segmentation.profile(base='accounts') %}
all:
  - kind: {neq: guest}
  - event: {name: order, between: [2011-10-01, 2011-12-09]}
  - event: {name: order, between: [2011-01-01, 2011-09-30], count: 0}
{% endcall %}
