{#
    The contracts of the models whose columns follow from declarations, as a list
    of models in the shape of dbt's YAML. `crm-segmentation contracts` writes each
    beside the model of that name, in whichever project holds it.
#}
{% macro generated_contracts() %}
    {%- set key = [
        {
            'name': 'account_id', 'data_type': 'text', 'description': 'Account.',
            'data_tests': ['not_null', 'unique'],
        },
        {
            'name': 'as_of_date', 'data_type': 'date',
            'description': 'Day at whose start the row holds.',
            'data_tests': ['not_null'],
        },
    ] -%}
    {%- set changed_at = {
        'name': 'changed_at', 'data_type': 'date',
        'description': 'As-of day at which a KPI or flag of the account last '
            ~ 'differed for another reason than time passing.',
    } -%}
    {%- set facts_hash = {
        'name': 'facts_hash', 'data_type': 'text',
        'description': 'Fingerprint of the facts and declarations that the row follows '
            ~ 'from. Where it would be another one, the row is computed anew.',
    } -%}
    {%- set own = crm_segmentation.kpi_contract_columns('own') -%}
    {%- set monthly_key = [
        {
            'name': 'account_id', 'data_type': 'text', 'description': 'Account.',
            'data_tests': ['not_null'],
        },
        key[1]
    ] -%}
    {{ return([
        {
            'name': 'account_kpis',
            'description': 'One row per account: every KPI at as_of_date, over facts '
                ~ 'before it. Days are local days of the project, amounts are in '
                ~ 'the reporting currency.',
            'columns': key + own + [changed_at],
        },
        {
            'name': 'account_kpis_monthly',
            'description': 'One row per account and month end: the KPIs as they are '
                ~ 'computed today for the last 24 month ends, late facts included.',
            'data_tests': [{'unique_combination': {
                'arguments': {'columns': ['account_id', 'as_of_date']}
            }}],
            'columns': monthly_key + own + [facts_hash],
        },
        {
            'name': 'account_category_kpis',
            'description': 'One row per account: orders and revenue by category of '
                ~ 'the demo company, at as_of_date.',
            'columns': key + crm_segmentation.kpi_contract_columns('category'),
        },
        {
            'name': 'account_extra_kpis',
            'description': 'One row per account: the KPIs that this installation '
                ~ 'declares beside those of account_kpis, at as_of_date.',
            'columns': key + crm_segmentation.kpi_contract_columns('extra'),
        },
        {
            'name': 'account_attributes',
            'description': 'One row per account at as_of_date: everything that a '
                ~ 'rule may ask about it. The model attribute_catalog says what '
                ~ 'each column means; attributes with many values stand in '
                ~ 'account_attribute_values.',
            'columns': key + crm_segmentation.attribute_contract_columns(),
        },
        {
            'name': 'account_cluster_attributes',
            'description': 'One row per account at as_of_date: its cluster of each '
                ~ 'declared clustering but value, whose columns stand in '
                ~ 'account_attributes.',
            'columns': key + crm_segmentation.attribute_contract_columns(
                'account_cluster_attributes'
            ),
        },
        {
            'name': 'account_fit_attributes',
            'description': 'One row per account at as_of_date: the segment of ideal '
                ~ 'customers to which it is closest, and how far it is, for each '
                ~ 'declared objective.',
            'columns': key
                + crm_segmentation.attribute_contract_columns('account_fit_attributes'),
        },
    ]) }}
{% endmacro %}

{% macro kpi_contract_columns(scope) %}
    {%- set columns = [] -%}
    {%- for column in crm_segmentation.kpi_columns(scope) -%}
        {%- do columns.append({
            'name': column.column,
            'data_type': column.sql_type,
            'description': column.description,
        }) -%}
    {%- endfor -%}
    {{ return(columns) }}
{% endmacro %}

{# Columns of `account_attributes` or another model: those that it holds by the catalogue. #}
{% macro attribute_contract_columns(model='account_attributes') %}
    {%- set columns = [] -%}
    {%- for name, attribute in crm_segmentation.attribute_catalog().items()
        if attribute.model == model -%}
        {%- set unit = ' Unit: ' ~ attribute.unit ~ '.' -%}
        {%- set text = attribute.description
            ~ (unit if attribute.unit and 'Unit:' not in attribute.description) -%}
        {%- set parts = ['_lat', '_lon'] if attribute.type == 'point' else [''] -%}
        {%- for part in parts -%}
            {%- set column = {
                'name': attribute.column ~ part,
                'data_type': attribute.sql_type,
                'description': text,
                'config': {'meta': {
                    'label': attribute.label,
                    'group': attribute.group,
                    'type': attribute.type,
                    'point_in_time': attribute.point_in_time,
                }},
            } -%}
            {%- if not attribute.nullable -%}
                {%- do column.update({'data_tests': ['not_null']}) -%}
            {%- endif -%}
            {%- do columns.append(column) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(columns) }}
{% endmacro %}

{# For `dbt run-operation`: the contracts as one line of JSON. #}
{% macro print_generated_contracts() %}
    {% do print('generated_contracts: '
        ~ tojson(crm_segmentation.generated_contracts())) %}
{% endmacro %}
