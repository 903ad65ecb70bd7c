import pandas as pd


def model(dbt, session):
    dbt.config(materialized="incremental")
    failed = session.query("select has_failed from control").df()["has_failed"].all()
    return pd.DataFrame({"word": ["fine", "not\0fine" if failed else "fine"]})
