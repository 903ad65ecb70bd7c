{% call crm_segmentation.profile(label='Buy from three categories or more') %}
at_least:
  count: 3
  of:
    - revenue_pumps_365d: {gt: 0}
    - revenue_valves_365d: {gt: 0}
    - revenue_filters_365d: {gt: 0}
    - revenue_sensors_365d: {gt: 0}
    - revenue_spare_parts_365d: {gt: 0}
{% endcall %}
