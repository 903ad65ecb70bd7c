-- The nearest centroid, exactly as the fit measures: filled, drawn in, transformed,
-- standardised, weighted, Euclidean.
{%- set clusterings = crm_segmentation.clusterings() %}

with

accounts as (

    select * from {{ ref('accounts') }}

),

kpis as (

    select * from {{ ref('account_kpis') }}

),

{%- for clustering in clusterings %}

{{ crm_segmentation.assign_clusters(clustering) }},
{%- endfor %}

placed as (

    {%- for clustering in clusterings %}
    select * from {{ clustering.name }}_placed
    {{ 'union all' if not loop.last }}
    {%- else %}
    {#- none is declared: the columns, and nobody in them #}
    select
        account_id,
        as_of_date,
        cast(null as text) as clustering,
        cast(null as integer) as cluster_id,
        cast(null as text) as cluster_label,
        cast(null as {{ crm_segmentation.type_double() }}) as distance,
        cast(null as {{ crm_segmentation.type_double() }}) as margin,
        cast(null as integer) as fit_version
    from accounts
    where account_id is null
    {%- endfor %}

),

final as (

    select
        cast(account_id as text) as account_id,
        cast(as_of_date as date) as as_of_date,
        cast(clustering as text) as clustering,
        cast(cluster_id as integer) as cluster_id,
        cast(cluster_label as text) as cluster_label,
        {{ crm_segmentation.decimal_of_float('distance') }} as distance,
        {{ crm_segmentation.decimal_of_float('greatest(margin, 0)') }} as margin,
        cast(fit_version as integer) as fit_version
    from placed

)

select * from final
