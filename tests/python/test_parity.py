"""The demo company built on DuckDB and on PostgreSQL: the same rows, on two days.

The database of PostgreSQL sorts text as a language does, not by bytes, as a user's may. Between
the two days news arrive: orders, returns to old habits, a merger, withdrawn consents, values that
are missing or that no engine should read. See tests/python/parity.py for what may differ.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import parity
import pytest
from conftest import ROOT, DbtProject, DbtRun
from parity import Table, differences
from postgres_databases import Databases

pytestmark = pytest.mark.xdist_group("postgres_demo")

LATER = {"as_of_date": "2026-01-15"}


def shifted(table: str, key: str, time: str, others: str, keyed: str = "") -> str:
    """SQL: December's first rows once more, in January, under new keys."""
    new_key = f"{key} || 'N'"
    renewed = f", {keyed} || 'N'" if keyed else ""
    return (
        f"insert into crm_raw.{table} ({key}{', ' + keyed if keyed else ''}, {time}, {others}, "
        f"_loaded_at) select {new_key}{renewed}, replace({time}, '2025-12-', '2026-01-'), "
        f"{others}, replace(_loaded_at, '2025-12-', '2026-01-') from crm_raw.{table} "
        f"where {time} like '2025-12-0%'"
    )


NEWS = [
    shifted("raw_erp__orders", "order_no", "ordered_at",
            "customer_no, email, status, cancelled_at, channel, currency"),
    "insert into crm_raw.raw_erp__order_lines "
    "(line_id, order_no, product_no, quantity, net_amount, cost, _loaded_at) "
    "select lines.line_id || 'N', orders.order_no, lines.product_no, lines.quantity, "
    "lines.net_amount, lines.cost, orders._loaded_at from crm_raw.raw_erp__orders as orders "
    "inner join crm_raw.raw_erp__order_lines as lines on orders.order_no = lines.order_no || 'N'",
    shifted("raw_web__events", "event_id", "occurred_at",
            "visitor_id, user_email, customer_no, event_name, product_no, cart_id, url"),
    shifted("raw_crm__service_interactions", "interaction_id", "opened_at",
            "account_no, channel, topic, priority, status, closed_at"),
    # consents withdrawn
    "insert into crm_raw.raw_crm__consents (consent_id, channel, contact_point, account_no, "
    "purpose, status, occurred_at, _loaded_at) select consent_id || 'N', channel, contact_point, "
    "account_no, purpose, 'withdrawn', '2026-01-05 10:00:00', '2026-01-06 01:00:00' "
    "from crm_raw.raw_crm__consents where status = 'granted' and consent_id like 'CO1%'",
    # companies merged
    "update crm_raw.raw_crm__accounts set merged_into = 'A0100', _loaded_at = "
    "'2026-01-10 01:00:00' where account_no in ('A0107', 'A0118', 'A0129')",
    # one customer with four keys, all seen first at one instant: the smallest by bytes is the
    # founder, which no dictionary puts first
    *(
        "insert into crm_raw.raw_crm__accounts (account_no, type, name, tax_id, country, "
        f"created_at, _loaded_at) values ('{key}', 'company', 'Zwilling Pumpen', 'DE999888777', "
        "'DE', '2026-01-05 10:00:00', '2026-01-06 01:00:00')"
        for key in ("a-1", "B-1", "ä-1", "_1")
    ),
    # an order of May that nobody had told, and a line of a past order that is corrected
    "insert into crm_raw.raw_erp__orders (order_no, customer_no, ordered_at, status, currency, "
    "_loaded_at) values ('LATE', 'C0100', '2025-05-10 10:00:00', 'entered', 'EUR', "
    "'2026-01-09 01:00:00')",
    "insert into crm_raw.raw_erp__order_lines (line_id, order_no, product_no, quantity, "
    "net_amount, _loaded_at) values ('LATE', 'LATE', 'P01', '1', '100.00', '2026-01-09 01:00:00')",
    "update crm_raw.raw_erp__order_lines set net_amount = '77.77', _loaded_at = "
    "'2026-01-09 01:00:00' where order_no in (select order_no from crm_raw.raw_erp__orders "
    "where ordered_at like '2025-03-0%' and order_no not like '%N')",
    # what was known is not any more; words change their case
    "update crm_raw.raw_crm__accounts set tier = null, country = null where account_no like '%55'",
    "update crm_raw.raw_crm__accounts set name = upper(name) where account_no like '%77'",
    # values that engines on their own read in their own ways
    *(
        "insert into crm_raw.raw_erp__orders (order_no, customer_no, ordered_at, status, currency, "
        f"_loaded_at) values ('ODD{place}', 'C0100', '{text}', 'entered', 'EUR', "
        "'2026-01-09 01:00:00')"
        for place, text in enumerate(
            ["now", "today", "infinity", "epoch", "2026-01-03 24:00:00", "2026-02-30", "20260103",
             "2026-01-03 10:00:00.1234567", "2026-01-03T10:00:00+02", "2026-01-03 10:00:00Z"]
        )
    ),
    *(
        "insert into crm_raw.raw_erp__order_lines (line_id, order_no, product_no, quantity, "
        f"net_amount, _loaded_at) values ('ODD{place}', 'ODD7', 'P01', '1', '{text}', "
        "'2026-01-09 01:00:00')"
        for place, text in enumerate(["NaN", "1e3", "0x10", "1_000", " 12 ", "1,000", "0.005"])
    ),
]  # fmt: skip


