"""Staging on sources that are empty, missing, bad or replaced."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from conftest import ROOT, DbtProject, DbtRun

STAGING = ROOT / "models" / "staging"
# only tests that need nothing below staging
SELECT = ["--indirect-selection", "buildable", "--select"]
ALL = ["path:models/staging", "int_raw_rows_rejected", "staging_counts"]
LOADED = "2025-03-02 00:00:00"


def declared_sources() -> dict[tuple[str, str], list[str]]:
    """Raw columns of each source table, as the sources declare them."""
    tables = {}
    for path in sorted(STAGING.glob("*/_*__sources.yml")):
        for source in yaml.safe_load(path.read_text())["sources"]:
            for table in source["tables"]:
                columns = [column["name"] for column in table["columns"]]
                tables[source["name"], table["name"]] = columns
    return tables


def make_sources(
    database: Path, rows: dict[tuple[str, str], list[dict[str, Any]]] | None = None
) -> None:
    """Make every source table, all columns text, empty but for `rows`."""
    with duckdb.connect(str(database)) as connection:
        for (source, table), columns in declared_sources().items():
            connection.execute(f"create schema if not exists {source}")
            typed = ", ".join(f"{column} text" for column in columns)
            connection.execute(f"create or replace table {source}.{table} ({typed})")
            for row in (rows or {}).get((source, table), []):
                names = ", ".join(row)
                places = ", ".join("?" for _ in row)
                connection.execute(
                    f"insert into {source}.{table} ({names}) values ({places})",
                    list(row.values()),
                )


def build(project: DbtProject, *models: str, **settings: Any) -> DbtRun:
    chosen = models or ALL
    return project.run("build", *SELECT, *chosen, vars={"demo": False, **settings}, check=False)


@pytest.fixture(scope="module")
def empty_run(make_project: Callable[..., DbtProject]) -> DbtRun:
    project = make_project()
    make_sources(project.database)
    return build(project)


def test_empty_sources_give_every_staging_model_its_contract_and_no_rows(
    empty_run: DbtRun,
) -> None:
    assert empty_run.returncode == 0, empty_run.output
    manifest = empty_run.manifest()
    staged = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["name"].startswith("stg_")
    ]
    assert len(staged) == len(declared_sources()) == 20
    types = {"character varying": "text", "timestamp without time zone": "timestamp"}
    for node in staged:
        contract = [(name, column["data_type"]) for name, column in node["columns"].items()]
        built = empty_run.query(
            "select column_name, lower(data_type) from information_schema.columns "
            f"where table_name = '{node['name']}' order by ordinal_position"
        )
        built = [
            (name, types.get(kind, kind).replace("varchar", "text").replace(",", ", "))
            for name, kind in built
        ]
        assert built == contract, node["name"]
        assert empty_run.query(f"select count(*) from crm_staging.{node['name']}") == [(0,)]
    counts = empty_run.query(
        "select rows_in, rows_out, rows_quarantined, values_lost, is_replaced "
        "from crm_intermediate.staging_counts"
    )
    assert counts == [(0, 0, 0, 0, False)] * 20


@pytest.fixture(scope="module")
def elsewhere(make_project: Callable[..., DbtProject]) -> DbtRun:
    """The ERP lies in a schema `sap`, its orders in `vbak`; it has no returns, no products."""
    project = make_project()
    make_sources(project.database)
    with duckdb.connect(str(project.database)) as connection:
        connection.execute("create schema sap")
        connection.execute("create table sap.vbak as select * from erp.orders")
        connection.execute(
            "insert into sap.vbak (order_no, ordered_at, currency, _loaded_at) "
            f"values ('7', '2025-03-01', 'EUR', '{LOADED}')"
        )
    return build(
        project,
        *["base_erp__orders", "stg_erp__orders", "base_erp__products"],
        *["base_erp__returns", "stg_erp__returns"],
        erp_schema="sap",
        erp_orders="vbak",
        absent_sources=["erp.returns"],
    )


def test_sources_are_found_under_the_names_that_settings_give(elsewhere: DbtRun) -> None:
    assert elsewhere.query("select order_id from crm_staging.stg_erp__orders") == [("7",)]


def test_a_missing_source_table_names_itself_and_its_settings(elsewhere: DbtRun) -> None:
    assert elsewhere.returncode != 0
    message = re.sub(r"\s+", " ", elsewhere.output)
    assert "Missing source table erp.products" in message
    for part in ("schema 'sap' (var 'erp_schema')", "(var 'erp_products')", "'absent_sources'"):
        assert part in message, message


def test_a_table_named_in_absent_sources_is_empty(elsewhere: DbtRun) -> None:
    assert "Missing source table erp.returns" not in elsewhere.output
    assert elsewhere.query("select count(*) from crm_staging.stg_erp__returns") == [(0,)]


def test_absent_sources_names_tables_that_exist(make_project: Callable[..., DbtProject]) -> None:
    run = build(make_project(), "base_erp__returns", absent_sources=["crm.surveys"])
    assert run.returncode != 0
    assert "Unknown source table in var 'absent_sources': got 'crm.surveys'" in run.output
    assert "crm.survey_answers" in run.output


def order(order_no: str | None, **values: Any) -> dict[str, Any]:
    row = {
        "order_no": order_no,
        "ordered_at": "2025-03-01 10:15:00",
        "currency": "EUR",
        "_loaded_at": LOADED,
    }
    return {**row, **values}


# Each order and what must become of it: None is accepted, "" too but with a value lost.
ORDERS: list[tuple[dict[str, Any], str | None]] = [
    (order("plain"), None),
    (order("guest", customer_no=None, email="a@example.com"), None),
    (order("unknown customer", customer_no="no such customer"), None),
    (order("future", ordered_at="2031-01-01", _loaded_at="2031-01-01"), None),
    (order("at load", ordered_at=LOADED), None),
    (order("after load", ordered_at="2025-03-02 00:00:01"), "time_after_load:ordered_at"),
    (order("offset", ordered_at="2025-03-01 10:15:00-05:00"), "zoned_time:ordered_at"),
    (order("no offset", ordered_at="2025-03-01 10:15:00+00:00"), None),
    (order("cancelled", cancelled_at="2025-03-02 00:00:01"), "time_after_load:cancelled_at"),
    (order("lost", cancelled_at="yesterday"), ""),
    (order(None), "no_primary_key"),
    (order("  "), "no_primary_key"),
    (order("no time", ordered_at=" "), "missing_value:ordered_at"),
    (order("bad time", ordered_at="2025-02-30"), "unparseable_value:ordered_at"),
    (order("no currency", currency=None), "missing_value:currency"),
    (order("no load", _loaded_at=None), "missing_value:_loaded_at"),
    (order("bad load", _loaded_at="soon"), "unparseable_value:_loaded_at"),
    # the newest load wins
    (order("twice", status="old", _loaded_at="2025-03-02 00:00:00"), "key_used_twice"),
    (order("twice", status="new", _loaded_at="2025-03-02 00:00:01"), None),
    # a tie is decided by content
    (order("tie", status="a"), "key_used_twice"),
    (order("tie", status="b"), None),
    # a key is trimmed before it is compared
    (order(" padded", status="a"), "key_used_twice"),
    (order("padded", status="b"), None),
    (order("same"), None),
    (order("same"), "exact_duplicate"),
    (order("same"), "exact_duplicate"),
    # a row that is at fault itself does not win, however new
    (order("good and bad", _loaded_at="2025-03-02 00:00:00"), None),
    (
        order("good and bad", ordered_at="x", _loaded_at="2025-03-03"),
        "unparseable_value:ordered_at",
    ),
]
LINES = [
    {
        "line_id": "1",
        "order_no": "plain",
        "quantity": "-2",
        "net_amount": "-3.50",
        "_loaded_at": LOADED,
    }
]
# one of a hundred is bad
EVENTS = [
    {
        "event_id": str(number) if number else None,
        "visitor_id": "1",
        "event_name": "visit",
        "occurred_at": LOADED,
        "_loaded_at": LOADED,
    }
    for number in range(100)
]
RATES: list[tuple[dict[str, Any], str | None]] = [
    ({"from_currency": "USD", "to_currency": "EUR", "rate_date": day, "rate": rate}, reason)
    for day, rate, reason in [
        # the key is the day, however it is written
        ("2025-01-01", "0.91", None),
        ("2025-01-01 00:00:00", "0.9", "key_used_twice"),
        ("2025-01-02", "0.92", None),
        (None, "0.92", "no_primary_key"),
        ("someday", "0.92", "unparseable_value:rate_date"),
        ("2025-01-03", "", "missing_value:rate"),
        ("2025-01-04", "0", "not_positive:rate"),
        ("2025-01-05", "-0.9", "not_positive:rate"),
        ("2025-01-06", "0.0001", None),
    ]
]


@pytest.fixture(scope="module")
def bad_run(make_project: Callable[..., DbtProject]) -> DbtRun:
    project = make_project()
    make_sources(
        project.database,
        {
            ("erp", "orders"): [row for row, _ in ORDERS],
            ("erp", "order_lines"): LINES,
            ("erp", "exchange_rates"): [{**row, "_loaded_at": LOADED} for row, _ in RATES],
            ("web", "events"): EVENTS,
        },
    )
    return build(project)


def test_each_bad_row_is_quarantined_with_its_reason(bad_run: DbtRun) -> None:
    quarantined = bad_run.query(
        "select table_name, record_key, reason, column_name, raw_row "
        "from crm_intermediate.int_raw_rows_rejected where source_name = 'erp'"
    )
    found = Counter(
        (table, key, f"{reason}:{column}" if column else reason)
        for table, key, reason, column, _ in quarantined
    )
    expected = Counter(
        ("orders", (row["order_no"] or "").strip() or None, reason)
        for row, reason in ORDERS
        if reason
    )
    expected += Counter(
        {
            ("exchange_rates", "USD|EUR|2025-01-01", "key_used_twice"): 1,
            ("exchange_rates", "USD|EUR|", "no_primary_key"): 1,
            ("exchange_rates", "USD|EUR|", "unparseable_value:rate_date"): 1,
            ("exchange_rates", "USD|EUR|2025-01-03", "missing_value:rate"): 1,
            ("exchange_rates", "USD|EUR|2025-01-04", "not_positive:rate"): 1,
            ("exchange_rates", "USD|EUR|2025-01-05", "not_positive:rate"): 1,
        }
    )
    assert found == expected
    # the raw row is whole, with the columns that staging does not know by name
    columns = declared_sources()
    for table, _, _, _, raw_row in quarantined:
        assert list(json.loads(raw_row)) == columns["erp", table]
    raw = Counter(
        json.dumps({**dict.fromkeys(columns["erp", "orders"]), **row})
        for row, reason in ORDERS
        if reason
    )
    assert raw == Counter(
        json.dumps(json.loads(raw_row))
        for table, _, _, _, raw_row in quarantined
        if table == "orders"
    )


def test_every_other_row_passes(bad_run: DbtRun) -> None:
    staged = bad_run.query("select order_id, status, cancelled_at from crm_staging.stg_erp__orders")
    assert Counter(staged) == Counter(
        (row["order_no"].strip(), row.get("status"), None) for row, reason in ORDERS if not reason
    )
    assert bad_run.query("select quantity, net_amount from crm_staging.stg_erp__order_lines") == [
        (-2, -3.5)
    ]
    rates = bad_run.query(
        "select rate_date, rate from crm_staging.stg_erp__exchange_rates order by rate_date"
    )
    assert [(str(day), str(rate)) for day, rate in rates] == [
        ("2025-01-01", "0.91000000"),
        ("2025-01-02", "0.92000000"),
        ("2025-01-06", "0.00010000"),
    ]


def test_counts_say_what_was_read_rejected_and_lost(bad_run: DbtRun) -> None:
    counts = bad_run.query(
        "select rows_in, rows_out, rows_quarantined, values_lost "
        "from crm_intermediate.staging_counts where table_name = 'orders'"
    )
    rejected = sum(1 for _, reason in ORDERS if reason)
    assert counts == [(len(ORDERS), len(ORDERS) - rejected, rejected, 1)]


def test_a_large_quarantined_share_fails_and_names_the_source(bad_run: DbtRun) -> None:
    results = json.loads((bad_run.target / "run_results.json").read_text())["results"]
    failed = [
        result["unique_id"] for result in results if result["status"] not in ("success", "pass")
    ]
    assert [name.split(".")[2] for name in failed] == ["quarantined_share_is_small"], bad_run.output
    assert "Too many rows quarantined in source erp: got" in bad_run.output
    # 1 of 100 is the limit itself
    assert "Too many rows quarantined in source web" not in bad_run.output


def test_every_optional_cast_is_counted_when_it_loses_a_value() -> None:
    """A cast column of a base model is required, or counted among the lost values."""
    for path in sorted(STAGING.glob("base/*/base_*.sql")):
        sql = path.read_text()
        typed = sql[sql.index("typed as") : sql.index("lost_value_count")].split("lost_values(")
        counted = dict(re.findall(r"'(\w+)': '([^']+)'", sql[sql.index("typed as") :]))
        casts = dict(re.findall(r"cast_or_null\('(\w+)', '([^']+)'\)", typed[0]))
        assert casts, path
        for column, kind in casts.items():
            assert counted.get(column) == kind, f"{path.name}: {column}"


@pytest.mark.slow
def test_replaced_staging_is_not_read_and_not_counted(
    make_project: Callable[..., DbtProject],
) -> None:
    """A project that installs this one stages orders itself; its ERP has no table `orders`."""
    project = make_project(
        ROOT / "tests" / "python" / "consumer",
        environment={"CRM_SEGMENTATION_PACKAGE": str(ROOT)},
    )
    project.run("deps")
    run = project.run("build", "--indirect-selection", "buildable", "--select", "+staging_counts")
    counts = run.query(
        "select table_name, is_replaced, rows_in, rows_out > 0, rows_quarantined "
        "from shop_intermediate.staging_counts where is_replaced order by table_name"
    )
    assert counts == [("order_lines", True, None, True, 0), ("orders", True, None, True, 0)]
    assert run.query("select count(*) from shop_intermediate.int_raw_rows_rejected") == [(0,)]
