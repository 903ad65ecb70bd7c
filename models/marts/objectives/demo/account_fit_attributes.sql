{{ crm_segmentation.fit_attributes_model() }}
