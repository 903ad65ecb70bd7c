"""Kind 14: completed years at the day as of which a rule is asked."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from criteria.kinds.conftest import Asker, event


def completed(day: date, as_of: date) -> int | None:
    """By the definition, year by year; None after as_of."""

    def shifted(years: int) -> date:
        try:
            return day.replace(year=day.year + years)
        except ValueError:
            return date(day.year + years, 2, 28)

    if day > as_of:
        return None
    return max(n for n in range(as_of.year - day.year + 1) if shifted(n) <= as_of)


COMPARISONS = {
    "5": lambda n: n == 5,
    "0": lambda n: n == 0,
    "{gte: 5}": lambda n: n >= 5,
    "{gt: 5}": lambda n: n > 5,
    "{lt: 5}": lambda n: n < 5,
    "{lte: 5}": lambda n: n <= 5,
    "{neq: 5}": lambda n: n != 5,
    "{gte: 4.5, lt: '6.0'}": lambda n: 4.5 <= n < 6,
    "{gt: 4.5}": lambda n: n > 4.5,
    "{lte: 4.5}": lambda n: n <= 4.5,
    "{eq: 4.5}": lambda n: False,
    "{neq: 4.5}": lambda n: True,
    "{between: [4, 5]}": lambda n: 4 <= n <= 5,
    "{between: [3.5, 5.5]}": lambda n: 3.5 <= n <= 5.5,
    "{not_between: [4, 5]}": lambda n: not 4 <= n <= 5,
    "{neq: 5, not_between: [1, 2], lte: 20}": lambda n: n != 5 and n not in (1, 2) and n <= 20,
    "{gt: -1}": lambda n: True,
    "{gt: -0.5}": lambda n: True,
    "{gt: '-0'}": lambda n: n > 0,
    "{lt: 0}": lambda n: False,
    "{neq: -3}": lambda n: True,
    "{gte: 5000}": lambda n: False,
    "{lt: 5000}": lambda n: True,
    "{gte: 99999999999}": lambda n: False,
    "{lte: 99999999999}": lambda n: True,
}


@pytest.mark.parametrize(
    "as_of", [date(2025, 2, 28), date(2024, 2, 28), date(2024, 2, 29), date(2025, 3, 1)]
)
def test_every_comparison_around_every_edge(as_of: date, asker: Asker) -> None:
    asker.set_day(as_of)
    days = [
        date(as_of.year - years, 2, 27) + timedelta(days=step)
        for years in (0, 1, 2, 3, 4, 5, 6, 8, 21, 25)
        for step in range(5)
    ]
    asker.fill(
        {day.isoformat(): {"born_on": day} for day in days}
        | {"unknown": {"town": "x"}, "no row": {}}
    )
    counts = {day.isoformat(): completed(day, as_of) for day in days}
    for comparison, holds in COMPARISONS.items():
        found = asker.ask(f"born_on: {{years: {comparison}}}")
        wanted = {day for day, count in counts.items() if count is not None and holds(count)}
        assert found == wanted, comparison


def test_a_time_is_its_local_day(asker: Asker) -> None:
    """Berlin is an hour before UTC in winter: 10 January begins at 23:00 of the 9th."""
    asker.set_day(date(2026, 1, 10), time_zone="Europe/Berlin")
    asker.fill(
        {
            "last instant of the 10th": {"seen_at": datetime(2021, 1, 10, 22, 59, 59, 999999)},
            "first instant of the 11th": {"seen_at": datetime(2021, 1, 10, 23)},
            "today": {"seen_at": datetime(2026, 1, 10, 12)},
            "tomorrow": {"seen_at": datetime(2026, 1, 10, 23)},
            "unknown": {},
        }
    )
    assert asker.ask("seen_at: {years: {gte: 5}}") == {"last instant of the 10th"}
    assert asker.ask("seen_at: {years: {lt: 5}}") == {"first instant of the 11th", "today"}
    assert asker.ask("seen_at: {years: {neq: 5}, nulls: include}") == {
        "first instant of the 11th",
        "today",
        "unknown",
    }


def test_columns_of_one_row(asker: Asker) -> None:
    """Years and anniversaries are asked of rows as well, of one row together."""
    asker.fill(
        ["both in one", "one each", "unknown"],
        [
            event("both in one", "purchase", "2025-12-01", due_on=date(2020, 1, 5)),
            event("one each", "purchase", "2025-12-01", due_on=date(2025, 1, 5)),
            event("one each", "purchase", "2025-12-02", due_on=date(2020, 2, 5)),
            event("unknown", "purchase", "2025-12-02"),
        ],
    )
    rule = "event: {name: purchase, where: {due_on: {%s}}}"
    assert asker.ask(rule % "years: {gte: 5}") == {"both in one", "one each"}
    assert asker.ask(rule % "anniversary_in_next: 5d") == {"both in one", "one each"}
    assert asker.ask(rule % "anniversary_in_next: 5d, years: {gte: 5}") == {"both in one"}
    assert asker.ask(rule % "anniversary_in_next: 5d, nulls: include") == set(asker.accounts)


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("born_on: {years: five}", ["born_on.years", "five", "plain digits"]),
        ("born_on: {years: {in: [5]}}", ["born_on.years", "in", "between"]),
        ("born_on: {years: {}}", ["born_on.years", "no comparison"]),
        ("born_on: {years: {between: [5, 4]}}", ["born_on.years.between", "reversed"]),
        ("revenue: {years: 5}", ["revenue", "number", "years"]),
        ("born_on: {year: 5}", ["Did you mean 'years'"]),
    ],
)
def test_errors(rule: str, parts: list[str], reader: Asker) -> None:
    reader.refuses(rule, parts)
