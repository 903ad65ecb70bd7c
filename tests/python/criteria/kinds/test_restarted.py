"""Kind 23b: did it, was silent, and does it again."""

from __future__ import annotations

import pytest

from criteria.kinds.conftest import Asker, event, just_before

# as of 2026-01-01
DAYS_30, DAYS_210 = "2025-12-02", "2025-06-05"


def test_edges(asker: Asker) -> None:
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
        "at no known time": [None],
    }
    asker.fill(
        list(times),
        [event(one, "purchase", when) for one, all_times in times.items() for when in all_times],
    )
    rule = "restarted: {name: purchase, silent: [30d, 210d]}"
    assert asker.ask(rule) == {"edges", "long ago"}


def test_where_is_asked_of_every_row(asker: Asker) -> None:
    """A row of another category breaks no silence, and one of an unknown one neither."""
    asker.fill(
        ["silent in A", "not silent"],
        [
            event(one, "purchase", when, category=category)
            for one, between in (("silent in A", ["B", None]), ("not silent", ["a"]))
            for when, category in (
                (just_before(DAYS_210), "A"),
                *((DAYS_210, category) for category in between),
                (DAYS_30, "A"),
            )
        ],
    )
    rule = "restarted: {name: purchase, silent: [30d, 210d]%s}"
    assert asker.ask(rule % "") == set()
    assert asker.ask(rule % ", where: {category: A}") == {"silent in A"}


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("restarted: {name: purchase, silent: [210d, 30d]}", ["restarted.silent", "reversed"]),
        ("restarted: {name: purchase, silent: [30, 90]}", ["silent[0]", "30d", "silent[1]"]),
    ],
)
def test_errors(rule: str, parts: list[str], reader: Asker) -> None:
    reader.refuses(rule, parts)
