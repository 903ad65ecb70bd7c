"""Kind 23: stopped, restarted, regular."""

from __future__ import annotations

from datetime import date

import pytest

from criteria.kinds.conftest import Asker, event

# as of 2026-01-01
DAYS_90, DAYS_365 = "2025-10-03", "2025-01-01"
DAYS_30, DAYS_210 = "2025-12-02", "2025-06-05"


def just_before(day: str) -> str:
    return f"{date.fromordinal(date.fromisoformat(day).toordinal() - 1)} 23:59:59.999999"


def test_stopped(asker: Asker) -> None:
    times = {
        "first instant": [DAYS_365],
        "too long ago": [just_before(DAYS_365)],
        "last instant": [just_before(DAYS_90)],
        "too late": [DAYS_90],
        "goes on": [DAYS_365, DAYS_90],
        "goes on at the end": [DAYS_365, just_before("2026-01-01")],
        "today does not count": [DAYS_365, "2026-01-01"],
        "other category": [DAYS_365],
        "never": [],
    }
    asker.fill(
        list(times),
        [
            event(one, "purchase", when, category="B" if one == "other category" else "A")
            for one, all_times in times.items()
            for when in all_times
        ],
    )
    wanted = {"first instant", "last instant", "today does not count"}
    rule = "stopped: {name: purchase, active: [90d, 365d]%s}"
    assert asker.ask(rule % "") == wanted | {"other category"}
    assert asker.ask(rule % ", where: {category: A}") == wanted
    assert asker.ask("stopped: {name: offer, active: [90d, 365d]}") == set()


def test_restarted(asker: Asker) -> None:
    before, within = just_before(DAYS_210), just_before(DAYS_30)
    times = {
        "edges": [before, DAYS_30],
        "long ago": ["1999-01-01", just_before("2026-01-01")],
        "not silent at first": [before, DAYS_210, DAYS_30],
        "not silent at last": [before, within, DAYS_30],
        "new": [DAYS_30],
        "gone": [before],
        "today does not count": [before, "2026-01-01"],
        "never": [],
    }
    asker.fill(
        list(times),
        [event(one, "purchase", when) for one, all_times in times.items() for when in all_times],
    )
    rule = "restarted: {name: purchase, silent: [30d, 210d]}"
    assert asker.ask(rule) == {"edges", "long ago"}


def test_regular(asker: Asker) -> None:
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


def test_all_of_them_share_one_pass(reader: Asker) -> None:
    reader.fill(["a"])
    sql = reader.engine.render(
        """
        any:
          - stopped: {name: purchase, active: [90d, 365d]}
          - restarted: {name: purchase, silent: [90d, 365d]}
          - regular: {name: offer, period: 1m, periods: 12, min_periods: 6}
          - trend: {name: purchase, within: 90d, change_percent: {lte: -30}}
        """
    )
    assert sql.count('"activities" as') == 1, sql
    # the same question is one column, whoever asks it: 2 and 1 more, 12, 2
    assert sql.count(" as evidence_") == 16, sql


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("stopped: {name: purchase}", ["'active' is missing", "[30d, 210d]"]),
        ("stopped: {name: purchase, active: [365d, 90d]}", ["stopped.active", "reversed"]),
        ("stopped: {name: purchase, active: [0d, 90d]}", ["stopped.active[0]", "0d"]),
        ("stopped: {name: purchase, active: 90d}", ["stopped.active", "two durations"]),
        ("stopped: {name: purchase, activ: [9d, 90d]}", ["Did you mean 'active'"]),
        (
            "stopped: {name: purchase, active: [9d, 90d], within: 3d}",
            ["stopped", "unknown key", "within"],
        ),
        ("restarted: {name: purchase, silent: [210d, 30d]}", ["restarted.silent", "reversed"]),
        ("restarted: {name: purchase, silent: [30, 90]}", ["silent[0]", "30d", "silent[1]"]),
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
    message = reader.refusal(rule)
    assert not [part for part in parts if part not in message], message
