def model(dbt, session):
    dbt.config(materialized="table", indexes=[{"columns": ["total"], "unique": True}])
    frame = dbt.ref("numbers").df()
    if session.query("select has_failed from control").df()["has_failed"].all():
        raise_on_purpose(frame)
    frame["total"] = frame["amount"].cumsum()
    # whether the fit holds a transaction open: 0 is idle
    frame["status"] = session.handle.info.transaction_status
    limit = session.query("select current_setting('idle_session_timeout') as of_idleness")
    frame["limit"] = limit.df()["of_idleness"].iloc[0]
    return frame


def raise_on_purpose(frame):
    return frame["no_such_column"]
