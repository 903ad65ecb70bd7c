{#
    Every setting of the project, its default and its default in the demo
    company. One place: `vars:` of a package do not reach a macro called from the
    installing project's own model, so the defaults stand here and an installing
    project overrides them with global `vars:` of the same name.
#}
{% macro default_settings() %}
    {{ return({
        'as_of_date': none,
        'known_as_of': none,
        'time_zone': 'UTC',
        'week_start': 'monday',
        'reporting_currency': 'EUR',
        'max_rate_age_days': 100,
        'contract_statuses_without_renewal': [
            'cancelled', 'canceled', 'terminated', 'expired'
        ],
        'extra_events': {},
        'extra_relations': {},
        'account_lists': [],
        'consent_purposes': [],
        'absent_sources': [],
        'max_quarantined_share': 0.01,
        'extra_attributes': {},
        'extra_marketing_attributes': none,
        'rejected_value_share': 0.05,
        'modelling_sample_size': 50000,
        'modelling_sample_salt': none,
        'modelling_sample_base': 'customers',
        'modelling_sample_stratum': none,
        'modelling_sample_allocation': 'proportional',
        'modelling_sample_least_stratum': 100,
        'modelling_sample_least_group': 10,
        'modelling_sample_band_years': 10,
        'modelling_targets': [],
        'decision_trees': {},
        'objectives': {},
        'objective_priors': none,
        'refit': none,
        'refit_after_days': none,
        'refit_above_drift': none,
        'model_version_pins': {},
        'fit_minimum_accounts': 50,
        'rfm': {},
        'churn_horizon_months': 6,
        'churn_active_days': 365,
        'purchase_horizon_months': 3,
        'rfm_response': {},
        'clusterings': none,
        'purchase_outlook': {},
        'kpi_categories': [],
        'extra_kpis': [],
        'extra_kpi_flags': none,
        'identity_decisions': none,
        'extra_identity_references': [],
        'extra_identity_rules': [],
        'extra_identity_forms': {},
        'recorded_groups': [],
        'catalogued_profiles': [],
        'explained_profile': none,
        'explained_account': none,
        'recorded_attributes': none,
        'record_history': true,
        'wait_for_other_build': 0,
        'consumer_roles': [],
        'postgres_collation': none,
        'batch_profiles': false,
        'profile_batch_size': 100,
    }) }}
{% endmacro %}

{% macro demo_settings() %}
    {#- The demo company's data ends on 2025-12-31, so its clock stands there. -#}
    {{ return({
        'as_of_date': '2026-01-01',
        'time_zone': 'Europe/Berlin',
        'identity_decisions': 'identity_decisions',
        'consent_purposes': ['newsletter', 'offers'],
        'account_lists': ['trade_fair_visitors'],
        'kpi_categories': [
            'Pumps', 'Valves', 'Filters', 'Sensors', 'Spare parts',
            {'name': 'Wear parts', 'categories': ['Filters', 'Spare parts']}
        ],
        'extra_kpi_flags': 'kpi_flags_demo',
        'extra_attributes': crm_segmentation.demo_attributes(),
        'extra_marketing_attributes': 'marketing_attributes_demo',
        'catalogued_profiles': [
            'abandoned_checkouts', 'accelerating_accounts', 'anniversary_this_month',
            'congratulations', 'contactable_by_email', 'contacted_last_60d',
            'declining_key_accounts', 'dormant_customers', 'dresden_and_around',
            'fading_customers',
            'large_companies_without_pumps', 'leading_regulars',
            'maintenance_potential', 'multi_category_buyers', 'new_customers_90d',
            'newsletter_prospects', 'portal_buyers', 'pump_buyers_without_portal',
            'renewal_due_60d', 'reorder_due', 'slipping_customers',
            'spare_parts_potential',
            'trade_fair_follow_up', 'unhappy_buyers', 'vip_dach', 'win_back_mailing',
            'winback_high_value', 'worth_a_mailing'
        ],
        'rfm_response': {
            'contact_cost_amount': 9, 'response_margin_amount': 90
        },
        'modelling_targets': [
            {'name': 'vip_dach', 'group': 'vip_dach'},
            {'name': 'declining_key_accounts', 'group': 'declining_key_accounts'},
            {'name': 'winback_call_list', 'group': 'winback_call_list'},
            {'name': 'rfm_segment', 'attribute': 'rfm_segment'},
            {'name': 'cluster', 'attribute': 'cluster_value_label'},
            {'name': 'revenue_down', 'flag': 'revenue_down'},
            {'name': 'reactivation_response', 'campaign': 'CA04'},
        ],
        'decision_trees': crm_segmentation.demo_decision_trees(),
        'objectives': crm_segmentation.demo_objectives(),
        'objective_priors': 'objective_priors_demo',
        'recorded_groups': [
            'vip_dach', 'declining_key_accounts', 'dormant_customers',
            'winback_high_value', 'new_customers_90d', 'multi_category_buyers',
            'pump_buyers_without_portal', 'spare_parts_potential',
            'unhappy_buyers', 'renewal_due_60d', 'winback_call_list',
            'dormant_reactivation', 'premium_cross_sell', 'spare_parts_mailing'
        ],
    }) }}
{% endmacro %}

{#
    Value of a setting: the global var, else the demo company's, else the default.
    Errors: a name that is no setting, or a value of another kind than the default.
#}
{% macro setting(name) %}
    {%- set defaults = crm_segmentation.default_settings() -%}
    {%- if name not in defaults -%}
        {{ exceptions.raise_compiler_error(
            "Unknown setting in setting(): got '" ~ name ~ "'; allowed: "
            ~ defaults.keys() | sort | join(', ')
            ~ ". Add it to default_settings() in macros/project/setting.sql."
        ) }}
    {%- endif -%}
    {%- set default = defaults[name] -%}
    {%- if crm_segmentation.is_demo() -%}
        {%- set default = crm_segmentation.demo_settings().get(name, default) -%}
    {%- endif -%}
    {{ return(crm_segmentation.checked_setting(name, var(name, default), defaults[name])) }}
{% endmacro %}

{#
    `value`, if it is of the kind that the setting's default is: a list where that
    is a list, and so for mappings, numbers, and true or false. A text is a sequence
    too, of its letters: one name in place of a list of names would be read as such.
#}
{% macro checked_setting(name, value, default) %}
    {%- set wanted = none -%}
    {%- set is_list = value is iterable and value is not string
        and value is not mapping -%}
    {%- if default is boolean -%}
        {%- if value is not boolean
            and value | string | lower not in ['true', 'false'] -%}
            {%- set wanted = 'true or false' -%}
        {%- else -%}
            {#- the text 'false' would hold -#}
            {{ return(value | string | lower == 'true') }}
        {%- endif -%}
    {%- elif default is number -%}
        {%- if value is not number or value is boolean -%}
            {%- set wanted = 'a number, like ' ~ default -%}
        {%- endif -%}
    {%- elif default is mapping -%}
        {%- if value is not mapping and value is not none -%}
            {%- set wanted = 'a mapping' -%}
        {%- endif -%}
    {%- elif default is iterable and default is not string and not is_list -%}
        {%- set wanted = 'a list. Write vars: {' ~ name ~ ': [..]}' -%}
    {%- endif -%}
    {%- if wanted is not none -%}
        {{ exceptions.raise_compiler_error(
            "Wrong kind of value in var '" ~ name ~ "': got '" ~ value
            ~ "'; allowed: " ~ wanted ~ "."
        ) }}
    {%- endif -%}
    {{ return(value) }}
{% endmacro %}

{#
    Is the demo company on? It follows the profile name, so it is off in every
    installing project. The same expression stands in dbt_project.yml, which
    cannot call a macro.
#}
{% macro is_demo() %}
    {{ return(var('demo', target.profile_name == 'crm_segmentation') | as_bool) }}
{% endmacro %}
