"""KPIs, flags and what changed them, against an oracle that counts row by row."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import DbtProject, DbtRun
from kpis.company import ABSENT, Raw, account_ids, hard_cases
from kpis.oracle import Row, expected_kpis, read_company, table

pytestmark = pytest.mark.slow

DAY = date(2026, 1, 1)
ZONE = "Europe/Berlin"
CATEGORIES = {"Pumps": "pumps", "Valves": "valves", "Äl": "l"}
DEMO_CATEGORIES = {
    "Pumps": "pumps",
    "Valves": "valves",
    "Filters": "filters",
    "Sensors": "sensors",
    "Spare parts": "spare_parts",
}
VARS: dict[str, Any] = {
    "demo": False,
    "as_of_date": DAY.isoformat(),
    "time_zone": ZONE,
    "kpi_categories": list(CATEGORIES),
    "absent_sources": ABSENT,
}
# what is built anew to see the KPIs of another day on the same accounts
KPIS_ONLY = ("int_exchange_rates_spanned+", "--exclude", "account_attributes+", "quarantined_rows+")


def differences(rows: list[Row], expected: dict[str, Row]) -> list[str]:
    """What a built table says otherwise than the oracle."""
    built = {row["account_id"]: row for row in rows}
    found = [f"{key}: only built" for key in built.keys() - expected.keys()]
    found += [f"{key}: only expected" for key in expected.keys() - built.keys()]
    for key in built.keys() & expected.keys():
        found += [
            f"{key} {column}: built {built[key][column]!r}, expected {value!r}"
            for column, value in expected[key].items()
            if column in built[key] and built[key][column] != value
        ]
    return sorted(found)


def read(database: Path, name: str) -> list[Row]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return table(connection, name)


# --- the company of hard cases ---------------------------------------------------


@dataclass(frozen=True)
class Built:
    """A built company whose raw tables and day can be changed and built again."""

    project: DbtProject
    raw: Raw

    def build(self, *arguments: str, check: bool = True, **vars: Any) -> DbtRun:
        return self.project.run(*arguments, vars=VARS | vars, check=check)


@pytest.fixture(scope="module")
def company(make_project: Callable[..., DbtProject]) -> Built:
    """Through staging and identity to the KPIs and flags."""
    built = Built(make_project(), hard_cases())
    built.raw.write(built.project.database)
    built.build(
        "build", "-s", "+account_kpis", "+account_kpi_flags", "+account_kpis_monthly",
        "+int_rejected_order_lines", "--exclude", "resource_type:unit_test",
    )  # fmt: skip
    return built


@pytest.fixture
def copied(company: Built, make_project: Callable[..., DbtProject]) -> Built:
    """The built company once more, free to be changed."""
    project = make_project()
    shutil.copy(company.project.database, project.database)
    return Built(project, hard_cases())


@pytest.fixture
def connection(company: Built) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(company.project.database), read_only=True) as opened:
        yield opened


def by_customer(database: Path, name: str) -> dict[str, Row]:
    """The rows of a table of accounts by ERP customer."""
    with duckdb.connect(str(database), read_only=True) as connection:
        by_account = {row["account_id"]: row for row in table(connection, name)}
        accounts = account_ids(connection)
    return {name: by_account[key] for name, key in accounts.items() if key in by_account}


def test_hard_cases_equal_the_oracle(connection: duckdb.DuckDBPyConnection) -> None:
    expected = expected_kpis(read_company(connection, ZONE), DAY, CATEGORIES)
    assert len(expected) > 15
    built = table(connection, "int_account_kpis")
    assert differences(built, expected) == []
    columns = {column for column in built[0] if not column.endswith(("__above", "__below"))}
    assert columns - {"account_id", "as_of_date"} == set(next(iter(expected.values())))


@pytest.mark.parametrize(
    ("customer", "values"),
    [
        # order n has the amount 2 ** (n - 1), so a sum names its orders
        (
            "boundary",
            {
                "revenue_30d": 0b101,
                "revenue_90d": 0b11101,
                "revenue_180d": 0b1111101,
                "revenue_365d": 0b111111101,
                "revenue_all": 0b1111111101,
                "visit_count_30d": 2,
                "days_since_last_order": 1,
            },
        ),
        ("ties", {"preferred_category": "Zähne", "order_count_l_90d": 2, "product_count_all": 3}),
        ("empty", {"order_count_all": 0, "revenue_all": 0, "average_order_value_all": None}),
        ("empty", {"days_since_last_order": None, "preferred_category": None}),
        # cancelled one second before the day, and at its first instant
        ("cancelled", {"order_count_all": 1, "revenue_all": 200, "return_amount_all": 0}),
        ("returner", {"revenue_30d": -10, "revenue_all": 390, "return_count_all": 3}),
        ("drifter", {"revenue_change_percent_90d": -30}),
        # 87.69... + 90.045 at the rates of two days in Berlin, less 85.0425
        ("dollars", {"revenue_180d": Decimal("92.71"), "revenue_90d": Decimal("-85.04")}),
        ("pounds", {"revenue_all": Decimal("11.66")}),
        ("unpriced", {"order_count_all": 1, "revenue_all": 0, "return_count_all": 0}),
        ("negative", {"order_count_all": 2, "revenue_all": 5, "return_amount_all": 70}),
        ("halves", {"average_order_value_30d": Decimal("0.01")}),
        ("halves", {"average_order_value_all": Decimal("-0.01")}),
        ("dst", {"purchase_interval_days": 1, "order_count_90d": 3}),
        ("future", {"order_count_all": 0}),
        ("ann@guests.example", {"order_count_all": 2}),
        ("order:E3", {"order_count_all": 1}),
        ("unlisted", {"order_count_all": 1}),
    ],
)
def test_hard_cases_by_hand(company: Built, customer: str, values: Row) -> None:
    row = by_customer(company.project.database, "int_account_kpis")[customer]
    assert {name: row[name] for name in values} == values


def test_rejected_lines_are_those_without_order_or_rate(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rejected = {
        (row["table_name"], row["record_key"], row["reason"])
        for row in table(connection, "int_rejected_order_lines")
    }
    assert rejected == {
        ("order_lines", "G2-1", "missing_exchange_rate"),
        ("order_lines", "S1-1", "missing_exchange_rate"),
        ("order_lines", "lost", "unknown_order"),
        ("returns", "RG2", "order_rejected"),
        ("returns", "RR5", "unknown_order"),
    }
    assert rejected == read_company(connection, ZONE).rejected
    lines = len(table(connection, "stg_erp__order_lines")) + len(
        table(connection, "stg_erp__returns")
    )
    booked = [
        row for row in table(connection, "int_activity") if row["event_name"] in
        ("order_line", "return")
    ]  # fmt: skip
    assert len(booked) + len(rejected) == lines


def test_known_as_of_hides_what_was_loaded_later(copied: Built) -> None:
    """The order is known, its second line and the return came in later."""
    late = "2026-01-02 05:00:00"
    for row in copied.raw.rows["erp.order_lines"]:
        if row["line_id"] in ("R2-2", "T1-1"):
            row["_loaded_at"] = late
    for row in copied.raw.rows["erp.returns"]:
        if row["return_id"] == "RR1":
            row["_loaded_at"] = late
    copied.raw.write(copied.project.database)
    copied.build(
        "run", "-s", "base_erp__order_lines+1", "base_erp__returns+1",
        "int_exchange_rates_spanned+", "--exclude", "account_attributes+",
        known_as_of="2026-01-02",
    )  # fmt: skip
    with duckdb.connect(str(copied.project.database), read_only=True) as connection:
        company = read_company(connection, ZONE, known_as_of=date(2026, 1, 2))
        built = table(connection, "int_account_kpis")
    assert differences(built, expected_kpis(company, DAY, CATEGORIES)) == []
    row = by_customer(copied.project.database, "int_account_kpis")["returner"]
    assert row["revenue_all"] == 390 - 50 + 100


# --- one definition, two grains --------------------------------------------------


def test_each_month_end_equals_the_oracle(connection: duckdb.DuckDBPyConnection) -> None:
    company = read_company(connection, ZONE)
    rows = table(connection, "account_kpis_monthly")
    days = sorted({row["as_of_date"] for row in rows})
    assert days == [date(2024 + n // 12, n % 12 + 1, 1) for n in range(1, 25)]
    for day in days:
        monthly = [row for row in rows if row["as_of_date"] == day]
        assert differences(monthly, expected_kpis(company, day, CATEGORIES)) == []


@pytest.mark.parametrize("day", ["2025-12-01", "2025-07-01"])
def test_a_month_end_equals_the_build_of_that_day(copied: Built, day: str) -> None:
    """On the accounts of today: who is who is the business of identity."""
    monthly = {
        row["account_id"]: row
        for row in read(copied.project.database, "account_kpis_monthly")
        if row["as_of_date"].isoformat() == day
    }
    copied.build("run", "-s", "int_activity", "int_activity_by_day", "int_account_kpis",
                 as_of_date=day)  # fmt: skip
    daily = read(copied.project.database, "int_account_kpis")
    assert len(daily) > 10
    assert {row["account_id"]: {name: row[name] for name in monthly[row["account_id"]]}
            for row in daily} == monthly  # fmt: skip
