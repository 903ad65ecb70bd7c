{#
    SQL, not true where either time is NULL: is a fact visible? It lies before
    as_of_date and, with the setting `known_as_of`, was loaded before that day.
#}
{% macro fact_is_visible(occurred_at, loaded_at) %}
    {%- set condition = occurred_at ~ " < " ~ crm_segmentation.instant_literal(
        crm_segmentation.as_of_date()
    ) -%}
    {%- set known_as_of = crm_segmentation.setting('known_as_of') -%}
    {%- if known_as_of is not none -%}
        {%- set condition = condition ~ " and " ~ loaded_at ~ " < "
            ~ crm_segmentation.instant_literal(
                crm_segmentation.to_day(known_as_of, "var 'known_as_of'")
            ) -%}
    {%- endif -%}
    {{- return(condition) -}}
{% endmacro %}
