{{ config(materialized='view') }}

{{- crm_segmentation.rfm_measures(ref('int_account_kpis')) }}
