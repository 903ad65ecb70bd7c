{# What the tree fits read from the modelling sample: see sampled_features(). #}
{% macro tree_sampled_features() %}
    {{ return([]) }}
{% endmacro %}

{# The declared tree models, by name: see fit_declarations(). #}
{% macro tree_fit_declarations() %}
    {{ return({}) }}
{% endmacro %}
