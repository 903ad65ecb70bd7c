-- Once a clustering has parameters, an account of its base has a cluster exactly if it
-- has every feature that nothing stands in for; nobody else has one.
{%- set clusterings = crm_segmentation.clusterings() %}

with

accounts as (

    select * from {{ ref('accounts') }}

),

kpis as (

    select * from {{ ref('account_kpis') }}

),

placed as (

    select * from {{ ref('account_clusters') }}

),

complete as (

    {%- for clustering in clusterings %}
    select
        inputs.account_id,
        {{ crm_segmentation.text_literal(clustering.name) }} as clustering
    from (
        {{ crm_segmentation.clustering_inputs(clustering) | indent(8) }}
    ) as inputs
    where exists (
            select 1 as found
            from {{ ref('cluster_parameters') }}
            where model_name = '{{ clustering.model_name }}'
        )
        {%- for feature in clustering.features if feature.missing == 'exclude' %}
        and inputs.{{ 'value_' ~ (clustering.features.index(feature) + 1) }} is not null
        {%- endfor %}
    union all
    {%- endfor %}
    select
        account_id,
        '' as clustering
    from accounts
    where account_id is null

)

select
    coalesce(complete.account_id, placed.account_id) as account_id,
    coalesce(complete.clustering, placed.clustering) as clustering
from complete
full outer join placed
    on complete.account_id = placed.account_id
    and complete.clustering = placed.clustering
where complete.account_id is null
    or placed.account_id is null
