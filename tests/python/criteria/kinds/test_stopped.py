"""Kind 23a: did it, and then no more."""

from __future__ import annotations

import pytest

from criteria.kinds.conftest import Asker, event, just_before

# as of 2026-01-01
DAYS_90, DAYS_365 = "2025-10-03", "2025-01-01"


CATEGORIES = {"other category": "B", "unknown category": None}


def test_edges(asker: Asker) -> None:
    times = {
        "first instant": [DAYS_365],
        "too long ago": [just_before(DAYS_365)],
        "last instant": [just_before(DAYS_90)],
        "too late": [DAYS_90],
        "goes on": [DAYS_365, DAYS_90],
        "goes on at the end": [DAYS_365, just_before("2026-01-01")],
        "today does not count": [DAYS_365, "2026-01-01"],
        "other category": [DAYS_365],
        "unknown category": [DAYS_365],
        "never": [],
        "at no known time": [None],
    }
    asker.fill(
        list(times),
        [
            event(one, "purchase", when, category=CATEGORIES.get(one, "A"))
            for one, all_times in times.items()
            for when in all_times
        ],
    )
    wanted = {"first instant", "last instant", "today does not count"}
    rule = "stopped: {name: purchase, active: [90d, 365d]%s}"
    assert asker.ask(rule % "") == wanted | {"other category", "unknown category"}
    assert asker.ask(rule % ", where: {category: A}") == wanted
    assert asker.ask(rule % ", where: {category: {neq: A}}") == {
        "other category",
        "unknown category",
    }
    assert asker.ask("stopped: {name: offer, active: [90d, 365d]}") == set()


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
    ],
)
def test_errors(rule: str, parts: list[str], reader: Asker) -> None:
    reader.refuses(rule, parts)
