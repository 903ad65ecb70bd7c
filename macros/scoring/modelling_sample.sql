{#
    SQL: account_id, sample_key and sampling_weight of the accounts in the modelling
    sample: the first by the hash of a salt and their id, so the same ones on every
    run and engine while the settings and the accounts stay. With strata, the first
    of each; an account then stands for as many as its weight says.

    It reads the CTEs accounts and kpis.
#}
{% macro drawn_accounts() %}
{%- if not crm_segmentation.sample_stratum() -%}
select
    account_id,
    sample_key,
    1 as sampling_weight
from (
    {{ crm_segmentation.sample_population() | indent(4) }}
) as population
order by {{ crm_segmentation.by_bytes('sample_key') }}
limit {{ crm_segmentation.sample_setting('modelling_sample_size') }}
{%- else -%}
select
    ranked.account_id,
    ranked.sample_key,
    quotas.sampling_weight
from (
    select
        account_id,
        sample_key,
        stratum,
        row_number() over (
            partition by stratum
            order by {{ crm_segmentation.by_bytes('sample_key') }}
        ) as position
    from (
        {{ crm_segmentation.sample_population() | indent(8) }}
    ) as population
) as ranked
inner join (
    {{ crm_segmentation.sample_quotas() | indent(4) }}
) as quotas
    on ranked.stratum = quotas.stratum
where ranked.position <= quotas.sampled_count
{%- endif -%}
{%- endmacro %}

{#
    SQL: account_id, sample_key and stratum of the accounts that the sample is drawn
    from: those with an order (`customers`, the default) or all of them (`accounts`:
    leads and visitors too, for trees and clusterings that ask about them), as the
    setting modelling_sample_base says. Strata of few accounts are folded into `other`.
#}
{% macro sample_population() -%}
{%- set stratum = crm_segmentation.sample_stratum() -%}
{%- set least = crm_segmentation.sample_setting('modelling_sample_least_group') -%}
{%- set of_base = "kpis.order_count_all > 0"
    if crm_segmentation.sample_setting('modelling_sample_base') == 'customers' -%}
{%- if not stratum -%}
select
    kpis.account_id,
    {{ crm_segmentation.sample_key('kpis.account_id') }} as sample_key,
    'all' as stratum
from kpis
{%- if of_base %}
where {{ of_base }}
{%- endif %}
{%- else -%}
with stratified as (
    select
        accounts.account_id,
        'stratum' as feature,
        coalesce({{ crm_segmentation.sampled_feature_sql(stratum) }}, 'unknown')
            as category
    from accounts
    inner join kpis
        on accounts.account_id = kpis.account_id
    {%- if of_base %}
    where {{ of_base }}
    {%- endif %}
),

folded as (
    {{ crm_segmentation.folded_categories('stratified', 'feature', least) | indent(4) }}
)

select
    stratified.account_id,
    {{ crm_segmentation.sample_key('stratified.account_id') }} as sample_key,
    coalesce(folded.folded_category, 'other') as stratum
from stratified
inner join folded
    on stratified.category = folded.category
{%- endif -%}
{%- endmacro %}

{#
    SQL: stratum, population_count, sampled_count and sampling_weight of each stratum.

    Each is given its least number first (the setting modelling_sample_least_stratum,
    or with equal allocation its equal part of the sample), what is left in proportion
    to the accounts that are left. Counts are rounded down, so that the sample is never
    larger than it may be.
#}
{% macro sample_quotas() %}
{%- set size = crm_segmentation.sample_setting('modelling_sample_size') -%}
{%- set double = crm_segmentation.type_double() -%}
select
    stratum,
    population_count,
    sampled_count,
    cast(population_count as {{ double }}) / nullif(sampled_count, 0)
        as sampling_weight
from (
    select
        stratum,
        population_count,
        reserved_count + cast(
            floor(
                least(rest_of_sample, rest_of_population)
                * cast(population_count - reserved_count as {{ double }})
                / greatest(rest_of_population, 1)
            )
            as bigint
        ) as sampled_count
    from (
        select
            stratum,
            population_count,
            reserved_count,
            cast({{ size }} - sum(reserved_count) over () as {{ double }})
                as rest_of_sample,
            cast(sum(population_count - reserved_count) over () as {{ double }})
                as rest_of_population
        from (
            select
                stratum,
                count(*) as population_count,
                least(
                    count(*),
                    {%- if crm_segmentation.sample_setting(
                        'modelling_sample_allocation') == 'proportional' %}
                    {{ crm_segmentation.sample_setting('modelling_sample_least_stratum') }},
                    {%- endif %}
                    cast(
                        floor({{ size }} / cast(count(*) over () as {{ double }}))
                        as bigint
                    )
                ) as reserved_count
            from (
                {{ crm_segmentation.sample_population() | indent(16) }}
            ) as population
            group by stratum
        ) as reserved
    ) as shared
) as allocated
{%- endmacro %}

{#
    The attribute by which the sample is stratified: the setting
    modelling_sample_stratum, none for no strata.
    Errors: what is no attribute of the account itself or no KPI, what identifies or
    is protected, what is a number.
#}
{% macro sample_stratum() %}
    {%- set name = crm_segmentation.setting('modelling_sample_stratum') -%}
    {%- if name is not none -%}
        {%- set attribute = crm_segmentation.attribute_catalog().get(name) -%}
        {%- if not attribute or attribute.identifying or attribute.protected
            or attribute.type not in ['text', 'boolean', 'date']
            or crm_segmentation.sampled_feature_relation(name)
            not in ['accounts', 'kpis'] or attribute.group == 'scores' -%}
            {{ exceptions.raise_compiler_error(
                "Not a stratum in var 'modelling_sample_stratum': got '" ~ name
                ~ "'; allowed: a text, boolean or date of the account itself or a "
                ~ "text KPI, neither identifying nor protected, like kind, "
                ~ "country_code, industry, preferred_category."
            ) }}
        {%- endif -%}
    {%- endif -%}
    {{ return(name) }}
{% endmacro %}

{#
    A setting of the modelling sample.
    Errors: a size, a least group, a width of bands that is no whole number from 1; an
    unknown base or allocation.
#}
{% macro sample_setting(name) %}
    {%- set value = crm_segmentation.setting(name) -%}
    {%- set allowed = {
        'modelling_sample_base': ['customers', 'accounts'],
        'modelling_sample_allocation': ['proportional', 'equal'],
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
        'has_running_contract': '(kpis.days_until_renewal is not null)',
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