def tell_news(run: DbtRun | DbtProject) -> None:
    for statement in NEWS:
        if run.postgres:
            run.postgres.execute(statement)
        else:
            with duckdb.connect(str(run.database)) as connection:
                connection.execute(statement)


def report(lines: list[str]) -> str:
    return "\n".join(lines)


@pytest.fixture(scope="module")
def on_postgres(postgres_demo: DbtRun) -> DbtRun:
    """The demo company on PostgreSQL, with all its data tests, unit tests, snapshots and seeds."""
    return postgres_demo


@pytest.fixture(scope="module")
def later(
    make_project: Callable[..., DbtProject],
    postgres: Databases,
    demo_build: DbtRun,
    on_postgres: DbtRun,
) -> Iterator[tuple[DbtRun, DbtRun]]:
    """Both companies two weeks and some news later."""
    assert on_postgres.postgres
    copy = postgres.make(template=on_postgres.postgres.name)
    projects = make_project(), make_project(postgres=copy)
    shutil.copy(demo_build.database, projects[0].database)
    runs = []
    for project in projects:
        tell_news(project)
        without = ("--exclude-resource-type", "seed", "test", "unit_test")
        runs.append(project.run("build", *without, vars=LATER))
    yield runs[0], runs[1]
    postgres.drop(copy)


@pytest.mark.slow
def test_the_first_day_is_the_same_on_both(demo_build: DbtRun, on_postgres: DbtRun) -> None:
    assert report(parity.compare(demo_build, on_postgres)) == ""


@pytest.mark.slow
def test_a_later_day_is_the_same_on_both(later: tuple[DbtRun, DbtRun]) -> None:
    assert report(parity.compare(*later)) == ""


@pytest.mark.slow
def test_the_news_were_heard(demo_build: DbtRun, later: tuple[DbtRun, DbtRun]) -> None:
    """The second day is no copy of the first: else nothing was compared."""
    told = {
        "account_kpis", "account_attribute_history", "group_membership_history",
        "identity_ledger", "quarantined_rows", "account_clusters", "account_contactability",
        "segment_migration", "account_rfm", "vip_dach", "group_sizes", "stg_erp__orders",
    }  # fmt: skip
    relations = {relation.name: relation for relation in parity.relations(demo_build.manifest())}
    assert not [
        name
        for name in told
        if not differences(
            name, parity.read(demo_build, relations[name]), parity.read(later[0], relations[name])
        )
    ]


@pytest.mark.slow
def test_month_ends_that_were_mended_are_those_of_a_full_refresh(
    on_postgres: DbtRun, later: tuple[DbtRun, DbtRun]
) -> None:
    """A late order, corrected lines and merged companies reach the months that are past."""
    orders = (
        "select sum(order_count_all)::int from crm_marts.account_kpis_monthly "
        "where as_of_date = date '2025-06-01'"
    )
    assert later[1].query(orders)[0][0] == on_postgres.query(orders)[0][0] + 1
    monthly = "select months::text from crm_marts.account_kpis_monthly as months"
    mended = Counter(later[1].query(monthly))
    again(later[1]).run("run", "--full-refresh", "--select", "account_kpis_monthly", vars=LATER)
    assert Counter(later[1].query(monthly)) == mended


