"""RFM straight from order lines: in one pass, by ids of orders, and from totals day by day."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import DbtProject, DbtRun
from postgres_databases import Databases
from tiny_project import write_consumer, write_seed

DAY = date(2026, 1, 1)
COLUMNS = {
    "account_id": "text",
    "order_id": "text",
    "line_number": "integer",
    "ordered_on": "date",
    "net_amount": "decimal(18, 2)",
}
ARGUMENTS = "ref('order_lines')"
FIRST = f"{ARGUMENTS}, is_first_line='line_number = 1'"
TOTALS = """\
{{{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='account_id'
) }}}}
{{{{ crm_segmentation.rfm_order_totals({}) }}}}
"""
MEASURES = """\
{{{{ config(materialized='table') }}}}
{{{{ crm_segmentation.rfm_measures_of_order_lines({}) }}}}
"""
QUERIES = {
    "measures_in_one_pass": MEASURES.format(FIRST),
    "measures_by_ids": MEASURES.format(ARGUMENTS),
    "totals": TOTALS.format(FIRST),
    "measures_of_totals": MEASURES.format(f"{FIRST}, totals=ref('totals')"),
    "totals_by_ids": TOTALS.format(ARGUMENTS),
    "measures_of_totals_by_ids": MEASURES.format(f"{ARGUMENTS}, totals=ref('totals_by_ids')"),
    "settled_totals": TOTALS.format(f"{FIRST}, settled_after_days=3"),
    "measures_of_settled_totals": MEASURES.format(f"{FIRST}, totals=ref('settled_totals')"),
    # of these three are out of bounds: NaN, -0.001 and 1.001
    "numbers": "select cast(numbers.number as double precision) as number from (values"
    " ('NaN'), ('-0.001'), ('0'), ('0.5'), ('1'), ('1.001'), (null)) as numbers (number)",
}
BOUNDS = {"least": 0, "most": 1}


def compared(name: str, model: str, **arguments: Any) -> dict[str, Any]:
    """A model of totals and the test that compares it with the lines."""
    test = {"name": name, "arguments": {"lines": "ref('order_lines')", **arguments}}
    return {"name": model, "data_tests": [{"crm_segmentation.totals_match_lines": test}]}


SCHEMA = {
    "models": [
        compared("all_days_match", "totals", is_first_line="line_number = 1"),
        compared("by_ids_match", "totals_by_ids", parts=0),
        compared("settled_days_match", "settled_totals", is_first_line="line_number = 1"),
        {
            "name": "numbers",
            "columns": [
                {
                    "name": "number",
                    "data_tests": [
                        {
                            "crm_segmentation.within_bounds": {
                                "arguments": BOUNDS,
                                "config": {"warn_if": "!= 3", "error_if": "!= 3"},
                            }
                        }
                    ],
                }
            ],
        },
    ]
}
LINES = [
    ("a", "a1", 1, DAY - timedelta(days=400), "10.00"),
    ("a", "a1", 2, DAY - timedelta(days=400), "0.10"),
    ("a", "a2", 1, DAY - timedelta(days=4), "5.55"),
    # the day before is not the as_of day
    ("b", "b1", 1, DAY - timedelta(days=1), "7.00"),
    ("b", "b1", 2, DAY - timedelta(days=1), "-2.00"),
    ("c", "c1", 1, DAY, "3.00"),
    # this is of a later day than any build
    ("c", "c2", 1, DAY + timedelta(days=9), "99.00"),
]
# what is known three days later: orders of old and new accounts since
LATER = [
    ("a", "a3", 1, DAY + timedelta(days=1), "1.00"),
    ("d", "d1", 1, DAY + timedelta(days=2), "8.00"),
    ("d", "d1", 2, DAY + timedelta(days=2), "8.25"),
]
# of days that are counted but not settled: one line comes late, of one the amount is corrected,
# one of an order and the only one of an account vanish
UNSETTLED = [
    ("b", "b2", 1, DAY + timedelta(days=1), "4.00"),
    ("a", "a3", 1, DAY + timedelta(days=1), "2.50"),
    ("d", "d1", 1, DAY + timedelta(days=2), "8.00"),
]
# and the same of days that are settled; b bought a day earlier than we thought
OLD = [
    ("a", "a1", 1, DAY - timedelta(days=400), "10.00"),
    ("a", "a1", 2, DAY - timedelta(days=400), "0.10"),
    ("a", "a2", 1, DAY - timedelta(days=4), "6.66"),
    ("b", "b1", 1, DAY - timedelta(days=2), "7.00"),
    ("e", "e1", 1, DAY - timedelta(days=300), "12.00"),
]


def expected(lines: list[tuple[Any, ...]], as_of: date) -> list[tuple[Any, ...]]:
    found: dict[str, tuple[date, set[str], Decimal]] = {}
    for account, order, _, day, amount in lines:
        if day < as_of:
            last, orders, total = found.get(account, (day, set(), Decimal(0)))
            found[account] = (max(last, day), orders | {order}, total + Decimal(amount))
    return [
        (account, as_of, (as_of - last).days, len(orders), total)
        for account, (last, orders, total) in sorted(found.items())
    ]


def measures(run: DbtRun, name: str) -> list[tuple[Any, ...]]:
    return run.query(
        "select account_id, as_of_date, recency, frequency, monetary"
        f" from crm.{name} order by account_id"
    )


def found_by(run: DbtRun) -> dict[str, str]:
    """What the tests of the totals found: PASS, or WARN and how many accounts differ."""
    lines = re.findall(r" (PASS|WARN \d+) (\w+)_match ", run.output)
    return {name: found for found, name in lines}


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("order_lines")
    made = write_consumer(folder / "consumer", QUERIES, {})
    (made.folder / "models/schema.yml").write_text(yaml.safe_dump(SCHEMA))
    if request.param == "duckdb":
        yield made
        return
    databases: Databases = request.getfixturevalue("postgres")
    database = databases.make()
    yield replace(made, postgres=database)
    databases.drop(database)


def test_totals_grow_to_what_one_pass_gives(project: DbtProject) -> None:
    """Each way gives the measures of the lines, on the first day and after three more."""
    write_seed(project.folder, "order_lines", COLUMNS, LINES)
    first = project.run("build", vars={"as_of_date": str(DAY)})
    assert found_by(first) == {"all_days": "PASS", "by_ids": "PASS", "settled_days": "PASS"}
    # that of the bounds, by the number of rows that it finds
    assert "PASS crm_segmentation_within_bounds_numbers_number" in first.output
    for name in (name for name in QUERIES if name.startswith("measures")):
        assert measures(first, name) == expected(LINES, DAY), name

    write_seed(project.folder, "order_lines", COLUMNS, [*LINES, *LATER])
    day = DAY + timedelta(days=3)
    later = project.run("build", vars={"as_of_date": str(day)})
    for name in (name for name in QUERIES if name.startswith("measures")):
        assert measures(later, name) == expected([*LINES, *LATER], day), name
    assert set(found_by(later).values()) == {"PASS"}
    # only new days were counted: accounts without a new line are as they were
    assert later.query("select account_id, counted_until from crm.totals order by account_id") == [
        ("a", day),
        ("b", DAY),
        ("c", day),
        ("d", day),
    ]

    # news of old lines: what holds days for settled does not see them
    changed = [*LINES[:5], *UNSETTLED]
    write_seed(project.folder, "order_lines", COLUMNS, changed)
    again = project.run("build", vars={"as_of_date": str(DAY + timedelta(days=1))}, check=False)
    assert "Earlier day than the totals in var 'as_of_date'" in again.output
    assert "--full-refresh" in again.output
    again = project.run("build", vars={"as_of_date": str(day)})
    assert measures(again, "measures_in_one_pass") == expected(changed, day)
    assert measures(again, "measures_of_settled_totals") == expected(changed, day)
    assert measures(again, "measures_of_totals") == expected([*LINES, *LATER], day)
    # an amount of a is another, a line of b came late, c vanished and a line of d did
    assert found_by(again) == {"all_days": "WARN 4", "by_ids": "WARN 4", "settled_days": "PASS"}

    # news of settled days are seen by a build from nothing
    changed = [*OLD, *UNSETTLED]
    write_seed(project.folder, "order_lines", COLUMNS, changed)
    names = ("measures_of_settled_totals", "measures_of_totals", "measures_of_totals_by_ids")
    again = project.run("build", vars={"as_of_date": str(day)})
    for name in names:
        assert measures(again, name) != expected(changed, day), name
    # c and d have lines of days alone that are not settled yet
    assert found_by(again) == {"all_days": "WARN 5", "by_ids": "WARN 5", "settled_days": "WARN 3"}
    again = project.run("build", "--full-refresh", vars={"as_of_date": str(day)})
    for name in names:
        assert measures(again, name) == expected(changed, day), name
    assert set(found_by(again).values()) == {"PASS"}


def test_a_window_is_refused_with_totals(tmp_path: Path) -> None:
    rfm = {"dimensions": {"frequency": {"kpi": "order_count_365d"}}}
    names = ("measures_of_totals", "totals")
    made = write_consumer(
        tmp_path / "consumer", {name: QUERIES[name] for name in names}, {"rfm": rfm}
    )
    write_seed(made.folder, "order_lines", COLUMNS, LINES)
    refused = made.run("parse", vars={"as_of_date": str(DAY)}, check=False)
    assert "KPI that totals of order lines do not give in var 'rfm'" in refused.output
    assert "got 'order_count_365d'" in refused.output


def test_bad_parts_are_refused(tmp_path: Path) -> None:
    parts = -1
    made = write_consumer(tmp_path / "consumer", {"totals": QUERIES["totals"]}, {})
    write_seed(made.folder, "order_lines", COLUMNS, LINES)
    schema = {"models": [compared("match", "totals", parts=parts)]}
    (made.folder / "models/schema.yml").write_text(yaml.safe_dump(schema))
    refused = made.run("compile", vars={"as_of_date": str(DAY)}, check=False)
    assert f"Bad parts in the test totals_match_lines: got '{parts}'; allowed" in refused.output
