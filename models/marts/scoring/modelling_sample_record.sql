-- What the sample was drawn from, and when: the counts of the draw are those of the
-- same SQL that draws.
{%- set stratum = crm_segmentation.sample_stratum() %}
{%- set size = crm_segmentation.sample_setting('modelling_sample_size') %}
{%- set salt = crm_segmentation.modelling_sample_salt() | string %}

with

{%- if stratum %}

-- what strata are told apart by
accounts as (

    select * from {{ ref('accounts') }}

),
{%- endif %}

kpis as (

    select * from {{ ref('account_kpis') }}

),

quotas as (

    {% if stratum -%}
    {{ crm_segmentation.sample_quotas() | indent(4) }}
    {%- else -%}
    select
        'all' as stratum,
        count(*) as population_count,
        least(count(*), {{ size }}) as sampled_count,
        case when count(*) > 0 then 1 end as sampling_weight
    from (
        {{ crm_segmentation.sample_population() | indent(8) }}
    ) as population
    {%- endif %}

),

sampled as (

    select
        count(*) as row_count,
        sum(
            {{ crm_segmentation.hash_number(
                "sample_key || '|' || cast(as_of_date as text) || '|' || feature || '|'"
                ~ " || coalesce(cast(value as text), '-') || '|'"
                ~ " || coalesce(category, '-')"
            ) }}
        ) as hash_sum
    from {{ ref('modelling_sample') }}

),

final as (

    select
        cast(quotas.stratum as text) as stratum,
        {{ crm_segmentation.date_literal(crm_segmentation.as_of_date()) }}
            as as_of_date,
        cast(
            '{{ crm_segmentation.sample_setting('modelling_sample_base') }}' as text
        ) as base,
        cast({{ crm_segmentation.text_or_null(stratum) }} as text)
            as stratum_attribute,
        cast(
            {{ crm_segmentation.text_or_null(
                crm_segmentation.sample_setting('modelling_sample_allocation')
                if stratum else none
            ) }} as text
        ) as allocation,
        cast(quotas.population_count as bigint) as population_count,
        cast(quotas.sampled_count as bigint) as sampled_count,
        cast(quotas.sampling_weight as decimal(24, 6)) as sampling_weight,
        cast({{ size }} as bigint) as largest_size,
        cast(
            {{ crm_segmentation.sample_setting('modelling_sample_least_group') }}
            as integer
        ) as least_group,
        {{ salt == 'modelling' }} as is_known_salt,
        cast('{{ local_md5('salt:' ~ salt)[:8] }}' as text) as salt_hash,
        cast(sampled.row_count as bigint) as row_count,
        cast(
            md5(coalesce(cast(cast(sampled.hash_sum as decimal(38, 0)) as text), ''))
            as text
        ) as sample_hash
    from quotas
    cross join sampled

)

select * from final
