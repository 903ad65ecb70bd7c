{#
    SQL: account_id and sample_key of the accounts in the modelling sample: the first
    by the hash of a salt and their id, so the same ones on every run and engine while
    the settings and the accounts stay. It reads the CTE kpis.
#}
{% macro drawn_accounts() %}
    {%- set size = crm_segmentation.sample_setting('modelling_sample_size') -%}
select
    account_id,
    sample_key
from (
    {{ crm_segmentation.sample_population() | indent(4) }}
) as population
order by {{ crm_segmentation.by_bytes('sample_key') }}
limit {{ size }}
{%- endmacro %}

{#
    SQL: account_id and sample_key of the accounts that the sample is drawn from:
    those with an order, or all of them, as the setting modelling_sample_base says.
#}
{% macro sample_population() -%}
select
    account_id,
    {{ crm_segmentation.sample_key('account_id') }} as sample_key
from kpis
{%- if crm_segmentation.sample_setting('modelling_sample_base') == 'customers' %}
where order_count_all > 0
{%- endif %}
{%- endmacro %}

{#
    A setting of the modelling sample.
    Errors: a size, a least group, a width of bands that is no whole number from 1; an
    unknown base.
#}
{% macro sample_setting(name) %}
    {%- set value = crm_segmentation.setting(name) -%}
    {%- set allowed = {
        'modelling_sample_base': ['customers', 'accounts'],
    }.get(name) -%}
    {%- if allowed and value not in allowed -%}
        {{ exceptions.raise_compiler_error(
            "Unknown choice in var '" ~ name ~ "': got '" ~ value ~ "'; allowed: "
            ~ allowed | join(', ') ~ "."
        ) }}
    {%- elif not allowed and (value is not integer or value is boolean or value < 1) -%}
        {{ exceptions.raise_compiler_error(
            "Not a count in var '" ~ name ~ "': got '" ~ value
            ~ "'; allowed: a whole number from 1."
        ) }}
    {%- endif -%}
    {{ return(value) }}
{% endmacro %}

{# SQL: the expression of a feature over the CTEs of modelling_sample. #}
{% macro sampled_feature_sql(name) %}
    {%- set attribute = crm_segmentation.attribute_catalog()[name] -%}
    {%- set relation = crm_segmentation.sampled_feature_relation(name) -%}
    {%- set value = {
        'account_opened_on': 'accounts.first_seen_on',
        'renewal_on': 'accounts.as_of_date + kpis.days_until_renewal',
    }.get(
        name,
        relation ~ '.' ~ attribute.column
    ) -%}
    {{- return(crm_segmentation.sampled_value(value, attribute.type)) -}}
{% endmacro %}

{# SQL: a value as the sample holds it: dates are bands of years, booleans words. #}
{% macro sampled_value(value, type) %}
    {%- if type == 'boolean' -%}
        {%- set value = "case when " ~ value ~ " then 'true' when not " ~ value
            ~ " then 'false' end" -%}
    {%- elif type == 'date' -%}
        {%- set width = crm_segmentation.sample_setting('modelling_sample_band_years') -%}
        {%- set year = "cast(extract(year from " ~ value ~ ") as integer)" -%}
        {%- set first = "(" ~ year ~ " - " ~ year ~ " % " ~ width ~ ")" -%}
        {%- set value = "cast(" ~ first ~ " as text) || '-' || cast(" ~ first ~ " + "
            ~ (width - 1) ~ " as text)" -%}
    {%- endif -%}
    {{- return(value) -}}
{% endmacro %}

{#
    Which CTE of modelling_sample holds a feature: kpis, accounts, feedback, declared
    (columns of the seeds of marketing attributes), or the model of its own that its
    declaration names.
#}
{% macro sampled_feature_relation(name) %}
    {%- set attribute = crm_segmentation.attribute_catalog()[name] -%}
    {%- if attribute.model != 'account_attributes' -%}
        {{ return('model_' ~ attribute.model) }}
    {%- endif -%}
    {{ return(
        'kpis' if name in crm_segmentation.kpi_attributes()
        else 'feedback' if name in ['nps_score', 'csat_score']
        else 'declared' if name in crm_segmentation.declared_value_columns()
        else 'accounts'
    ) }}
{% endmacro %}
