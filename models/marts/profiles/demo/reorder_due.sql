{% call crm_segmentation.profile(
    label='Next order expected this week, or overdue by a month at most'
) %}
order_overdue_days: {between: [-7, 30]}
{% endcall %}
