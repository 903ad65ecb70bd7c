"""KPIs, flags and what changed them, against an oracle that counts row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import DbtProject, DbtRun
from kpis.company import ABSENT, account_ids, hard_cases
from kpis.oracle import Row, expected_kpis, read_company, table

DAY = date(2026, 1, 1)
ZONE = "Europe/Berlin"
CATEGORIES = {"Pumps": "pumps", "Valves": "valves", "Äl": "l"}
VARS: dict[str, Any] = {
    "demo": False,
    "as_of_date": DAY.isoformat(),
    "time_zone": ZONE,
    "kpi_categories": list(CATEGORIES),
    "absent_sources": ABSENT,
}
KPI_MODELS = "int_activity int_activity_by_day+1 int_account_kpis_dated account_kpis"


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


@pytest.fixture(scope="module")
def built(make_project: Callable[..., DbtProject]) -> DbtRun:
    """The company of hard cases, through staging and identity to its KPIs."""
    project = make_project()
    hard_cases().write(project.database)
    return project.run(
        "build", "-s", "+int_account_kpis_dated", "+int_rejected_order_lines",
        "--exclude", "resource_type:unit_test", vars=VARS,
    )  # fmt: skip


@pytest.fixture
def connection(built: DbtRun) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(built.database), read_only=True) as opened:
        yield opened


@pytest.fixture
def kpis(connection: duckdb.DuckDBPyConnection) -> dict[str, Row]:
    """The KPIs by customer."""
    by_account = {row["account_id"]: row for row in table(connection, "int_account_kpis")}
    return {
        name: by_account[account]
        for name, account in account_ids(connection).items()
        if account in by_account
    }


def test_hard_cases_equal_the_oracle(connection: duckdb.DuckDBPyConnection) -> None:
    expected = expected_kpis(read_company(connection, ZONE), DAY, CATEGORIES)
    assert len(expected) > 15
    assert differences(table(connection, "int_account_kpis"), expected) == []
