{% call crm_segmentation.profile(label='Began a checkout and never ordered') %}
all:
  - abandoned: {name: checkout, without: order, for: 7d, within: 180d}
  - last_event: {name: visit, within: 180d, if_empty: true}
{% endcall %}
