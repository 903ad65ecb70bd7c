{{ crm_segmentation.cluster_attributes_model() }}
