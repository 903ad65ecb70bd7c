# a comment and two blank lines above: line numbers of errors count them
def model(dbt, session):
    dbt.config(materialized="table", indexes=[{"columns": ["total"]}])
    frame = dbt.ref("numbers").df()
    if dbt.config.get("fail"):
        raise_on_purpose(frame)
    frame["total"] = frame["amount"].cumsum()
    return frame


def raise_on_purpose(frame):
    return frame["no_such_column"]
