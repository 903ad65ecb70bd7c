{#
    SQL: a whole row as JSON text, for people to read and to tell rows apart.
    `row` is the name of a table or common table expression in the from clause.
    Text comes out alike everywhere; typed numbers and times are the same values,
    which engines write in ways of their own (1.50 or 1.5, T or a space).
#}
{% macro row_as_json(row) %}
    {{- return(adapter.dispatch('row_as_json', 'crm_segmentation')(row)) -}}
{% endmacro %}

{% macro default__row_as_json(row) %}
    {{- return("cast(to_json(" ~ row ~ ") as text)") -}}
{% endmacro %}

{% macro postgres__row_as_json(row) %}
    {{- return("cast(row_to_json(" ~ row ~ ") as text)") -}}
{% endmacro %}

{#
    Whether a common table expression is computed once and kept, or read anew at
    each place that names it. DuckDB and PostgreSQL keep one that is named twice,
    with all of its columns, which for a large table is what costs.
#}
{% macro materialized() %}
    {{- return(adapter.dispatch('materialized', 'crm_segmentation')()) -}}
{% endmacro %}

{% macro default__materialized() %}
    {{- return("materialized") -}}
{% endmacro %}

{% macro not_materialized() %}
    {{- return(adapter.dispatch('not_materialized', 'crm_segmentation')()) -}}
{% endmacro %}

{% macro default__not_materialized() %}
    {{- return("not materialized") -}}
{% endmacro %}
