{{ crm_segmentation.account_kpi_monthly_model() }}
