import pandas as pd


def model(dbt, session):
    dbt.config(materialized="table")
    failed = session.query("select has_failed from control").df()["has_failed"].all()

    def frames():
        yield pd.DataFrame({"word": ["fine"]})
        # a statement between the frames commits nothing of them
        session.execute("select 1")
        yield pd.DataFrame({"word": ["not\0fine" if failed else "fine"]})

    return frames()
