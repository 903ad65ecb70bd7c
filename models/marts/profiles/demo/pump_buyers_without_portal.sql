{% call crm_segmentation.profile(
    label='Buyers of pumps with no portal visit for 60 days'
) %}
all:
  - event:
      name: order_line
      where: [{category: Pumps}, {is_cancelled: false}]
      within: 1y
  - event: {name: portal_login, within: 60d, count: 0}
{% endcall %}