@pytest.mark.slow
def test_analyses_answer_the_same_on_both(later: tuple[DbtRun, DbtRun]) -> None:
    """Compiled for each engine and asked of it: dbt itself never runs an analysis."""
    answers = []
    for run in later:
        compiled = again(run).run("compile", "--select", "resource_type:analysis", vars=LATER)
        folder = compiled.target / "compiled" / "crm_segmentation" / "analyses"
        answers.append({path.stem: run.query(path.read_text()) for path in folder.glob("*.sql")})
    assert len(answers[0]) >= 5
    assert all(answers[0].values())
    for name, rows in answers[0].items():
        assert [list(map(in_nine_digits, row)) for row in rows] == [
            list(map(in_nine_digits, row)) for row in answers[1][name]
        ]


def again(run: DbtRun) -> DbtProject:
    """The project of a run, which dbt has read already for that database and those vars."""
    return DbtProject(ROOT, run.database, run.target, postgres=run.postgres)


def in_nine_digits(value: Any) -> Any:
    """A quotient, which no contract casts, is a float on one engine and a decimal on the other."""
    return float(f"{value:.9g}") if isinstance(value, (float, Decimal)) else value


@pytest.mark.slow
def test_the_summary_is_the_same_on_both(on_postgres: DbtRun, consumer_role: str) -> None:
    assert on_postgres.postgres
    printed = subprocess.run(
        [
            str(Path(sys.executable).with_name("crm-segmentation")),
            *("summary", "--profiles-dir", str(ROOT), "--target", "postgres"),
            *("--target-path", str(on_postgres.target)),
            # of the build, which spares dbt reading all files anew
            *("--vars", json.dumps({"consumer_roles": [consumer_role]})),
        ],
        cwd=ROOT,
        env={**os.environ, **on_postgres.postgres.environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    # which is what DuckDB prints: test_summary holds it
    assert printed.strip() in (ROOT / "README.md").read_text(encoding="utf-8")


# -- the comparison itself ---------------------------------------------------------------------

TYPES = {"account_id": "text", "amount": "numeric(9,2)", "share": "double precision"}
ROWS = [("a", Decimal("1.00"), 0.5), ("b", Decimal("2.00"), None), ("c", None, 1e9)]


def given(rows: list[tuple]) -> Table:
    return Table(TYPES, lambda: rows)


def given_as(types: dict[str, str], rows: list[tuple]) -> Table:
    return Table(types, lambda: rows)


def changed(place: int, row: tuple) -> list[tuple]:
    return [row if position == place else kept for position, kept in enumerate(ROWS)]


def test_equal_tables_do_not_differ() -> None:
    assert differences("t", given(ROWS), given(ROWS[::-1]), ("account_id",)) == []


def test_floats_may_differ_in_their_last_digits_only() -> None:
    near = given(changed(0, ("a", Decimal("1.00"), 0.5 + 1e-12)))
    far = given(changed(0, ("a", Decimal("1.00"), 0.5 + 1e-6)))
    assert differences("t", given(ROWS), near, ("account_id",)) == []
    assert "t.share: 0.5 and 0.500001" in report(differences("t", given(ROWS), far))
    lost = given(changed(0, ("a", Decimal("1.00"), None)))
    assert "t.share: 0.5 and None" in report(differences("t", given(ROWS), lost))


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (None, "t: not there in the second"),
        (given_as({**TYPES, "more": "text"}, []), "t: columns differ: ['more']"),
        (given_as({**TYPES, "amount": "numeric(9,3)"}, ROWS), "t.amount: type numeric(9,2) and"),
        (given(ROWS[:2]), "only in the first: account_id=c"),
        (given([*ROWS, ("d", None, None)]), "only in the second: account_id=d"),
        (given([*ROWS, ROWS[0]]), "t: 1 of 3 and 4 rows differ"),
        (
            given(changed(1, ("b", Decimal("2.01"), None))),
            "account_id=b: amount Decimal('2.00') and Decimal('2.01')",
        ),
        (given(changed(1, ("b", None, None))), "amount Decimal('2.00') and None"),
    ],
)
def test_each_difference_is_said(other: Table | None, said: str) -> None:
    assert said in report(differences("t", given(ROWS), other, ("account_id",)))


def test_types_of_numbers_count_under_a_contract_only() -> None:
    sums = given_as({**TYPES, "amount": "numeric"}, ROWS)
    assert differences("t", given(ROWS), sums, exact_types=False) == []
    words = given_as({**TYPES, "amount": "text"}, ROWS)
    assert differences("t", given(ROWS), words, exact_types=False) != []
