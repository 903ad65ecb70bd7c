import pandas as pd


def model(dbt, session):
    dbt.config(materialized="incremental", unique_key="run", column_types={"note": "varchar(40)"})
    run = 1
    if dbt.is_incremental:
        known = session.query(f"select max(run) as run from {dbt.this!r}").df()
        run = int(known["run"].iloc[0]) + 1
    return pd.DataFrame({"run": [run], "amount": [None], "note": [f"run {run}"]})
