"""Python models on PostgreSQL, in a project that has nothing but the adapter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import DbtProject, DbtRun
from dbt.adapters.postgres_python.impl import PostgresPythonAdapter
from postgres_databases import Database, Databases

PROJECT = Path(__file__).parent / "project"


@pytest.fixture(scope="module")
def database(postgres: Databases) -> Iterator[Database]:
    database = postgres.make()
    database.execute("create table control as select false as has_failed")
    database.execute(f"alter database {database.name} set idle_session_timeout = '1h'")
    yield database
    postgres.drop(database)


@pytest.fixture(scope="module")
def project(make_project: Callable[..., DbtProject], database: Database) -> DbtProject:
    project = make_project(PROJECT, postgres=database)
    # dbt takes blank lines off the head of a model; lines of errors are counted with them
    model = project.folder / "models" / "sums.py"
    model.write_text("\n\n\n" + model.read_text())
    return project


@pytest.fixture(scope="module")
def first(project: DbtProject) -> DbtRun:
    return project.run("run")


@pytest.fixture(scope="module")
def failed(project: DbtProject, database: Database, first: DbtRun) -> DbtRun:
    """The second run, in which two models fail."""
    database.execute("update control set has_failed = true")
    return project.run("run", check=False)


def types(database: Database, table: str) -> dict[str, str]:
    return dict(
        database.query(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute "
            "where attrelid = %s::regclass and attnum > 0",
            (table,),
        )
    )


def test_a_table_has_the_types_of_its_frame(first: DbtRun, database: Database) -> None:
    assert types(database, "main.sums") == {
        "number": "integer",
        "amount": "numeric",
        "even_number": "integer",
        "total": "numeric",
        "status": "bigint",
        "limit": "text",
    }
    rows = database.query("select number, even_number, total from main.sums order by number")
    assert rows[:2] == [(1, None, Decimal("0.25")), (2, 2, Decimal("0.75"))]
    assert len(rows) == 10


def test_a_fit_holds_no_transaction_open_and_may_take_long(
    first: DbtRun, database: Database
) -> None:
    assert database.query('select distinct status, "limit" from main.sums') == [(0, "0")]


def test_indexes_grants_and_comments_are_those_of_the_model(
    first: DbtRun, database: Database
) -> None:
    indexes = "select indexdef from pg_indexes where schemaname = 'main' and tablename = 'sums'"
    ((definition,),) = database.query(indexes)
    assert definition.startswith("CREATE UNIQUE INDEX") and definition.endswith("(total)")
    assert database.query("select obj_description('main.sums'::regclass)") == [
        ("Sums of 'numbers', with \"quotes\" and $dollars$.",)
    ]
    granted = "select has_table_privilege('public', 'main.sums', 'select')"
    assert database.query(granted) == [(True,)]


def test_names_are_quoted_and_chunks_are_read_while_they_are_written(
    first: DbtRun, database: Database
) -> None:
    assert database.query(
        'select count(*)::int, sum(number)::int from "main_Odd schema"."Odd name-ä"'
    ) == [(10, 110)]


def test_a_query_is_passed_on_within_the_transaction_of_a_hook(
    first: DbtRun, database: Database
) -> None:
    assert database.query(
        "select seven, count(*)::int from main.passed_on group by 1 order by 1"
    ) == [
        (7, 10),
        (8, 10),
    ]


def test_a_failing_model_is_told_by_its_file_and_line(failed: DbtRun) -> None:
    assert failed.returncode == 1
    assert "Python model Error in model sums (models/sums.py)" in failed.output
    assert "KeyError: 'no_such_column'" in failed.output
    assert 'in models/sums.py, line 18: return frame["no_such_column"]' in failed.output
    assert "column 'word', row 2 holds the character NUL" in failed.output


def test_a_failing_model_leaves_the_table_as_it_was(failed: DbtRun, database: Database) -> None:
    assert database.query("select count(*)::int, max(total) from main.sums") == [
        (10, Decimal("13.75"))
    ]
    assert database.query("select count(*)::int from main.stores_nul") == [(2,)]
    left = "select relname from pg_class where relname like '%%dbt%%'"
    assert database.query(left) == []


def test_an_incremental_model_adds_and_replaces_rows(failed: DbtRun, database: Database) -> None:
    """Its types stay, although one column never held a value."""
    assert database.query("select run, amount, note from main.runs order by run") == [
        (0, None, "seen by 1"),
        (1, None, "seen by 2"),
        (2, None, "seen by 2"),
    ]
    assert types(database, "main.runs") == {
        "run": "bigint",
        "amount": "numeric(9,2)",
        "note": "character varying(40)",
        "first_seen": "date",
        "status": "bigint",
    }
    assert database.query("select distinct status from main.runs") == [(0,)]


def test_a_full_refresh_begins_anew(
    failed: DbtRun, project: DbtProject, database: Database
) -> None:
    project.run("run", "--full-refresh", "--select", "runs")
    assert database.query("select min(run), max(run) from main.runs") == [(0, 1)]


def test_an_empty_run_reads_a_ref_that_has_an_alias(database: Database) -> None:
    """What `--empty` writes for `ref('orders')` may be followed by `as orders`."""
    limited = PostgresPythonAdapter.Relation.create(
        database=database.name, schema="pg_catalog", identifier="pg_class", limit=0
    )
    assert database.query("select count(*) > 0 from pg_class") == [(True,)]
    assert database.query(f"select count(named.oid)::int from {limited} as named") == [(0,)]
    assert database.query(f"select count(*)::int from {limited}") == [(0,)]
