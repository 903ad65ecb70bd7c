{#- KPIs of the installing project stand at month ends in a model of its own. -#}
{{ config(materialized='view') }}
{%- set extra = none -%}
{%- if crm_segmentation.rfm_extra_kpis() -%}
    {%- set extra = ref('account_extra_kpis_monthly') -%}
{%- endif %}

{{- crm_segmentation.rfm_measures(ref('account_kpis_monthly'), extra) }}
