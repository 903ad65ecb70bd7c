{#
    The clusterings of the demo company: one by how its customers buy and how large
    they are, one that groups them by type, industry and value at once. The weights of
    the first were chosen on twelve companies that the generator made from other seeds.
#}
{% macro demo_clusterings() %}
    {%- set outermost = [0.01, 0.99] -%}
    {{ return({
        'value': {
            'label': 'Value and behaviour',
            'k': 5,
            'base': {'order_count_all': {'gt': 0}, 'kind': ['company', 'person']},
            'features': [
                {
                    'feature': 'order_count_all', 'transform': 'log',
                    'winsorise': outermost, 'weight': 0.8,
                    'low_label': 'orders rarely', 'high_label': 'orders often',
                },
                {
                    'feature': 'average_order_value_all', 'transform': 'log',
                    'winsorise': outermost, 'missing': 'median', 'weight': 1.1,
                    'low_label': 'small orders', 'high_label': 'large orders',
                },
                {
                    'feature': 'web_session_count_all', 'transform': 'log',
                    'winsorise': outermost, 'missing': 0, 'weight': 0.8,
                    'low_label': 'seldom online', 'high_label': 'often online',
                },
                {
                    'feature': 'web_order_share_all', 'weight': 0.5,
                    'low_label': 'orders from people',
                    'high_label': 'orders on the web',
                },
                {
                    'feature': 'line_share_wear_parts_all', 'missing': 0.5,
                    'weight': 0.65,
                    'low_label': 'buys equipment', 'high_label': 'buys wear parts',
                },
                {
                    'feature': 'employee_count', 'transform': 'log',
                    'winsorise': outermost, 'missing': 'median', 'weight': 0.6,
                    'low_label': 'small companies', 'high_label': 'large companies',
                },
                {
                    'feature': 'has_running_contract', 'weight': 1.5,
                    'category_label': 'contract: {}',
                },
                {
                    'feature': 'kind', 'weight': 1,
                    'category_label': 'mostly {} accounts',
                },
            ],
        },
        'market': {
            'label': 'Type, industry and value',
            'k': [6, 10],
            'base': {'order_count_all': {'gt': 0}},
            'features': [
                {
                    'feature': 'kind', 'weight': 2,
                    'category_label': 'mostly {} accounts',
                },
                {
                    'feature': 'industry', 'weight': 2.5, 'missing': '(unknown)',
                    'category_label': 'mostly {} companies',
                },
                {
                    'feature': 'revenue_365d', 'transform': 'log',
                    'winsorise': outermost, 'missing': 0,
                    'low_label': 'low revenue', 'high_label': 'high revenue',
                },
                {
                    'feature': 'average_order_value_all', 'transform': 'log',
                    'winsorise': outermost, 'missing': 'median', 'weight': 0.5,
                    'low_label': 'small orders', 'high_label': 'large orders',
                },
            ],
        },
    }) }}
{% endmacro %}
