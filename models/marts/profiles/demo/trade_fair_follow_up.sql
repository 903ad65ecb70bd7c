{% call crm_segmentation.profile(label='Met at the trade fair, may get offers') %}
all:
  - listed_in: trade_fair_visitors
  - any:
      - contactable: {channel: email, purpose: offers}
      - contactable: {channel: phone, purpose: offers}
{% endcall %}
