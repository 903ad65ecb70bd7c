"""KPIs, flags and what changed them, against an oracle that counts row by row."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml  # type: ignore[import-untyped]
from conftest import ROOT, DbtProject, DbtRun
from kpis.company import ABSENT, Raw, account_ids, hard_cases
from kpis.oracle import Row, expected_kpis, read_company, table

pytestmark = pytest.mark.slow

DAY = date(2026, 1, 1)
ZONE = "Europe/Berlin"
CATEGORIES = {"Pumps": "pumps", "Valves": "valves", "Äl": "l"}
GROUPS = {"two_of_them": ("Pumps", "Äl")}
DEMO_CATEGORIES = {
    "Pumps": "pumps",
    "Valves": "valves",
    "Filters": "filters",
    "Sensors": "sensors",
    "Spare parts": "spare_parts",
}
DEMO_GROUPS = {"wear_parts": ("Filters", "Spare parts")}
VARS: dict[str, Any] = {
    "demo": False,
    "as_of_date": DAY.isoformat(),
    "time_zone": ZONE,
    "kpi_categories": [*CATEGORIES, {"name": "Two of them", "categories": ["Pumps", "Äl"]}],
    "absent_sources": ABSENT,
    "max_rate_age_days": 639,
}


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
        "+int_rejected_order_lines", "--exclude", "resource_type:test", "resource_type:unit_test",
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
    expected = expected_kpis(
        read_company(connection, ZONE, max_rate_age_days=639), DAY, CATEGORIES, GROUPS
    )
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
        ("vip", {"order_count_pumps_all": 1, "product_count_all": 2}),
        ("unpriced", {"order_count_all": 1, "revenue_all": 0, "return_count_all": 0}),
        ("unpriced", {"average_order_value_all": None}),
        # two of four orders have a rate
        ("swiss", {"order_count_all": 4, "revenue_all": Decimal("10.90")}),
        ("swiss", {"average_order_value_all": Decimal("5.45")}),
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
        ("order_lines", "S4-1", "missing_exchange_rate"),
        ("order_lines", "lost", "unknown_order"),
        ("returns", "RG2", "order_rejected"),
        ("returns", "RR5", "unknown_order"),
    }
    assert rejected == read_company(connection, ZONE, max_rate_age_days=639).rejected
    lines = len(table(connection, "stg_erp__order_lines")) + len(
        table(connection, "stg_erp__returns")
    )
    booked = [
        row for row in table(connection, "int_activity") if row["event_name"] in
        ("order_line", "return")
    ]  # fmt: skip
    assert len(booked) + len(rejected) == lines


def test_many_rejected_lines_fail_and_name_the_table(company: Built) -> None:
    done = company.build("test", "-s", "rejected_order_lines_are_few", check=False)
    assert done.returncode != 0
    assert "Too many rows rejected in table erp.order_lines: got 4 of" in done.output
    assert "Too many rows rejected in table erp.returns: got 2 of" in done.output


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
        "run", "-s", "base_erp__order_lines", "base_erp__returns", "stg_erp__order_lines",
        "stg_erp__returns",
        "int_exchange_rates_spanned", "int_order_lines_converted", "int_returns_converted",
        "int_activity", "int_activity_by_day", "int_account_kpis",
        known_as_of="2026-01-02",
    )  # fmt: skip
    with duckdb.connect(str(copied.project.database), read_only=True) as connection:
        company = read_company(
            connection, ZONE, known_as_of=date(2026, 1, 2), max_rate_age_days=639
        )
        built = table(connection, "int_account_kpis")
    assert differences(built, expected_kpis(company, DAY, CATEGORIES, GROUPS)) == []
    row = by_customer(copied.project.database, "int_account_kpis")["returner"]
    assert row["revenue_all"] == 390 - 50 + 100


# --- one definition, two grains --------------------------------------------------


def test_each_month_end_equals_the_oracle(connection: duckdb.DuckDBPyConnection) -> None:
    company = read_company(connection, ZONE, max_rate_age_days=639)
    rows = table(connection, "account_kpis_monthly")
    days = sorted({row["as_of_date"] for row in rows})
    assert days == [date(2024 + n // 12, n % 12 + 1, 1) for n in range(1, 25)]
    for day in days:
        monthly = [row for row in rows if row["as_of_date"] == day]
        assert differences(monthly, expected_kpis(company, day, CATEGORIES, GROUPS)) == []


def test_a_month_end_equals_the_build_of_that_day(copied: Built) -> None:
    """On the accounts of today: who is who is the business of identity."""
    day = "2025-07-01"
    monthly = {
        row["account_id"]: row
        for row in read(copied.project.database, "account_kpis_monthly")
        if row["as_of_date"].isoformat() == day
    }
    for row in monthly.values():
        del row["facts_hash"]
    copied.build("run", "-s", "int_activity", "int_activity_by_day", "int_account_kpis",
                 as_of_date=day)  # fmt: skip
    daily = read(copied.project.database, "int_account_kpis")
    assert len(daily) > 10
    assert {row["account_id"]: {name: row[name] for name in monthly[row["account_id"]]}
            for row in daily} == monthly  # fmt: skip


def test_month_ends_are_computed_anew_where_facts_are_others(copied: Built) -> None:
    """Built a month later, with a corrected line, they are those of a full refresh."""
    raw, database = copied.raw, copied.project.database
    accounts = by_customer(database, "account_kpis")
    ties, vip = accounts["ties"]["account_id"], accounts["vip"]["account_id"]

    def change(sql: str) -> None:
        with duckdb.connect(str(database)) as connection:
            connection.execute(sql.replace("months", "crm_marts.account_kpis_monthly"))

    def build(day: date) -> dict[tuple[str, date], Row]:
        copied.build(
            "run", "-s", "base_erp__order_lines", "stg_erp__order_lines",
            "int_order_lines_converted", "int_activity", "int_activity_by_day",
            "account_kpis_monthly", as_of_date=day.isoformat(),
        )  # fmt: skip
        rows = read(database, "account_kpis_monthly")
        return {(row["account_id"], row["as_of_date"]): row for row in rows}

    def assert_right(months: dict[tuple[str, date], Row]) -> None:
        with duckdb.connect(str(database), read_only=True) as connection:
            company = read_company(connection, ZONE, max_rate_age_days=639)
        for day in {day for _, day in months}:
            rows = [row for (_, at), row in months.items() if at == day]
            assert differences(rows, expected_kpis(company, day, CATEGORIES, GROUPS)) == []

    change("update months set order_count_30d = 77")
    for row in raw.rows["erp.order_lines"]:
        if row["line_id"] == "T1-1":
            row["net_amount"] = "10.01"
    raw.write(database)
    months = build(date(2026, 2, 2))
    days = sorted({day for _, day in months})
    assert days == [date(2024 + n // 12, n % 12 + 1, 1) for n in range(2, 26)]
    kept = {key for key, row in months.items() if row["order_count_30d"] == 77}
    moved = {account for account, day in months if (account, DAY) not in kept}
    assert ties in moved and vip not in moved
    assert kept == {key for key in months if key[0] not in moved and key[1] != days[-1]}

    # no account is gone because a run without rows saw none
    copied.build("run", "--empty", "-s", "account_kpis_monthly", as_of_date="2026-02-02")
    emptied = read(database, "account_kpis_monthly")
    assert {(row["account_id"], row["as_of_date"]): row for row in emptied} == months

    # an account that is no more, and all that other declarations had computed
    change(
        "insert into months by name"
        f" select * replace ('gone' as account_id) from months where account_id = '{ties}'"
    )
    change(f"update months set facts_hash = 'other' where account_id <> '{ties}'")
    assert_right(build(date(2026, 2, 2)))

    # a KPI that is new since the last build
    change("alter table months drop column web_order_share_all")
    change("update months set facts_hash = 'before'")
    months = build(date(2026, 2, 2))
    assert_right(months)
    assert any(row["web_order_share_all"] is not None for row in months.values())

    # a day of the past knows neither later month ends nor later facts
    past = build(date(2025, 12, 31))
    assert max(day for _, day in past) == date(2025, 12, 1)
    assert_right(past)


# --- flags -----------------------------------------------------------------------


def test_flags_by_hand(company: Built) -> None:
    """Both sides of each threshold; a fall of 30.00001 percent shows as -30 and is more."""
    raised: dict[str, set[str]] = {}
    names = {
        row["account_id"]: row["crm_account_id"] or row["erp_customer_id"]
        for row in read(company.project.database, "int_accounts")
    }
    for row in read(company.project.database, "account_kpi_flags"):
        raised.setdefault(names[row["account_id"]], set()).add(row["flag"])
        if row["flag"] == "renewal_due":
            assert (row["kpi"], row["kpi_window"]) == ("days_until_renewal", None)
            assert (row["operator"], row["kpi_value"], row["threshold"]) == ("lt", 59, 60)
        assert row["as_of_date"] == DAY
    slipper = by_customer(company.project.database, "account_kpis")["slipper"]
    assert slipper["revenue_change_percent_90d"] == -30
    assert raised == {
        "vip": {"vip"},
        "slipper": {"vip", "revenue_down"},
        "asleep": {"dormant"},
        "awake": {"revenue_down"},
        "pounds": {"dormant"},
        "swiss": {"dormant"},
        "unpriced": {"dormant"},
        "boundary": {"revenue_down"},
        "dollars": {"revenue_down"},
        "A1": {"renewal_due"},
    }


def test_flags_that_name_nothing_fail_together(copied: Built) -> None:
    flags = [
        ("a", "revenues", "90d", "gt"),
        ("b", "preferred_category", None, "eq"),
        ("c", "revenue", "60d", "gt"),
        ("d", "revenue", None, "gt"),
        ("e", "days_since_last_order", "90d", "gt"),
        ("f", "revenue", "90d", "=>"),
    ]
    with duckdb.connect(str(copied.project.database)) as connection:
        connection.executemany(
            "insert into crm_intermediate.int_kpi_flags_kept"
            " (as_of_date, flag, kpi, kpi_window, operator) values (date '2026-01-01', ?, ?, ?, ?)",
            flags,
        )
    done = copied.build("test", "-s", "kpi_flags_name_declared_kpis", check=False)
    assert done.returncode != 0
    message = " ".join(done.output.split())
    assert "have 6 error(s)" in message
    for problem in (
        "Unknown KPI of the KPI flag a: got 'revenues'; allowed: order_count, revenue",
        "Unknown KPI of the KPI flag b: got 'preferred_category'",
        "Unknown window of the KPI flag c: got '60d'; allowed for revenue: 30d, 90d, 180d",
        "Unknown window of the KPI flag d: got ''",
        "Unknown window of the KPI flag e: got '90d'; allowed for days_since_last_order: none",
        "Unknown operator of the KPI flag f: got '=>'; allowed: eq, neq, gt, gte, lt, lte",
    ):
        assert problem in message


# --- what changed, time apart ----------------------------------------------------

LATER = date(2026, 1, 6)


def changed_at(database: Path, day: date) -> dict[str, date]:
    with duckdb.connect(str(database), read_only=True) as connection:
        names = {account: name for name, account in account_ids(connection).items()}
        rows = table(connection, "int_account_kpis_dated")
    return {
        names[row["account_id"]]: row["changed_at"]
        for row in rows
        if row["as_of_date"] == day and row["account_id"] in names
    }


def test_changed_at_moves_with_facts_and_not_with_time(copied: Built) -> None:
    raw, database = copied.raw, copied.project.database
    assert set(changed_at(database, DAY).values()) == {DAY}
    models = ("run", "-s", "+account_kpis", "--exclude", "resource_type:seed")

    # another day: an order that was not visible yet, a corrected amount, a product
    # view that no KPI counts, another product of the same category
    raw.visit("V9", "empty", "2026-01-03 10:00:00", "product_view", loaded_at="2026-01-04")
    for row in raw.rows["erp.order_lines"]:
        if row["line_id"] == "T1-1":
            row["net_amount"] = "10.01"
        if row["line_id"] == "G1-1":
            row["product_no"] = "P2"
    raw.write(database)
    copied.build(*models, as_of_date=LATER.isoformat())
    first = changed_at(database, LATER)
    # an order, a cancellation and a return that the sources knew already, but which lay
    # ahead on the first day, came too
    moved = {"future", "ties", "boundary", "cancelled", "returner"}
    assert {name for name, day in first.items() if day == LATER} == moved
    assert {day for name, day in first.items() if name not in moved} == {DAY}
    # time did pass: windows moved over the orders of those who are unchanged
    now = by_customer(database, "account_kpis")
    assert now["negative"]["revenue_30d"] == 0
    assert now["negative"]["as_of_date"] == LATER
    assert now["negative"]["changed_at"] == DAY
    events = {row["event_id"] for row in read(database, "int_activity")}
    assert "web:V9" in events

    # the same day again, with the correction taken back and everything dropped
    for row in raw.rows["erp.order_lines"]:
        if row["line_id"] == "T1-1":
            row["net_amount"] = "10"
    raw.write(database)
    copied.build(*models, "--full-refresh", as_of_date=LATER.isoformat())
    second = changed_at(database, LATER)
    assert second == first | {"ties": DAY}

    # a flag that somebody redefined moves those who raise it now or did before
    with duckdb.connect(str(database)) as connection:
        connection.execute("update crm_seeds.kpi_flags set threshold = 19999.99 where flag = 'vip'")
    copied.build(
        "run", "-s", "int_kpi_flags_kept", "int_account_kpis_dated", as_of_date=LATER.isoformat()
    )
    third = changed_at(database, LATER)
    assert third == second | {"nearly_vip": LATER}
    later = date(2026, 1, 7)
    copied.build(*models, as_of_date=later.isoformat())
    assert changed_at(database, later) == third

    # a past day that is not recorded is forgotten, and what is recorded is not
    past = date(2026, 1, 3)
    copied.build(*models, as_of_date=past.isoformat(), record_history=False)
    assert set(changed_at(database, past).values()) == {past}
    after = date(2026, 1, 8)
    copied.build(*models, as_of_date=after.isoformat())
    assert changed_at(database, after) == third


# --- the demo company ------------------------------------------------------------


def test_demo_equals_the_oracle(demo_build: DbtRun) -> None:
    with duckdb.connect(str(demo_build.database), read_only=True) as connection:
        company = read_company(connection, ZONE)
        rows = {row["account_id"]: row for row in table(connection, "account_kpis")}
        for row in table(connection, "account_category_kpis"):
            rows[row["account_id"]] |= row
        monthly = table(connection, "account_kpis_monthly")
        rejected = table(connection, "int_rejected_order_lines")
    expected = expected_kpis(company, DAY, DEMO_CATEGORIES, DEMO_GROUPS)
    assert len(expected) > 1500
    assert differences(list(rows.values()), expected) == []
    assert set(expected[min(expected)]) <= set(rows[min(rows)])
    assert {(row["table_name"], row["record_key"], row["reason"]) for row in rejected} == (
        company.rejected
    )
    for day in (date(2024, 3, 1), date(2025, 4, 1), DAY):
        assert (
            differences(
                [row for row in monthly if row["as_of_date"] == day],
                expected_kpis(company, day, DEMO_CATEGORIES, DEMO_GROUPS),
            )
            == []
        )


# --- what an installing project adds ---------------------------------------------

CONSUMER = Path(__file__).parent / "consumer"


def test_consumer_adds_a_kpi_and_a_flag(make_project: Callable[..., DbtProject]) -> None:
    """One line each, found in the tables, the catalogue and the docs."""
    project = make_project(CONSUMER, environment={"CRM_SEGMENTATION_PACKAGE": str(ROOT)})
    settings = project.folder / "dbt_project.yml"
    declared = yaml.safe_load(settings.read_text())
    declared["vars"]["extra_kpis"] = [
        {"name": "web_orders", "count": "order", "where": {"channel": "web"},
         "label": "Web orders", "description": "Orders of the web shop", "windows": ["12w", "all"]},
        {"name": "coffee_count", "count": "coffee", "windows": [],
         "label": "Coffees", "description": "Coffees drunk in the shop"},
    ]  # fmt: skip
    declared["vars"]["extra_events"] = {
        "coffee": {"model": "coffees", "columns": {"channel": "text"}, "label": "Coffee",
                   "description": "One row per coffee"},
    }  # fmt: skip
    declared["vars"]["extra_kpi_flags"] = "shop_flags"
    declared["seeds"] = {"tiny_shop": {"+quote_columns": True}}
    settings.write_text(yaml.safe_dump(declared))
    models = project.folder / "models"
    (models / "account_extra_kpis.sql").write_text(
        "{{ crm_segmentation.account_kpi_model('extra') }}\n"
    )
    (models / "coffees.sql").write_text(
        "select 'K' || record_key as event_id, account_id, 'coffee' as event_name,\n"
        "    cast('2025-06-30' as timestamp) as occurred_at,\n"
        "    cast('2025-06-30' as timestamp) as loaded_at, 'shop' as channel\n"
        "from {{ ref('int_account_keys') }} where record_type = 'customer'\n"
    )
    (project.folder / "seeds").mkdir()
    (project.folder / "seeds" / "shop_flags.csv").write_text(
        "flag,label,kpi,window,operator,threshold,description\n"
        "web_fan,Web fan,web_orders,12w,gte,1,Ordered on the web in the last 12 weeks\n"
        "loyal,Loyal,order_count,365d,gte,2,At least 2 orders in the last 365 days\n"
    )
    # what `dbt deps` does for a local package, without starting dbt for it
    (project.folder / "dbt_packages").mkdir()
    (project.folder / "dbt_packages" / "crm_segmentation").symlink_to(ROOT)
    done = project.run(
        "build", "-s", "+account_extra_kpis", "+account_kpi_flags", "+attribute_catalog",
        "+accounts", "--exclude", "resource_type:test", "resource_type:unit_test",
    )  # fmt: skip
    project.run("test", "-s", "kpi_flags_name_declared_kpis", "account_kpi_flags")
    assert done.query(
        "select account_keys.record_key, web_orders_12w, web_orders_all, coffee_count"
        " from shop.account_extra_kpis"
        " inner join shop_intermediate.int_account_keys as account_keys using (account_id)"
        " order by 1"
    ) == [("C1", 1, 2, 1), ("C2", 1, 1, 1), ("guest@example.com", 1, 1, 0)]
    assert done.query(
        "select account_keys.record_key, flag"
        " from shop_marts.account_kpi_flags"
        " inner join shop_intermediate.int_account_keys as account_keys using (account_id)"
        " order by 1, 2"
    ) == [
        ("C1", "loyal"), ("C1", "revenue_down"), ("C1", "web_fan"), ("C2", "web_fan"),
        ("guest@example.com", "web_fan"),
    ]  # fmt: skip
    assert done.query(
        "select attribute, label, model from shop_marts.attribute_catalog"
        " where attribute like 'web_orders%' order by 1"
    ) == [
        ("web_orders_12w", "Web orders, last 12 weeks", "account_extra_kpis"),
        ("web_orders_all", "Web orders, all time", "account_extra_kpis"),
    ]
    # the contract, and with it the docs, comes from the declaration
    command = [str(Path(sys.executable).with_name("crm-segmentation")), "contracts"]
    subprocess.run(
        [*command, "--profiles-dir", str(project.folder)],
        cwd=project.folder,
        env={**os.environ, **project.environment, "CRM_SEGMENTATION_DUCKDB": str(project.database)},
        check=True,
    )
    manifest = project.run("parse").manifest()
    columns = manifest["nodes"]["model.tiny_shop.account_extra_kpis"]["columns"]
    assert columns["web_orders_12w"]["description"].startswith("Orders of the web shop")
    assert manifest["nodes"]["seed.tiny_shop.shop_flags"]["name"] == "shop_flags"
