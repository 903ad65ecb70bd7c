{# Columns of int_activity_by_day, which are all that a KPI can see. #}
{% macro kpi_evidence_columns() %}
    {%- set columns = {
        'account_id': 'text',
        'event_name': 'text',
        'occurred_on': 'date',
        'ended_on': 'date',
    } -%}
    {%- for dimension in crm_segmentation.kpi_dimensions() -%}
        {%- do columns.update({dimension: 'text'}) -%}
    {%- endfor -%}
    {%- do columns.update({
        'product_id': 'text',
        'due_on': 'date',
        'event_count': 'integer',
        'amount_count': 'integer',
        'quantity': 'decimal(18, 3)',
        'net_amount': 'decimal(18, 2)',
        'profit_amount': 'decimal(18, 2)',
    }) -%}
    {{ return(columns) }}
{% endmacro %}
