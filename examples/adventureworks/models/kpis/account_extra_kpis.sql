{{ crm_segmentation.account_kpi_model('extra') }}
