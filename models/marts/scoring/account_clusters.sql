-- The nearest centroid, exactly as the fit measures: transformed, standardised,
-- clipped, weighted, Euclidean. Distances are compared to nine decimals, so that the
-- last bit, in which engines differ, decides nothing; ties go to the lower id.
{%- set features = crm_segmentation.cluster_feature_declarations() %}

with

kpis as (

    select * from {{ ref('account_kpis') }}

),

parameters as (

    {{ crm_segmentation.current_fit('clusters', ref('cluster_parameters'))
        | indent(4) }}

),

-- Parameters of other features than the declared ones give no distance to anybody,
-- rather than a wrong one; a test says so.
scaling as (

    select
        {%- for feature in features %}
        {%- set name = crm_segmentation.text_literal(feature.feature) %}
        {%- set is_it = "feature = " ~ name ~ " and transform = '"
            ~ feature.transform ~ "'" %}
        max(case when {{ is_it }} then feature_mean end) as mean_{{ loop.index }},
        max(case when {{ is_it }} then feature_scale end) as scale_{{ loop.index }},
        max(case when {{ is_it }} then weight end) as weight_{{ loop.index }},
        {%- endfor %}
        count(distinct feature) as feature_count
    from parameters

),

centroids as (

    select
        {%- for feature in features %}
        max(
            case
                when feature = {{ crm_segmentation.text_literal(feature.feature) }}
                    then centroid
            end
        ) as centroid_{{ loop.index }},
        {%- endfor %}
        cluster_id,
        cluster_label,
        fit_version
    from parameters
    group by cluster_id, cluster_label, fit_version

),

transformed as (

    select
        {%- for feature in features %}
        {{ crm_segmentation.transformed_feature(feature) }} as value_{{ loop.index }},
        {%- endfor %}
        account_id,
        as_of_date
    from kpis

),

placed as (

    select
        {%- for feature in features %}
        {%- set i = loop.index %}
        greatest(
            least(
                (transformed.value_{{ i }} - scaling.mean_{{ i }})
                / scaling.scale_{{ i }},
                5
            ),
            -5
        ) * scaling.weight_{{ i }} as coordinate_{{ i }},
        {%- endfor %}
        transformed.account_id,
        transformed.as_of_date
    from transformed
    cross join scaling
    where scaling.feature_count = {{ features | length }}
        {%- for feature in features %}
        and transformed.value_{{ loop.index }} is not null
        and scaling.mean_{{ loop.index }} is not null
        {%- endfor %}

),

squared as (

    select
        placed.account_id,
        placed.as_of_date,
        centroids.cluster_id,
        centroids.cluster_label,
        centroids.fit_version,
        {%- for feature in features %}
        {%- set i = loop.index %}
        (placed.coordinate_{{ i }} - centroids.centroid_{{ i }})
        * (placed.coordinate_{{ i }} - centroids.centroid_{{ i }}) +
        {%- endfor %}
        0 as squared_distance
    from placed
    cross join centroids

),

measured as (

    select
        account_id,
        as_of_date,
        cluster_id,
        cluster_label,
        fit_version,
        cast(sqrt(squared_distance) as decimal(18, 9)) as distance
    from squared

),

ranked as (

    select
        account_id,
        as_of_date,
        cluster_id,
        cluster_label,
        fit_version,
        distance,
        row_number() over (
            partition by account_id
            order by distance, cluster_id
        ) as nearness,
        lead(distance) over (
            partition by account_id
            order by distance, cluster_id
        ) as next_distance
    from measured

),

final as (

    select
        cast(account_id as text) as account_id,
        cast(as_of_date as date) as as_of_date,
        cast(cluster_id as integer) as cluster_id,
        cast(cluster_label as text) as cluster_label,
        cast(distance as decimal(18, 6)) as distance,
        cast(next_distance - distance as decimal(18, 6)) as margin,
        cast(fit_version as integer) as fit_version
    from ranked
    where nearness = 1

)

select * from final
