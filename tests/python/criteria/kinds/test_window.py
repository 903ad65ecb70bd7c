"""Kinds 10 to 12: within, ago, older_than, in_next and in_period."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from criteria.kinds.conftest import Asker
from criteria.kinds.values import fill_times, on_days

DAYS = [
    "2025-10-02",
    "2025-10-03",
    "2025-12-01",
    "2025-12-02",
    "2025-12-31",
    "2026-01-01",
    "2026-01-30",
    "2026-01-31",
]


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("{within: 30d}", DAYS[3:5]),
        ("{within: 30d, nulls: include}", [*DAYS[3:5], "unknown"]),
        ("{ago: [30d, 90d]}", DAYS[1:3]),
        ("{ago: [0d, 30d]}", DAYS[3:5]),
        ("{older_than: 90d}", DAYS[:1]),
        ("{older_than: 90d, nulls: include}", [DAYS[0], "unknown"]),
        ("{in_next: 30d}", DAYS[5:7]),
        ("{in_period: last month}", DAYS[2:5]),
        ("{in_period: this month}", DAYS[5:]),
    ],
)
def test_days(asked: str, wanted: list[str], asker: Asker) -> None:
    asker.fill(on_days(*DAYS))
    assert asker.ask(f"born_on: {asked}") == set(wanted)


@pytest.mark.parametrize(
    ("as_of", "asked", "first", "last"),
    [
        # Thursday 1 January 2026, in a week that begins on Monday
        ("2026-01-01", "in_period: this day", "2026-01-01", "2026-01-01"),
        ("2026-01-01", "in_period: next day", "2026-01-02", "2026-01-02"),
        ("2026-01-01", "in_period: last week", "2025-12-22", "2025-12-28"),
        ("2026-01-01", "in_period: this week", "2025-12-29", "2026-01-04"),
        ("2026-01-01", "in_period: next week", "2026-01-05", "2026-01-11"),
        ("2026-01-01", "in_period: next month", "2026-02-01", "2026-02-28"),
        ("2026-01-01", "in_period: last quarter", "2025-10-01", "2025-12-31"),
        ("2026-03-31", "in_period: this quarter", "2026-01-01", "2026-03-31"),
        ("2026-03-31", "in_period: next quarter", "2026-04-01", "2026-06-30"),
        ("2026-01-01", "in_period: last year", "2025-01-01", "2025-12-31"),
        ("2026-01-01", "in_period: next year", "2027-01-01", "2027-12-31"),
        # weeks are of seven days; months and years clamp to the last day of the month
        ("2026-01-01", "within: 2w", "2025-12-18", "2025-12-31"),
        ("2025-03-31", "within: 1m", "2025-02-28", "2025-03-30"),
        ("2024-02-29", "within: 1y", "2023-02-28", "2024-02-28"),
        ("2024-01-31", "in_next: 1m", "2024-01-31", "2024-02-28"),
        ("2025-05-31", "ago: [1m, 3m]", "2025-02-28", "2025-04-29"),
    ],
)
def test_the_days_at_both_ends(as_of: str, asked: str, first: str, last: str, asker: Asker) -> None:
    asker.set_day(date.fromisoformat(as_of))
    a_day = timedelta(days=1)
    outside = [date.fromisoformat(first) - a_day, date.fromisoformat(last) + a_day]
    asker.fill(on_days(first, last, *(day.isoformat() for day in outside)))
    assert asker.ask(f"born_on: {{{asked}}}") == {first, last}


@pytest.mark.parametrize(
    ("week_start", "as_of", "first", "last"),
    [
        ("sunday", "2026-01-01", "2025-12-28", "2026-01-03"),
        ("thursday", "2026-01-01", "2026-01-01", "2026-01-07"),
        ("friday", "2026-01-01", "2025-12-26", "2026-01-01"),
        ("monday", "2026-01-05", "2026-01-05", "2026-01-11"),
        ("monday", "2026-01-04", "2025-12-29", "2026-01-04"),
    ],
)
def test_a_week_begins_on_the_day_of_the_setting(
    week_start: str, as_of: str, first: str, last: str, asker: Asker
) -> None:
    asker.set_day(date.fromisoformat(as_of), week_start=week_start)
    a_week, a_day = timedelta(days=7), timedelta(days=1)
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    days = [
        begin - a_week,
        begin - a_day,
        begin,
        end,
        end + a_day,
        end + a_week,
        end + a_week + a_day,
    ]
    before, last_before, opens, closes, next_one, last_next, beyond = (
        day.isoformat() for day in days
    )
    asker.fill(on_days(before, last_before, opens, closes, next_one, last_next, beyond))
    assert asker.ask("born_on: {in_period: last week}") == {before, last_before}
    assert asker.ask("born_on: {in_period: this week}") == {opens, closes}
    assert asker.ask("born_on: {in_period: next week}") == {next_one, last_next}


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("{within: 1d}", "first last"),
        ("{in_period: last day}", "first last"),
        ("{ago: [0d, 1d]}", "first last"),
        ("{older_than: 1d}", "before"),
        ("{in_next: 1d}", "after"),
        ("{in_period: this day, nulls: include}", "after unknown"),
    ],
)
def test_a_day_of_23_hours_is_one_day(asked: str, wanted: str, asker: Asker) -> None:
    fill_times(asker)
    assert asker.ask(f"seen_at: {asked}") == set(wanted.split())
