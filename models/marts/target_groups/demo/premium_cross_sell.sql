{% call crm_segmentation.target_group(label='VIPs who buy across the range') %}
intersect: [vip_dach, multi_category_buyers]
remove: [unhappy_buyers]
{% endcall %}
