{# What the clusters read from the modelling sample: see sampled_features(). #}
{% macro cluster_sampled_features() %}
    {%- set entries = [] -%}
    {%- for clustering in crm_segmentation.clusterings() -%}
        {%- set where = "var 'clusterings', " ~ clustering.name -%}
        {%- for feature in clustering.features -%}
            {%- do entries.append({
                'feature': feature.feature,
                'reason': feature.reason,
                'where': where,
            }) -%}
        {%- endfor -%}
        {%- for name in clustering.base -%}
            {%- do entries.append({
                'feature': name,
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
    the same customers, and its label, which a refit may word anew.
#}
{% macro cluster_attributes() %}
    {%- set attributes = {} -%}
    {%- for name, declaration in crm_segmentation.given_clusterings().items() -%}
        {%- set label = declaration.get('label', name)
            if declaration is mapping else name -%}
        {%- do attributes.update({
            'cluster_' ~ name: {
                'type': 'number', 'sql_type': 'integer', 'group': 'scores',
                'label': 'Cluster by ' ~ label | lower,
                'description': 'Cluster of the clustering ' ~ name ~ ' whose '
                    ~ 'centroid is nearest; the number stays with the same customers '
                    ~ 'when clusters are fitted anew. NULL: not placed.',
            },
            'cluster_' ~ name ~ '_label': {
                'type': 'text', 'group': 'scores',
                'label': 'Cluster label by ' ~ label | lower,
                'description': 'What sets the centroid of that cluster apart, in '
                    ~ 'words.',
            },
        }) -%}
    {%- endfor -%}
    {{ return(attributes) }}
{% endmacro %}
