{# What the clusters read from the modelling sample: see sampled_features(). #}
{% macro cluster_sampled_features() %}
    {%- set entries = [] -%}
    {%- for clustering in crm_segmentation.clusterings() -%}
        {%- set where = "var 'clusterings', " ~ clustering.name -%}
        {%- for feature in clustering.features -%}
            {%- do entries.append({
                'feature': feature.feature,
                'fits': [clustering.model_name],
                'reason': feature.reason,
                'where': where,
            }) -%}
        {%- endfor -%}
        {%- for name in clustering.base -%}
            {%- do entries.append({
                'feature': name,
                'fits': [clustering.model_name],
                'where': where ~ ', base',
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(entries) }}
{% endmacro %}

{#
    The declared clusterings, by name of the model: see fit_declarations(). Words are
    left out: other words are no other model, and appear with its next fit.
#}
{% macro cluster_fit_declarations() %}
    {%- set declared = {} -%}
    {%- for clustering in crm_segmentation.clusterings() -%}
        {%- set features = [] -%}
        {%- for feature in clustering.features -%}
            {%- set counted = {} -%}
            {%- for key, value in feature.items()
                if key not in ['low_label', 'high_label', 'category_label', 'reason'] -%}
                {%- do counted.update({key: value}) -%}
            {%- endfor -%}
            {%- do features.append(counted) -%}
        {%- endfor -%}
        {%- do declared.update({clustering.model_name: {
            'k': clustering.k,
            'seed': clustering.seed,
            'base': clustering.base,
            'features': features,
        }}) -%}
    {%- endfor -%}
    {{ return(declared) }}
{% endmacro %}

{#
    The attributes that the clusterings give: the id of the cluster, which stays with
    the same customers, and its label, which a refit may word anew. Those of the
    clustering `value` are columns of account_attributes, declared or not; those of
    others stand in account_cluster_attributes, which the demo company has and an
    installing project writes in one line. So the contract of ours stays exact.
#}
{% macro cluster_attributes() %}
    {%- set attributes = {} -%}
    {%- set given = crm_segmentation.given_clusterings() -%}
    {%- for name in ['value'] + (given.keys() | reject('equalto', 'value') | list) -%}
        {%- set declaration = given.get(name) -%}
        {%- set label = declaration.get('label', name)
            if declaration is mapping else name -%}
        {%- set model = 'account_attributes' if name == 'value'
            else 'account_cluster_attributes' -%}
        {%- do attributes.update({
            'cluster_' ~ name: {
                'type': 'number', 'sql_type': 'integer', 'group': 'scores',
                'model': model, 'label': 'Cluster by ' ~ label | lower,
                'description': 'Cluster of the clustering ' ~ name ~ ' whose '
                    ~ 'centroid is nearest; the number stays with the same customers '
                    ~ 'when clusters are fitted anew. NULL: not placed.',
            },
            'cluster_' ~ name ~ '_label': {
                'type': 'text', 'group': 'scores',
                'model': model, 'label': 'Cluster label by ' ~ label | lower,
                'description': 'What sets the centroid of that cluster apart, in '
                    ~ 'words.',
            },
        }) -%}
    {%- endfor -%}
    {{ return(attributes) }}
{% endmacro %}

{#
    The whole body of account_cluster_attributes: one row per account with the columns
    of cluster_attributes() but those of the clustering `value`.
#}
{% macro cluster_attributes_model() %}
with

accounts as (

    select * from {{ ref('crm_segmentation', 'accounts') }}

),

clusters as (

    select * from {{ ref('crm_segmentation', 'account_clusters') }}

),

final as (

    select
        cast(accounts.account_id as text) as account_id,
        {%- for name in crm_segmentation.given_clusterings() if name != 'value' %}
        {%- set is_it = 'clusters.clustering = ' ~ crm_segmentation.text_literal(name) %}
        cast(
            max(case when {{ is_it }} then clusters.cluster_id end) as integer
        ) as cluster_{{ name }},
        cast(
            max(case when {{ is_it }} then clusters.cluster_label end) as text
        ) as cluster_{{ name }}_label,
        {%- endfor %}
        cast(accounts.as_of_date as date) as as_of_date
    from accounts
    left join clusters
        on accounts.account_id = clusters.account_id
    group by accounts.account_id, accounts.as_of_date

)

select * from final
{% endmacro %}
