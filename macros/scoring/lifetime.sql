{# What the lifetime fits read from the modelling sample: see sampled_features(). #}
{% macro lifetime_sampled_features() %}
    {%- set entries = [] -%}
    {%- for name in [
        'order_day_count_all', 'days_since_first_order', 'days_since_last_order',
        'revenue_all'
    ] -%}
        {#- as of twelve months ago, too, to compare what was expected with what came -#}
        {%- do entries.append({
            'feature': name, 'fits': ['lifetime'], 'past_months': [0, 12]
        }) -%}
    {%- endfor -%}
    {{ return(entries) }}
{% endmacro %}

{# The declared lifetime models, by name: see fit_declarations(). #}
{% macro lifetime_fit_declarations() %}
    {{ return({'lifetime': {'orders': 'bg_nbd', 'spend': 'gamma_gamma'}}) }}
{% endmacro %}
