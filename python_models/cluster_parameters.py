def model(dbt, session):
    # A refit is a reviewed event: rows are only added, and a full refresh keeps them.
    dbt.config(full_refresh=False)
    try:
        from crm_segmentation.fits import clusters, frames
    except ImportError as error:
        raise ImportError(
            "No Python package crm_segmentation beside dbt: install it with "
            "`pip install <folder of the crm_segmentation package>`."
        ) from error

    return clusters.refit(
        sample=dbt.ref("modelling_sample"),
        clusterings=dbt.ref("clusterings"),
        settings=dbt.ref("fit_settings"),
        recorded=frames.recorded_rows(dbt, session),
        asked=dbt.config.get("refit"),
    )
