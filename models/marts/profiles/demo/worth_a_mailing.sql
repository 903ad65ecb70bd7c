{% call crm_segmentation.profile(label='Worth a mailing, and not contacted lately') %}
all:
  - is_worth_contacting: true
  - not: {member_of: contacted_last_60d}
{% endcall %}
