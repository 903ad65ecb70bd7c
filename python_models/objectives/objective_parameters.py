def model(dbt, session):
    # A refit is a reviewed event: rows are only added, and a full refresh keeps them.
    dbt.config(full_refresh=False)
    try:
        from crm_segmentation.fits import frames, objectives
    except ImportError as error:
        raise ImportError(
            "No Python package crm_segmentation beside dbt: install it with "
            "`pip install <folder of the crm_segmentation package>`."
        ) from error

    return objectives.refit(
        sample=dbt.ref("modelling_sample"),
        ideals=dbt.ref("objective_sample"),
        objectives=dbt.ref("objectives"),
        traits=dbt.ref("objective_traits"),
        priors=dbt.ref("objective_priors"),
        settings=dbt.ref("fit_settings"),
        recorded=frames.recorded_rows(dbt, session),
        asked=dbt.config.get("refit"),
    )
