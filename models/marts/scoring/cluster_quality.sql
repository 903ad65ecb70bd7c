with

parameters as (

    select distinct
        model_name,
        fit_version,
        fitted_as_of,
        sample_size,
        quality
    from {{ ref('cluster_parameters') }}

),

candidates as (

    select
        model_name,
        fit_version,
        fitted_as_of,
        sample_size,
        quality,
        {{ crm_segmentation.json_list('quality', 'candidates') }} as candidate
    from parameters

),

final as (

    select
        cast(substr(model_name, 9) as text) as clustering,
        cast(fit_version as integer) as fit_version,
        cast({{ crm_segmentation.json_field('candidate', 'k') }} as integer)
            as cluster_count,
        cast(
            {{ crm_segmentation.json_field('candidate', 'k') }}
            = {{ crm_segmentation.json_field('quality', 'k') }} as boolean
        ) as is_chosen,
        cast(
            {{ crm_segmentation.json_field('candidate', 'silhouette') }}
            as decimal(9, 6)
        ) as silhouette,
        cast(
            {{ crm_segmentation.json_field('candidate', 'stability') }}
            as decimal(9, 6)
        ) as stability,
        cast(
            {{ crm_segmentation.json_field('candidate', 'inertia') }}
            as decimal(24, 6)
        ) as inertia,
        cast(model_name as text) as model_name,
        cast(fitted_as_of as date) as fitted_as_of,
        cast(sample_size as bigint) as sample_size
    from candidates

)

select * from final
