{# What the propensity fits read from the modelling sample: see sampled_features(). #}
{% macro propensity_sampled_features() %}
    {{ return([]) }}
{% endmacro %}

{# The declared propensity models, by name: see fit_declarations(). #}
{% macro propensity_fit_declarations() %}
    {{ return({}) }}
{% endmacro %}
