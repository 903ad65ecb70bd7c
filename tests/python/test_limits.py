"""What PostgreSQL cuts, refuses or takes long for, and what is done about it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]
from conftest import DbtRun
from postgres_databases import Database
from tiny_project import write_consumer

RULE = "{{ config(meta={'crm_segmentation': {'kind': 'profile'}}) }} select 1 as a"


def test_names_and_tables_past_the_limits_stop_a_run_before_it_builds(tmp_path: Path) -> None:
    """On every engine, all at once; a byte less passes, and so does what is not ours."""
    models = {"a" * 51: RULE, "b" * 52: RULE, "c" * 60: "select 1 as a", "wide": RULE}
    project = write_consumer(tmp_path / "project", models, vars={"as_of_date": "2026-01-01"})
    columns = [{"name": f"column_{i}"} for i in range(1598)]
    columns += [
        {"name": "d" * 63, "constraints": [{"type": "not_null", "name": "e" * 64}]},
        {"name": "ü" * 32},
        {"name": "f"},
    ]
    described = {"models": [{"name": "wide", "columns": columns}]}
    (project.folder / "models" / "models.yml").write_text(yaml.safe_dump(described))
    run = project.run("run", check=False)
    assert run.returncode
    assert "What PostgreSQL cuts or refuses stands in 4 place(s)" in run.output
    for problem in (
        f"Name too long of model {'b' * 52} (models/{'b' * 52}.sql): got '{'b' * 52}' with 52 "
        "bytes; allowed: 51, since dbt adds __dbt_backup",
        f"Column too long of model wide (models/wide.sql): got '{'ü' * 32}' with 64 bytes; "
        "allowed: 63",
        f"Constraint too long of model wide (models/wide.sql): got '{'e' * 64}' with 64 bytes",
        "Too many columns of model wide (models/wide.sql): got 1601; allowed: 1600",
    ):
        assert problem in run.output
    assert not re.search(r"START sql .* model", run.output)
    # which runs no hook
    compiled = project.run("compile", check=False)
    assert compiled.returncode
    assert "What PostgreSQL cuts or refuses stands in 4 place(s)" in compiled.output


@pytest.mark.parametrize(("windows", "accepted"), [(70, True), (800, False)])
def test_kpis_make_no_table_that_is_too_wide(tmp_path: Path, windows: int, accepted: bool) -> None:
    kpis = [
        {
            "name": name,
            "label": name,
            "description": name,
            "windows": [f"{n}d" for n in range(1, windows)],
            **kind,
        }
        for name, kind in (
            ("visits", {"count": "visit"}),
            ("share", {"ratio": ["order_count", "return_count"]}),
        )
    ]
    project = write_consumer(tmp_path / "project", {}, vars={"extra_kpis": kpis})
    run = project.run("run-operation", "crm_segmentation.kpi_columns", check=False)
    assert (run.returncode == 0) == accepted, run.output
    assert accepted or "Too many columns of KPIs: got" in run.output


# --- on a server -----------------------------------------------------------------


@pytest.mark.xdist_group("postgres_demo")
def test_big_tables_have_an_index_by_account_and_statistics(postgres_demo: DbtRun) -> None:
    indexed = {
        f"{schema}.{table}"
        for schema, table in postgres_demo.query(
            "select schemaname, tablename from pg_indexes where indexdef like '%%(account_id)'"
        )
    }
    assert {
        "crm_intermediate.int_activity_by_day",
        "crm_marts.account_attributes",
        "crm_marts.account_kpis",
        "crm_marts.account_kpis_monthly",
    } <= indexed
    # -1 says that a table was never looked at
    unknown = postgres_demo.query(
        "select relname from pg_class inner join pg_namespace on relnamespace = pg_namespace.oid"
        " where relkind = 'r' and reltuples < 0 and nspname in ('crm_marts', 'crm_intermediate')"
        # a few names, which the hook before a run keeps
        " and relname <> '_consumer_roles'"
    )
    assert unknown == []


@pytest.mark.parametrize("given_by", ["profile", "PGOPTIONS"])
def test_no_statement_takes_longer_than_statement_timeout(
    tmp_path: Path, postgres_database: Database, given_by: str
) -> None:
    """One that dbt runs, and one that a Python model reads."""
    project = replace(
        write_consumer(
            tmp_path / "project",
            {
                "slow_table": "{{ config(materialized='table') }} select 1 as a from pg_sleep(9)",
                "slow_view": "{{ config(materialized='view') }} select 1 as a from pg_sleep(9)",
            },
            vars={"as_of_date": "2026-01-01"},
        ),
        postgres=postgres_database,
    )
    (project.folder / "models" / "slow_fit.py").write_text(
        "def model(dbt, session):\n    return dbt.ref('slow_view').df()\n"
    )
    options = "-c statement_timeout=400ms"
    if given_by == "profile":
        profile = project.folder / "profiles.yml"
        given = yaml.safe_load(profile.read_text())
        given["consumer"]["outputs"]["postgres"]["options"] = options
        profile.write_text(yaml.safe_dump(given))
    else:
        project.environment["PGOPTIONS"] = options
    run = project.run("run", "-s", "package:consumer", check=False)
    assert run.returncode
    for model in ("slow_table", "slow_fit"):
        assert re.search(
            rf"Error in model {model} .*\n.*canceling statement due to statement timeout",
            run.output,
        ), run.output
    assert "ERROR=2 " in run.output
