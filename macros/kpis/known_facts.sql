{#
    SQL: the rows of a relation of facts that are known: all, or, with the setting
    `known_as_of`, those loaded before that local day began. A fact without a
    loading time is then unknown.
#}
{% macro known_facts(relation) %}
    {%- set day = crm_segmentation.setting('known_as_of') -%}
    {%- if day is none -%}
        {{- return("select * from " ~ relation) -}}
    {%- endif -%}
    {%- set day = crm_segmentation.to_day(day, "var 'known_as_of'") -%}
    {{- return(
        "select * from " ~ relation ~ " where loaded_at < "
        ~ crm_segmentation.instant_literal(day)
    ) -}}
{% endmacro %}
