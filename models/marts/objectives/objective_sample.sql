-- The same of the sampled accounts alone, under the key of the sample.
with

sampled as (

    select distinct sample_key
    from {{ ref('modelling_sample') }}
    where as_of_date
        = {{ crm_segmentation.date_literal(crm_segmentation.as_of_date()) }}

),

considered as (

    select
        {{ crm_segmentation.sample_key('account_id') }} as sample_key,
        objective,
        is_ideal
    from {{ ref('account_objectives') }}

),

final as (

    select
        cast(considered.sample_key as text) as sample_key,
        cast(considered.objective as text) as objective,
        cast(considered.is_ideal as boolean) as is_ideal
    from considered
    inner join sampled
        on considered.sample_key = sampled.sample_key

)

select * from final
