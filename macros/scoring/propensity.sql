{#
    The propensities: what is predicted, of whom, and how far ahead.

    | key         | meaning                                                   |
    |-------------|-----------------------------------------------------------|
    | outcome     | order: at least one in the horizon; no_order: none        |
    | months      | the horizon, in months after the as_of day                |
    | active_days | of customers with an order in so many days before; none:  |
    |             | of all customers                                          |

    A customer without a contract does not say that he leaves. He counts as churned
    where he was active and then orders nothing for the whole horizon.

    Errors: a horizon that is no whole number from 1 to 11, since the older window
    and the newer one have to lie in the 24 month ends that are kept.
#}
{% macro propensity_models() %}
    {%- for name in [
        'churn_horizon_months', 'purchase_horizon_months', 'churn_active_days'
    ] -%}
        {%- set value = crm_segmentation.setting(name) -%}
        {%- set most = 3650 if name == 'churn_active_days' else 11 -%}
        {%- if value is not integer or value is boolean or not 1 <= value <= most -%}
            {{ exceptions.raise_compiler_error(
                "Bad value of var '" ~ name ~ "': got '" ~ value
                ~ "'; allowed: a whole number from 1 to " ~ most ~ "."
            ) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return({
        'churn': {
            'outcome': 'no_order',
            'months': crm_segmentation.setting('churn_horizon_months'),
            'active_days': crm_segmentation.setting('churn_active_days'),
        },
        'purchase': {
            'outcome': 'order',
            'months': crm_segmentation.setting('purchase_horizon_months'),
            'active_days': none,
        },
    }) }}
{% endmacro %}

{#
    The features of the propensities, all of them KPIs that are kept by month:
    transform is none, or log for sign(x) * ln(1 + |x|); if_missing is the number in
    place of NULL.
#}
{% macro propensity_features() %}
    {{ return([
        {'feature': 'days_since_last_order', 'transform': 'log', 'if_missing': none},
        {'feature': 'days_since_first_order', 'transform': 'log', 'if_missing': none},
        {'feature': 'order_day_count_all', 'transform': 'log', 'if_missing': none},
        {'feature': 'purchase_interval_days', 'transform': 'log', 'if_missing': 365},
        {'feature': 'order_count_90d', 'transform': 'log', 'if_missing': 0},
        {'feature': 'order_count_365d', 'transform': 'log', 'if_missing': 0},
        {'feature': 'revenue_365d', 'transform': 'log', 'if_missing': 0},
        {'feature': 'return_count_365d', 'transform': 'log', 'if_missing': 0},
        {'feature': 'visit_count_90d', 'transform': 'log', 'if_missing': 0},
        {'feature': 'service_interaction_count_90d', 'transform': 'log',
         'if_missing': 0},
    ]) }}
{% endmacro %}

{#
    Months back of the end of the newest window, of its features, and of those of the
    window before. The end is as_of where a month begins there, else the month end
    before, so that both windows are of the same length.
#}
{% macro propensity_months(model) %}
    {%- set last = 0 if crm_segmentation.as_of_date().day == 1 else 1 -%}
    {{ return([last, last + model.months, last + 2 * model.months]) }}
{% endmacro %}

{# What the propensity fits read from the modelling sample: see sampled_features(). #}
{% macro propensity_sampled_features() %}
    {%- set past = [] -%}
    {%- for model in crm_segmentation.propensity_models().values() -%}
        {%- do past.extend(crm_segmentation.propensity_months(model)) -%}
    {%- endfor -%}
    {%- set entries = [] -%}
    {%- for feature in crm_segmentation.propensity_features() -%}
        {%- do entries.append({
            'feature': feature.feature,
            'fits': crm_segmentation.propensity_models().keys() | list,
            'past_months': ([0] + past) | unique | sort | list,
        }) -%}
    {%- endfor -%}
    {{ return(entries) }}
{% endmacro %}

{# The declared propensity models, by name: see fit_declarations(). #}
{% macro propensity_fit_declarations() %}
    {%- set declared = {} -%}
    {%- for name, model in crm_segmentation.propensity_models().items() -%}
        {%- do declared.update({
            name: dict(model, features=crm_segmentation.propensity_features())
        }) -%}
    {%- endfor -%}
    {{ return(declared) }}
{% endmacro %}

{# What the propensity and lifetime fits read of the settings, beside what all read. #}
{% macro propensity_fit_settings() %}
    {%- set models = [] -%}
    {%- for name, model in crm_segmentation.propensity_models().items() -%}
        {%- set days = [] -%}
        {%- for months in crm_segmentation.propensity_months(model) -%}
            {%- do days.append(crm_segmentation.sampled_day(months).isoformat()) -%}
        {%- endfor -%}
        {%- do models.append({
            'name': name,
            'outcome': model.outcome,
            'active_days': model.active_days,
            'end_day': days[0],
            'newer_day': days[1],
            'older_day': days[2],
        }) -%}
    {%- endfor -%}
    {{ return({
        'propensity_features': tojson(crm_segmentation.propensity_features()),
        'propensity_models': tojson(models),
        'lifetime_past_day': crm_segmentation.sampled_day(12).isoformat(),
    }) }}
{% endmacro %}

{# SQL: the value of a declared feature as the fit sees it before it is scaled. #}
{% macro propensity_feature_value(feature) %}
    {%- set double = crm_segmentation.type_double() -%}
    {%- set value = 'cast(' ~ feature.feature ~ ' as ' ~ double ~ ')' -%}
    {%- if feature.if_missing is not none -%}
        {%- set value = 'coalesce(' ~ value ~ ', ' ~ feature.if_missing ~ ')' -%}
    {%- endif -%}
    {%- if feature.transform == 'log' -%}
        {%- set value = 'sign(' ~ value ~ ') * ln(1 + abs(' ~ value ~ '))' -%}
    {%- endif -%}
    {{- return(value) -}}
{% endmacro %}
