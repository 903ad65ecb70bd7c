{#
    The clusterings of the demo company: one by how its customers buy, one that groups
    them by type, industry and value at once.
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
                    'winsorise': outermost,
                    'low_label': 'orders rarely', 'high_label': 'orders often',
                },
                {
                    'feature': 'average_order_value_all', 'transform': 'log',
                    'winsorise': outermost, 'missing': 'median',
                    'low_label': 'small orders', 'high_label': 'large orders',
                },
                {
                    'feature': 'visit_count_all', 'transform': 'log',
                    'winsorise': outermost, 'missing': 0, 'weight': 0.75,
                    'low_label': 'seldom online', 'high_label': 'often online',
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
