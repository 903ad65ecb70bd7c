{% call crm_segmentation.profile(label='First order within 90 days') %}
days_since_first_order: {lte: 90}
{% endcall %}
