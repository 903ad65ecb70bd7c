{{ crm_segmentation.contactability(
    ref('int_contact_points'),
    ref('int_consents'),
    ref('int_contact_blocks')
) }}
