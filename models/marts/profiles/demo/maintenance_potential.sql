{% call crm_segmentation.profile(
    label='Buyers we can write to, without a maintenance contract'
) %}
all:
  - kind: company
  - order_count_365d: {gte: 1}
  - related: {name: contacts, some: [{role: [maintenance, purchasing]}, {has_email: true}]}
  - related: {name: contracts, none: [{contract_type: maintenance}, {is_running: true}]}
{% endcall %}
