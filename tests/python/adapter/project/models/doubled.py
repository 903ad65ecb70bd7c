def model(dbt, session):
    dbt.config(materialized="table", alias="Odd name-ä", schema="Odd schema")

    def doubled():
        for frame in dbt.ref("numbers").chunks(3):
            frame["number"] = frame["number"] * 2
            yield frame

    return doubled()
