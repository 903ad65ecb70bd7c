-- Once there are parameters, an account has a cluster exactly if it has every feature
-- that nothing stands in for.
with

kpis as (

    select * from {{ ref('account_kpis') }}

),

parameters as (

    select count(*) as parameter_count from {{ ref('cluster_parameters') }}

),

complete as (

    select kpis.account_id
    from kpis
    cross join parameters
    where parameters.parameter_count > 0
    {%- for feature in crm_segmentation.cluster_feature_declarations()
        if feature.if_missing is none %}
        and kpis.{{ feature.feature }} is not null
    {%- endfor %}

),

placed as (

    select * from {{ ref('account_clusters') }}

)

select coalesce(complete.account_id, placed.account_id) as account_id
from complete
full outer join placed
    on complete.account_id = placed.account_id
where complete.account_id is null
    or placed.account_id is null
