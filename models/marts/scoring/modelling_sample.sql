-- Accounts enter by the hash of a salt and their id: the same ones on every run and
-- engine while the salt and the size stay. Only declared features leave, under the
-- hash, so the fits never see who an account is.
{%- set salt = crm_segmentation.setting('modelling_sample_salt') | string %}

with

kpis as (

    select * from {{ ref('account_kpis') }}

),

customers as (

    select
        md5({{ crm_segmentation.text_literal('sample:' ~ salt ~ ':') }} || account_id)
            as sample_key,
        *
    from kpis
    where {{ crm_segmentation.setting('rfm_frequency') }} > 0

),

ordered as (

    select
        *,
        row_number() over (
            order by {{ crm_segmentation.by_bytes('sample_key') }}
        ) as position
    from customers

),

sampled as (

    select *
    from ordered
    where position <= {{ crm_segmentation.setting('modelling_sample_size') | int }}

),

features as (

    {%- for name in crm_segmentation.sampled_features() %}
    select
        sample_key,
        as_of_date,
        {{ crm_segmentation.text_literal(name) }} as feature,
        {{ name }} as value
    from sampled
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

final as (

    select
        cast(sample_key as text) as sample_key,
        cast(as_of_date as date) as as_of_date,
        cast(feature as text) as feature,
        cast(value as decimal(24, 6)) as value
    from features

)

select * from final
