{% call crm_segmentation.profile(base='accounts') %}
all:
  - yearly_income: [75001-100000, greater than 100000]
  - any:
      - cars_owned: 0
      - is_home_owner: {eq: false, nulls: exclude}
{% endcall %}
