{# SQL: whole days from `earlier` to `later`, both dates, as an integer. #}
{% macro days_between(earlier, later) %}
    {{- return(adapter.dispatch('days_between', 'crm_segmentation')(earlier, later)) -}}
{% endmacro %}

{% macro default__days_between(earlier, later) %}
    {{- return("cast(" ~ later ~ " - " ~ earlier ~ " as integer)") -}}
{% endmacro %}
