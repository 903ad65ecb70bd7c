{#
    Statistics for the planner, at once and not when the server gets to it: the next
    model of the run joins this table. A hook after the build of a table.
#}
{% macro analyze_table() %}
    {%- if execute and model.config.materialized not in ['view', 'profile_in_batch'] -%}
        {{- return(adapter.dispatch('analyze_table', 'crm_segmentation')(this)) -}}
    {%- endif -%}
    {{- return('') -}}
{% endmacro %}

{% macro default__analyze_table(relation) %}
    {{- return('') -}}
{% endmacro %}

{% macro postgres__analyze_table(relation) %}
    {{- return('analyze ' ~ relation) -}}
{% endmacro %}
