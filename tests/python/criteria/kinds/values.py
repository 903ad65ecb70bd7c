"""Accounts around the edges of numbers, texts, days and times, by the names of what they have."""

from __future__ import annotations

from datetime import date
from typing import Any

from criteria.kinds.conftest import Asker, at

Accounts = dict[str, dict[str, Any]]

MONEY: Accounts = {
    "less": {"revenue": "9.99"},
    "same": {"revenue": "10.00"},
    "more": {"revenue": "10.01"},
    "unknown": {},
}
TOWNS: Accounts = {
    "lower": {"town": "ulm"},
    "upper": {"town": "ULM"},
    "sharp": {"town": "Straße"},
    "dotted": {"town": "İstanbul"},
    "sigma": {"town": "ΣΑΣ"},
    "odd": {"town": "50% _x\\'"},
    "unknown": {},
}
# A day of 23 hours in Berlin, 30 March 2025: it begins at 23:00 UTC and ends at 22:00.
TIMES: Accounts = {
    "before": {"seen_at": at("2025-03-29T22:59:59.999999")},
    "first": {"seen_at": at("2025-03-29T23:00:00")},
    "last": {"seen_at": at("2025-03-30T21:59:59.999999")},
    "after": {"seen_at": at("2025-03-30T22:00:00")},
    "unknown": {},
}


def on_days(*days: str) -> Accounts:
    """An account for each day, by its name, and one without."""
    return {day: {"born_on": date.fromisoformat(day)} for day in days} | {"unknown": {}}


def fill_times(asker: Asker) -> None:
    asker.set_day(date(2025, 3, 31), time_zone="Europe/Berlin")
    asker.fill(TIMES)
