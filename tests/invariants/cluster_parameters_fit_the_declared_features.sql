-- The cluster parameters that place accounts are of the declared features with their
-- transforms, and of no more clusters than declared. It fails where the setting
-- model_version_pins names a version of another declaration, which places nobody.
with

parameters as (

    {%- for clustering in crm_segmentation.clusterings() %}
    select
        model_name,
        feature,
        transform,
        count(distinct cluster_id) as cluster_count
    from (
        {{ crm_segmentation.current_fit(
            clustering.model_name, ref('cluster_parameters')
        ) | indent(8) }}
    ) as current_parameters
    group by model_name, feature, transform
    union all
    {%- endfor %}
    select
        model_name,
        feature,
        transform,
        cluster_id as cluster_count
    from {{ ref('cluster_parameters') }}
    where 1 = 0

),

declared as (

    {%- for clustering in crm_segmentation.clusterings() %}
    {%- for feature in clustering.features %}
    select
        '{{ clustering.model_name }}' as model_name,
        {{ crm_segmentation.text_literal(feature.feature) }} as feature,
        '{{ feature.transform }}' as transform,
        {{ clustering.k[1] }} as most_clusters
    union all
    {%- endfor %}
    {%- endfor %}
    select
        '' as model_name,
        '' as feature,
        '' as transform,
        0 as most_clusters

)

select
    declared.model_name,
    declared.feature as declared_feature,
    declared.transform as declared_transform,
    parameters.feature as fitted_feature,
    parameters.transform as fitted_transform,
    parameters.cluster_count
from declared
full outer join parameters
    on declared.model_name = parameters.model_name
    and declared.feature = parameters.feature
    and declared.transform = parameters.transform
where declared.model_name is null
    or parameters.cluster_count > declared.most_clusters
    or (
        parameters.model_name is null
        and exists (
            select 1 as found
            from parameters as others
            where others.model_name = declared.model_name
        )
    )
