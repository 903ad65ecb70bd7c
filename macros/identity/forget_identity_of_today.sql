{#
    SQL that takes back what a run of this day, or of a later one, wrote into the
    history of identity; nothing before the history exists, or where this run does
    not record.
#}
{% macro forget_identity_of_today() %}
    {%- if is_incremental() and crm_segmentation.records_history() -%}
        {{- return(
            "delete from " ~ this ~ " where as_of_date >= "
            ~ crm_segmentation.date_literal(crm_segmentation.as_of_date())
        ) -}}
    {%- endif -%}
    {{- return('') -}}
{% endmacro %}
