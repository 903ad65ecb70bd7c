"""Kind 23c: did it in so many of the last periods."""

from __future__ import annotations

from datetime import date

import pytest

from criteria.kinds.conftest import Asker, event, just_before


def test_edges(asker: Asker) -> None:
    # periods of 30 days back from 2026-01-01 begin on these days
    begins = ["2025-12-02", "2025-11-02", "2025-10-03", "2025-09-03"]
    times = {
        "three, at their first instants": begins[:3],
        "three, at their last instants": [just_before(day) for day in begins[:3]],
        "two, one of them twice": [begins[0], begins[0], begins[2]],
        "four": begins,
        "in vain: before the first, today": [just_before(begins[3]), "2026-01-01", begins[0]],
        "never": [],
    }
    asker.fill(
        list(times),
        [event(one, "purchase", when) for one, all_times in times.items() for when in all_times],
    )
    rule = "regular: {name: purchase, period: 30d, periods: 4, min_periods: %s}"
    three = {"three, at their first instants", "three, at their last instants", "four"}
    assert asker.ask(rule % 3) == three
    assert asker.ask(rule % 4) == {"four"}
    assert asker.ask(rule % "2, count: {gte: 1}") == three | {"two, one of them twice"}
    assert asker.ask(rule % "1, count: 2") == {"two, one of them twice"}
    # periods without a row are periods in which nothing happened
    assert asker.ask(rule % "4, count: 0") == {"never"}
    assert asker.ask(rule % "3, count: {lt: 1}") == {"never", "in vain: before the first, today"}


def test_months_are_counted_from_today_and_not_from_each_other(asker: Asker) -> None:
    """Back from 31 May: 30 April, 31 March, 28 February; a chain would give 30 March."""
    asker.set_day(date(2025, 5, 31))
    asker.fill(
        ["both", "third period"],
        [
            event("both", "purchase", "2025-03-31"),
            event("both", "purchase", "2025-02-28"),
            event("third period", "purchase", "2025-03-30"),
            event("third period", "purchase", "2025-02-28"),
        ],
    )
    rule = "regular: {name: purchase, period: 1m, periods: 3, min_periods: 2}"
    assert asker.ask(rule) == {"both"}


def test_where_and_what_is_unknown(asker: Asker) -> None:
    asker.fill(
        ["both", "unknown once", "at no known time"],
        [
            event("both", "purchase", "2025-12-31", amount="5.00"),
            event("both", "purchase", "2025-12-01", amount="5.00"),
            event("unknown once", "purchase", "2025-12-31", amount="5.00"),
            event("unknown once", "purchase", "2025-12-01"),
            event("at no known time", "purchase", None, amount="5.00"),
        ],
    )
    rule = "regular: {name: purchase, where: {amount: %s}, period: 30d, periods: 2, min_periods: 2}"
    assert asker.ask(rule % "{gte: 5}") == {"both"}
    assert asker.ask(rule % "{gt: 5}") == set()
    assert asker.ask(rule % "{neq: 4}") == {"both", "unknown once"}


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        (
            "regular: {name: purchase, period: 30x, periods: 0, min_periods: 4, count: x}",
            ["regular.period", "30x", "regular.periods", "1 to", "regular.count", "plain digits"],
        ),
        (
            "regular: {name: purchase, period: 30d, periods: 3, min_periods: 4}",
            ["regular.min_periods", "got 4", "1 to 3"],
        ),
        ("regular: {name: purchase}", ["period", "periods", "min_periods"]),
        (
            "regular: {name: purchase, period: 30d, periods: 100000, min_periods: 4}",
            ["regular.periods", "100000", "366"],
        ),
        (
            "regular: {name: purchase, period: 100y, periods: 300, min_periods: 4}",
            ["regular.period", "100y", "calendar"],
        ),
    ],
)
def test_errors(rule: str, parts: list[str], reader: Asker) -> None:
    reader.refuses(rule, parts)
