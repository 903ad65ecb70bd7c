{#- The columns have the types of the declared KPIs, so no contract can name them. -#}
{{ config(materialized='view', contract={'enforced': false}) }}

{{- crm_segmentation.rfm_measures(ref('int_account_kpis')) }}
