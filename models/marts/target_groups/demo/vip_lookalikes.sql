{#- Whom sales could win as the next key accounts. Country and tier define vip_dach, and
    with revenue its members would only be found again by their own definition. -#}
{% call crm_segmentation.lookalike(label='Most like the VIPs') %}
of: vip_dach
traits:
  - industry
  - employee_count
  - annual_revenue_amount
  - order_count_365d: 2
  - product_count_365d
  - average_order_value_all
  - preferred_category
  - visit_count_90d
to: 100
{% endcall %}
