{% call crm_segmentation.profile(label='Contacted by a campaign in the last 60 days') %}
event: {name: campaign_contact, where: {detail: treatment}, within: 60d}
{% endcall %}
