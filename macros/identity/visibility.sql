{#
    SQL: was the row there at the clock? Identity is cut like the facts: a row
    that came later neither is a customer nor joins two of them, so that a past
    as_of_date gives that past's accounts.
#}
{% macro identity_sees(occurred_at, loaded_at) %}
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
