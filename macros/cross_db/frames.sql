{#
    SQL: the frame of a window in order of time that holds what lies strictly before
    the row: rows of the same instant are left out, in whatever order they come.
#}
{% macro before_this_instant() %}
    {{- return(adapter.dispatch('before_this_instant', 'crm_segmentation')()) -}}
{% endmacro %}

{% macro default__before_this_instant() %}
    {{- return("groups between unbounded preceding and 1 preceding") -}}
{% endmacro %}
