{% call crm_segmentation.profile(label='May get the newsletter by e-mail') %}
contactable: {channel: email, purpose: newsletter}
{% endcall %}
