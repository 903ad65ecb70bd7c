def model(dbt, session):
    # A refit is a reviewed event: rows are only added, and a full refresh keeps them.
    dbt.config(full_refresh=False)
    try:
        from crm_segmentation.fits import decision_trees, frames
    except ImportError as error:
        raise ImportError(
            "No Python package crm_segmentation beside dbt: install it with "
            "`pip install <folder of the crm_segmentation package>`."
        ) from error

    return decision_trees.refit(
        sample=dbt.ref("modelling_sample"),
        targets=dbt.ref("modelling_targets"),
        trees=dbt.ref("decision_trees"),
        features=dbt.ref("decision_tree_features"),
        settings=dbt.ref("fit_settings"),
        recorded=frames.recorded_rows(dbt, session),
        asked=dbt.config.get("refit"),
    )
