{% call crm_segmentation.profile(label='Win back: valuable once, at risk now') %}
all:
  - any:
      - rfm_segment: [At risk, Cannot lose them]
      - all:
          - monetary_score: {gte: 4}
          - recency_score: {lte: 2}
  - not: {member_of: unhappy_buyers}
{% endcall %}
