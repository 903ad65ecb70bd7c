{# Columns of int_activity that an event may have beside its key columns. #}
{% macro activity_columns() %}
    {{ return({
        'order_id': 'text',
        'product_id': 'text',
        'category': 'text',
        'subcategory': 'text',
        'channel': 'text',
        'campaign_id': 'text',
        'cart_id': 'text',
        'topic': 'text',
        'detail': 'text',
        'quantity': 'decimal(18, 3)',
        'net_amount': 'decimal(18, 2)',
        'profit_amount': 'decimal(18, 2)',
        'score': 'decimal(5, 2)',
        'cancelled_at': 'timestamp',
    }) }}
{% endmacro %}
