"""Rows that no staging model may let through, each with the reason why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crm_segmentation.demo.chance import Chance
from crm_segmentation.demo.schema import LOADED_AT, PRIMARY_KEYS

Row = dict[str, Any]


@dataclass(frozen=True)
class BadRow:
    """A row to be quarantined: where it stands (1 is the first below the header) and why."""

    table: str
    row_number: int
    key: str
    loaded_at: datetime
    reason: str


# table -> (required time, required value that is spoilt, what it becomes)
TARGETS: dict[str, tuple[str, str, str]] = {
    "crm.accounts": ("created_at", "created_at", "31.02.2024"),
    "crm.leads": ("created_at", "created_at", "2025-02-30 08:00:00"),
    "crm.consents": ("occurred_at", "occurred_at", "soon"),
    "crm.campaign_contacts": ("contacted_at", "contacted_at", "2025-09-31 10:00:00"),
    "crm.feedback_scores": ("given_at", "score", "ten"),
    "erp.customers": ("created_at", "created_at", "unknown"),
    "erp.orders": ("ordered_at", "ordered_at", "yesterday"),
    "erp.order_lines": ("", "quantity", "two"),
    "erp.returns": ("returned_at", "net_amount", "n/a"),
    "web.events": ("occurred_at", "occurred_at", "00:00"),
}
CASES_OF_A_TABLE = 3


def new_key(row: Row, table: str, number: int) -> Row:
    """The row under a key that no other row has."""
    column = PRIMARY_KEYS[table][0]
    return {**row, column: f"X{table[0]}{row[column]}{number}"}


def spoil_key(row: Row, table: str) -> Row:
    return {**row, PRIMARY_KEYS[table][0]: ""}


def spoil_value(row: Row, table: str) -> Row:
    _, column, nonsense = TARGETS[table]
    return {**new_key(row, table, 1), column: nonsense}


def spoil_time(row: Row, table: str) -> Row:
    """The fact is younger than the night in which it was delivered."""
    column = TARGETS[table][0]
    return {**new_key(row, table, 2), column: row[LOADED_AT] + timedelta(days=3, hours=5)}


def older_version(row: Row, table: str) -> Row:
    """The same key, delivered earlier and with another content: the newest load wins."""
    changed = {
        "crm.accounts": ("language", "xx"),
        "crm.leads": ("status", "imported"),
        "crm.consents": ("purpose", "survey"),
        "crm.campaign_contacts": ("campaign_id", "CA01"),
        "crm.feedback_scores": ("score", 0),
        "erp.customers": ("customer_group", "OLD"),
        "erp.orders": ("status", "entered"),
        "erp.order_lines": ("cost", "0.01"),
        "erp.returns": ("reason", "unclear"),
        "web.events": ("url", "/old"),
    }
    column, value = changed[table]
    return {**row, column: value, LOADED_AT: row[LOADED_AT] - timedelta(hours=1)}


SPOILERS: dict[str, Callable[[Row, str], Row]] = {
    "missing_key": spoil_key,
    "unparseable_value": spoil_value,
    "time_after_load": spoil_time,
    "superseded": older_version,
}


def was_early(row: Row) -> bool:
    loaded_at = row[LOADED_AT]
    return datetime(2024, 2, 1) < loaded_at < datetime(2025, 11, 1)


def add_bad_rows(seed: int, tables: dict[str, list[Row]]) -> list[BadRow]:
    """Add bad rows to the tables and say which they are.

    They are made from good rows, so that only the one fault tells them apart. They stand at the
    end, but for some old versions, which stand where their newer one stood.
    """
    found: list[BadRow] = []
    for table in TARGETS:
        chance = Chance(seed, "bad rows", table)
        rows = tables[table]
        models = [position for position, row in enumerate(rows) if was_early(row)]
        for reason, spoil in SPOILERS.items():
            if reason == "time_after_load" and not TARGETS[table][0]:
                continue
            for turn, model in enumerate(chance.some(models, CASES_OF_A_TABLE)):
                row = spoil(rows[model], table)
                rows.append(row)
                bad = len(rows) - 1
                if reason == "superseded" and turn % 2:
                    rows[model], rows[bad] = rows[bad], rows[model]
                    bad = model
                key = str(row[PRIMARY_KEYS[table][0]])
                found.append(BadRow(table, bad + 1, key, row[LOADED_AT], reason))
    return found
