{% call crm_segmentation.target_group(label='Win back by phone: 25 calls') %}
merge: [declining_key_accounts, winback_high_value, dormant_customers]
remove: [contacted_last_60d, unhappy_buyers]
reduce: {to: 25, keep: highest, of: revenue_all}
{% endcall %}
