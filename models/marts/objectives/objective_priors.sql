-- What market research says, from the seed or model that the setting names.
{%- set priors = crm_segmentation.setting('objective_priors') %}

with

told as (

    {%- if priors is none %}
    select
        cast(null as text) as objective,
        cast(null as text) as trait,
        cast(null as text) as value,
        cast(null as decimal(9, 6)) as favour,
        cast(null as decimal(9, 6)) as confidence,
        cast(null as text) as source
    where 1 = 0
    {%- else %}
    select * from {{ ref(priors) }}
    {%- endif %}

),

final as (

    select
        cast(objective as text) as objective,
        cast(trait as text) as trait,
        cast(value as text) as value,
        cast(favour as decimal(9, 6)) as favour,
        cast(confidence as decimal(9, 6)) as confidence,
        cast(source as text) as source
    from told

)

select * from final
