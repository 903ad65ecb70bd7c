{# What the lifetime fits read from the modelling sample: see sampled_features(). #}
{% macro lifetime_sampled_features() %}
    {{ return([]) }}
{% endmacro %}

{# The declared lifetime models, by name: see fit_declarations(). #}
{% macro lifetime_fit_declarations() %}
    {{ return({}) }}
{% endmacro %}
