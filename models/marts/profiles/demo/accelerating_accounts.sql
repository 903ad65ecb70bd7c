{% call crm_segmentation.profile(label='Pace half again above that of a year') %}
all:
  - revenue_90d: {gte: 500}
  - sql:
      expression: "revenue_90d * 4 >= revenue_365d * 1.5"
      reason: the pace of one KPI against another is arithmetic between two attributes
{% endcall %}
