{% call crm_segmentation.target_group(label='Spare parts mailing, one half') %}
merge: [spare_parts_potential, pump_buyers_without_portal]
remove: [unhappy_buyers, contacted_last_60d, renewal_due_60d]
reduce: {to_percent: 50, random: spare-parts-2026}
{% endcall %}
