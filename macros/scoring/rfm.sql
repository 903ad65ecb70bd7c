{# What the RFM fit reads from the modelling sample: see sampled_features(). #}
{% macro rfm_sampled_features() %}
    {%- set entries = [] -%}
    {%- for name in ['rfm_recency', 'rfm_frequency', 'rfm_monetary'] -%}
        {%- do entries.append({
            'feature': crm_segmentation.setting(name),
            'where': "var '" ~ name ~ "'",
        }) -%}
    {%- endfor -%}
    {{ return(entries) }}
{% endmacro %}

{# The declared RFM models, by name: see fit_declarations(). #}
{% macro rfm_fit_declarations() %}
    {{ return({
        'rfm': {
            'recency': crm_segmentation.setting('rfm_recency'),
            'frequency': crm_segmentation.setting('rfm_frequency'),
            'monetary': crm_segmentation.setting('rfm_monetary'),
        },
    }) }}
{% endmacro %}
