{% call crm_segmentation.profile(
    label='Best buyers of their country who order quarter by quarter'
) %}
all:
  - revenue_365d: {top_percent: 20, over: country_code}
  - regular: {name: order, where: {is_cancelled: false}, period: 3m, periods: 4, min_periods: 3}
  - not:
      trend: {name: order, sum: {of: net_amount}, within: 180d, change_percent: {lte: -50}}
{% endcall %}
