def model(dbt, session):
    dbt.config(materialized="table", pre_hook="create temporary table seen as select 7 as seven")
    session.execute("insert into seen values (8)")
    numbers = dbt.ref("numbers")
    return session.query(f"select * from seen cross join ({numbers.sql}) as numbers")
