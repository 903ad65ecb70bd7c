{#
    The attributes that every installation has, apart from KPIs and those of the seed
    of marketing attributes and survey questions: a column each of `account_attributes`,
    but for those of type `values`, which are rows of `account_attribute_values`.

    A new attribute is one entry here and its column in `account_attributes`; the
    contract follows with `crm-segmentation contracts`. What is not given here
    takes the defaults of attribute_catalog().
#}
{% macro base_attributes() %}
    {%- set rfm = crm_segmentation.rfm_declaration() -%}
    {%- set bins = {} -%}
    {%- for dimension in rfm.dimensions -%}
        {%- do bins.update({dimension.dimension: dimension.bins}) -%}
    {%- endfor -%}
    {{ return({
        'kind': {
            'type': 'text', 'group': 'demographic', 'label': 'Kind of account',
            'nullable': false,
            'allowed': ['company', 'person', 'lead', 'guest', 'visitor'],
            'description': 'What the account is known as: company, person, lead '
                ~ 'without an account, guest buyer or web visitor.',
        },
        'birth_date': {
            'type': 'date', 'group': 'timing', 'label': 'Birthday',
            'protected': true,
            'description': 'Date of birth of a person.',
        },
        'gender': {
            'type': 'text', 'group': 'demographic', 'label': 'Gender',
            'protected': true,
            'description': 'Gender of a person, as the CRM holds it.',
        },
        'language': {
            'type': 'text', 'group': 'demographic', 'label': 'Language',
            'protected': true,
            'description': 'Language of correspondence, as the CRM holds it.',
        },
        'country_code': {
            'type': 'text', 'group': 'demographic', 'label': 'Country',
            'description': 'Country of the main address, ISO 3166-1 alpha-2.',
        },
        'region': {
            'type': 'text', 'group': 'demographic', 'label': 'Region',
            'description': 'Region of the main address.',
        },
        'city': {
            'type': 'text', 'group': 'demographic', 'label': 'City',
            'identifying': true,
            'description': 'City of the main address.',
        },
        'postal_code': {
            'type': 'text', 'group': 'demographic', 'label': 'Postal code',
            'identifying': true,
            'description': 'Postal code of the main address; 01067 needs quotes.',
        },
        'location': {
            'type': 'point', 'group': 'demographic', 'label': 'Location',
            'unit': 'degrees',
            'identifying': true,
            'description': 'Latitude and longitude of the main address.',
        },
        'industry': {
            'type': 'text', 'group': 'firmographic', 'label': 'Industry',
            'description': 'Industry of a company.',
        },
        'employee_count': {
            'type': 'number', 'sql_type': 'integer', 'group': 'firmographic',
            'label': 'Employees', 'unit': 'people',
            'description': 'Number of employees of a company.',
        },
        'annual_revenue_amount': {
            'type': 'number', 'group': 'firmographic', 'label': 'Annual revenue',
            'unit': 'currency of the CRM',
            'description': 'Revenue of a company in its last business year, as the '
                ~ 'CRM holds it; not what it buys here.',
        },
        'tier': {
            'type': 'text', 'group': 'firmographic', 'label': 'Tier',
            'description': 'Tier that sales gave the account.',
        },
        'customer_group': {
            'type': 'text', 'group': 'firmographic', 'label': 'Customer group',
            'description': 'Customer group of the ERP.',
        },
        'owner_name': {
            'type': 'text', 'group': 'firmographic', 'label': 'Owner',
            'identifying': true,
            'description': 'Who looks after the account in sales.',
        },
        'is_partner': {
            'type': 'boolean', 'group': 'firmographic', 'label': 'Partner',
            'description': 'Whether the account is a partner; NULL is unknown.',
        },
        'account_opened_on': {
            'type': 'date', 'group': 'timing', 'label': 'Customer since',
            'description': 'Local day on which the account was first seen in any '
                ~ 'source; its anniversary follows from it.',
        },
        'renewal_on': {
            'type': 'date', 'group': 'timing', 'label': 'Next renewal',
            'description': 'Day on which the next running contract renews, today or '
                ~ 'later; NULL without one.',
        },
        'has_running_contract': {
            'type': 'boolean', 'group': 'firmographic', 'label': 'Running contract',
            'nullable': false,
            'description': 'Whether a contract runs that will renew: begun, neither '
                ~ 'cancelled nor ended.',
        },
        'nps_score': {
            'type': 'number', 'sql_type': 'decimal(5, 2)', 'group': 'psychographic',
            'label': 'Recommendation score', 'unit': 'points, 0 to 10',
            'point_in_time': true,
            'description': 'Latest answer on how likely a recommendation is.',
        },
        'csat_score': {
            'type': 'number', 'sql_type': 'decimal(5, 2)', 'group': 'psychographic',
            'label': 'Satisfaction score', 'unit': 'points, 1 to 5',
            'point_in_time': true,
            'description': 'Latest answer on satisfaction.',
        },
        'kpi_flags': {
            'type': 'values', 'group': 'value', 'label': 'KPI flags',
            'point_in_time': true,
            'description': 'Flags of the seeds of KPI flags that the account raises.',
        },
        'rfm_segment': {
            'type': 'text', 'group': 'scores', 'label': 'RFM segment',
            'allowed': rfm.segment_names,
            'description': 'Segment of the RFM code; NULL for accounts that never '
                ~ 'ordered.',
        },
        'rfm_code': {
            'type': 'text', 'group': 'scores', 'label': 'RFM code',
            'description': 'Recency, frequency, monetary and further declared scores '
                ~ 'in one text; NULL for accounts that never ordered.',
        },
        'rfm_score': {
            'type': 'number', 'sql_type': 'decimal(5, 2)', 'group': 'scores',
            'label': 'RFM score', 'unit': 'points, 0 to 100',
            'description': 'The scores weighted as declared: 0 where all are lowest, '
                ~ '100 where all are highest.',
        },
        'recency_score': {
            'type': 'number', 'sql_type': 'integer', 'group': 'scores',
            'label': 'Recency score', 'unit': 'points, 1 to ' ~ bins.recency,
            'description': 'The highest is the most recent last order.',
        },
        'frequency_score': {
            'type': 'number', 'sql_type': 'integer', 'group': 'scores',
            'label': 'Frequency score', 'unit': 'points, 1 to ' ~ bins.frequency,
            'description': 'The highest is the highest number of orders.',
        },
        'monetary_score': {
            'type': 'number', 'sql_type': 'integer', 'group': 'scores',
            'label': 'Monetary score', 'unit': 'points, 1 to ' ~ bins.monetary,
            'description': 'The highest is the highest revenue.',
        },
        'expected_response_rate': {
            'type': 'number', 'sql_type': 'decimal(9, 6)', 'group': 'scores',
            'label': 'Expected response rate', 'unit': 'share, 0 to 1',
            'model': 'account_rfm_response',
            'description': 'How many of the accounts with this RFM code respond to a '
                ~ 'campaign, from past ones; NULL for accounts that never ordered.',
        },
        'is_worth_contacting': {
            'type': 'boolean', 'group': 'scores', 'label': 'Worth contacting',
            'model': 'account_rfm_response',
            'description': 'Whether the expected response rate reaches break-even; '
                ~ 'NULL without a score, or without cost and margin '
                ~ '(setting rfm_response).',
        },
        'usual_order_interval_days': {
            'type': 'number', 'sql_type': 'decimal(9, 1)', 'group': 'behaviour',
            'label': 'Usual order interval', 'unit': 'days',
            'model': 'account_purchase_outlook', 'column': 'usual_interval_days',
            'point_in_time': true,
            'description': 'Median of the days between days with an order; NULL with '
                ~ 'fewer intervals than the setting purchase_outlook asks for.',
        },
        'next_expected_order_on': {
            'type': 'date', 'group': 'timing', 'label': 'Next expected order',
            'model': 'account_purchase_outlook', 'column': 'next_expected_on',
            'point_in_time': true,
            'description': 'Last order and usual interval added up; may lie in the '
                ~ 'past.',
        },
        'order_overdue_days': {
            'type': 'number', 'sql_type': 'integer', 'group': 'behaviour',
            'label': 'Order overdue', 'unit': 'days',
            'model': 'account_purchase_outlook', 'column': 'overdue_days',
            'point_in_time': true,
            'description': 'Days since the next expected order, below 0 while it is '
                ~ 'still to come.',
        },
        'next_likely_category': {
            'type': 'text', 'group': 'behaviour', 'label': 'Next likely category',
            'model': 'account_purchase_outlook', 'point_in_time': true,
            'description': 'Category that the next order will most likely hold.',
        },
        'complementary_category': {
            'type': 'text', 'group': 'behaviour', 'label': 'Complementary category',
            'model': 'account_purchase_outlook', 'point_in_time': true,
            'description': 'Category not bought yet that goes best with one that was, '
                ~ 'by lift.',
        },
        'probability_alive': {
            'type': 'number', 'sql_type': 'decimal(9, 6)', 'group': 'scores',
            'model': 'account_lifetime_values',
            'label': 'Probability of being a customer still',
            'unit': 'probability, 0 to 1',
            'description': 'How sure it is that the account still orders now and '
                ~ 'then, by BG/NBD; NULL for accounts that never ordered.',
        },
        'expected_orders_365d': {
            'type': 'number', 'sql_type': 'decimal(18, 6)', 'group': 'scores',
            'model': 'account_lifetime_values',
            'label': 'Expected orders, next 365 days', 'unit': 'days with an order',
            'description': 'Days with an order to expect in the 365 days from as_of '
                ~ 'on, by BG/NBD; NULL for accounts that never ordered.',
        },
        'expected_revenue_365d': {
            'type': 'number', 'group': 'scores',
            'model': 'account_lifetime_values',
            'label': 'Expected revenue, next 365 days',
            'unit': crm_segmentation.setting('reporting_currency'),
            'description': 'Revenue to expect in the 365 days from as_of on, by BG/NBD '
                ~ 'and Gamma-Gamma; NULL for accounts that never ordered.',
        },
        'churn_probability': {
            'type': 'number', 'sql_type': 'decimal(9, 6)', 'group': 'scores',
            'model': 'account_propensities',
            'label': 'Churn probability', 'unit': 'probability, 0 to 1',
            'description': 'Probability of no order in the months of the setting '
                ~ 'churn_horizon_months; NULL for accounts without an order in the '
                ~ 'days of the setting churn_active_days.',
        },
        'purchase_probability': {
            'type': 'number', 'sql_type': 'decimal(9, 6)', 'group': 'scores',
            'model': 'account_propensities',
            'label': 'Purchase probability', 'unit': 'probability, 0 to 1',
            'description': 'Probability of an order in the months of the setting '
                ~ 'purchase_horizon_months; NULL for accounts that never ordered.',
        },
    }) }}
{% endmacro %}

{# What the demo company declares beside them, as an installing project does. #}
{% macro demo_attributes() %}
    {{ return({
        'interests': {
            'type': 'values', 'group': 'marketing', 'label': 'Interests',
            'description': 'Topics that the account wants to hear about.',
            'allowed': [
                'pumps', 'valves', 'filters', 'sensors', 'training', 'service'
            ],
        },
    }) }}
{% endmacro %}
