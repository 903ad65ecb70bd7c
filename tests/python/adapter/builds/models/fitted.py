import pandas as pd


def model(dbt, session):
    dbt.config(materialized="table")
    run = int(session.query("select run_number from public.control").df()["run_number"].iloc[0])

    def halves():
        yield pd.DataFrame({"n": range(1, 501), "run_number": run})
        # half of the rows are loaded
        session.query("select public.pause('fitted')").fetchall()
        yield pd.DataFrame({"n": range(501, 1001), "run_number": run})

    return halves()
