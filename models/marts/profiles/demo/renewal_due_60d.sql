{% call crm_segmentation.profile(label='Contract due for renewal within 60 days') %}
renewal_on: {in_next: 60d}
{% endcall %}
