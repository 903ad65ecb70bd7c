{% call crm_segmentation.profile(label='Ordered within two weeks of a portal login') %}
sequence:
  steps: [portal_login, {name: order, where: {is_cancelled: false}}]
  gap: 14d
  within: 365d
{% endcall %}
