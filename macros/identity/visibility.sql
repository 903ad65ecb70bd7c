{#
    SQL: was the row there at the clock? Identity is cut like the facts: a row
    that came later neither is a customer nor joins two of them, so that a past
    as_of_date gives that past's accounts.
#}
{% macro identity_sees(occurred_at, loaded_at) %}
    {{- return(crm_segmentation.fact_is_visible(occurred_at, loaded_at)) -}}
{% endmacro %}
