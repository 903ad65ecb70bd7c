{% call crm_segmentation.target_group(label='Reactivate who fell silent last') %}
difference: [dormant_customers, winback_high_value, unhappy_buyers]
remove: [contacted_last_60d]
reduce: {to_percent: 40, keep: lowest, of: days_since_last_order}
{% endcall %}
