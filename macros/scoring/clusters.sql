{# What the clusters read from the modelling sample: see sampled_features(). #}
{% macro cluster_sampled_features() %}
    {%- set entries = [] -%}
    {%- for feature in crm_segmentation.cluster_feature_declarations() -%}
        {%- do entries.append({
            'feature': feature.feature,
            'where': "var 'cluster_features'",
        }) -%}
    {%- endfor -%}
    {{ return(entries) }}
{% endmacro %}

{# The declared clusterings, by name: see fit_declarations(). #}
{% macro cluster_fit_declarations() %}
    {{ return({
        'clusters': {
            'features': crm_segmentation.cluster_feature_declarations(),
            'cluster_count': crm_segmentation.setting('cluster_count'),
        },
    }) }}
{% endmacro %}
