{% call crm_segmentation.profile(base='accounts') %}
all:
  - kind: person
  - event: {name: order_line, where: {category: Bikes}}
  - event: {name: order_line, where: {category: Accessories}, within: 365d, count: 0}
{% endcall %}
