{% call crm_segmentation.profile(label='Newsletter prospects who never bought') %}
all:
  - order_count_all: 0
  - any:
      - kind: lead
      - event: {name: newsletter_signup}
      - newsletter_frequency: [weekly, monthly]
  - newsletter_frequency: {neq: never, nulls: include}
{% endcall %}
