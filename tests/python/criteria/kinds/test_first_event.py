"""Kind 22: first_event and last_event."""

from __future__ import annotations

from datetime import date

import pytest

from criteria.kinds.conftest import Asker, event


def test_the_window_is_asked_of_the_first_row_of_all_history(asker: Asker) -> None:
    asker.fill(
        ["on the edge", "before it", "old and new", "last instant", "today", "never", "untimed"],
        [
            event("on the edge", "purchase", "2025-12-02"),
            event("before it", "purchase", "2025-12-01 23:59:59.999999"),
            event("old and new", "purchase", "2025-12-20"),
            event("old and new", "purchase", "2024-12-20"),
            event("last instant", "purchase", "2025-12-31 23:59:59.999999"),
            event("today", "purchase", "2026-01-01"),
            event("untimed", "purchase", None),
        ],
    )
    first = "first_event: {name: purchase, within: 30d%s}"
    assert asker.ask(first % "") == {"on the edge", "last instant"}
    assert asker.ask(first % ", has: {category: {is_null: true}}") == {
        "on the edge",
        "last instant",
    }
    nothing = {"today", "never", "untimed"}
    assert asker.ask(first % ", if_empty: true") == {"on the edge", "last instant"} | nothing
    assert asker.ask("last_event: {name: purchase, ago: [0d, 30d]}") == {
        "on the edge",
        "old and new",
        "last instant",
    }
    assert asker.ask("first_event: {name: purchase}") == set(asker.accounts) - nothing
    assert asker.ask("last_event: {name: purchase, if_empty: true}") == set(asker.accounts)


@pytest.mark.parametrize("order", [1, -1])
def test_has_is_asked_of_one_row_and_ties_go_by_event_id_in_bytes(order: int, asker: Asker) -> None:
    rows = [
        event("a", "purchase", "2025-01-01", event_id="b", channel="small b"),
        event("a", "purchase", "2025-01-01", event_id="B", channel="capital B"),
        event("a", "purchase", "2025-01-01", event_id="É", channel="accent"),
        event("a", "purchase", "2025-01-02", event_id="a", channel="later"),
        event("a", "purchase", "2025-01-02", event_id="A", channel="later, capital"),
        event("empty", "offer", "2025-01-02", channel="capital B"),
        event("null", "purchase", "2025-01-02"),
    ]
    asker.fill(["a", "empty", "null"], rows[::order])
    assert asker.ask("first_event: {name: purchase, has: {channel: capital B}}") == {"a"}
    assert asker.ask("last_event: {name: purchase, has: {channel: later}}") == {"a"}
    assert asker.ask("last_event: {name: purchase, has: {channel: small b}}") == set()
    # É is two bytes, both above every letter of ASCII
    rule = "first_event: {name: purchase, where: {category: {is_null: true}}, has: {channel: x}}"
    assert asker.ask(rule) == set()
    tied = "last_event: {name: purchase, where: {channel: {not_starts_with: later}}, has: %s}"
    assert asker.ask(tied % "{channel: accent}") == {"a"}
    # a negative condition holds of a row in which nothing is known, but not of no row
    assert asker.ask("first_event: {name: purchase, has: {channel: {neq: x}}}") == {"a", "null"}
    assert asker.ask("first_event: {name: purchase, has: {channel: {neq: x}}, if_empty: true}") == {
        "a",
        "null",
        "empty",
    }


def test_rows_of_one_instant_that_are_not_asked_for_do_not_count(asker: Asker) -> None:
    day = "2025-06-01"
    asker.fill(
        ["a"],
        [
            event("a", "offer", day, event_id="1", channel="wrong"),
            event("a", "purchase", day, event_id="2", category="B", channel="wrong"),
            event("a", "purchase", day, event_id="3", category="A", channel="right"),
            event("a", "purchase", day, event_id="4", category="B", channel="wrong"),
            event("a", "offer", day, event_id="5", channel="wrong"),
        ],
    )
    for word in ("first_event", "last_event"):
        rule = f"{word}: {{name: purchase, where: {{category: A}}, has: {{channel: right}}}}"
        assert asker.ask(rule) == {"a"}


def test_where_chooses_and_has_does_not(asker: Asker) -> None:
    asker.fill(
        ["a"],
        [
            event("a", "purchase", "2025-01-01", category="A", channel="web"),
            event("a", "purchase", "2025-02-01", category="B", channel="web"),
            event("a", "purchase", "2025-03-01", category="B", channel="shop"),
        ],
    )
    assert asker.ask("first_event: {name: purchase, has: {category: B}}") == set()
    assert asker.ask(
        "first_event: {name: purchase, where: {category: B}, has: [{channel: web}, "
        "{category: B}], between: [2025-02-01, 2025-02-01]}"
    ) == {"a"}
    assert asker.ask("last_event: {name: purchase, where: {category: A}, within: 1y}") == {"a"}


def test_what_is_known(asker: Asker) -> None:
    asker.set_day(date(2026, 1, 1), known_as_of="2025-06-01")
    asker.fill(
        ["a"],
        [
            event("a", "purchase", "2025-01-01", channel="web", loaded_at="2025-06-01"),
            event("a", "purchase", "2025-02-01", channel="web", loaded_at=None),
            event("a", "purchase", "2025-03-01", channel="shop"),
        ],
    )
    assert asker.ask("first_event: {name: purchase, has: {channel: shop}}") == {"a"}
    assert asker.ask("first_event: {name: purchase, in_period: last year}") == {"a"}
    assert asker.ask("first_event: {name: purchase, between: [2025-01-01, 2025-02-28]}") == set()


def test_all_that_is_asked_of_one_row_is_read_together(reader: Asker) -> None:
    reader.fill(["a"])
    sql = reader.engine.render(
        """
        all:
          - first_event: {name: purchase, has: {channel: web}}
          - first_event: {name: purchase, has: {channel: shop}, within: 30d}
          - first_event: {name: purchase, within: 30d}
          - last_event: {name: purchase, within: 10d}
          - event: {name: purchase, count: {gte: 3}}
        """
    )
    # its time and the row itself, whatever is asked of it; all the rest in one pass
    assert sql.count('"activities" as') == 2 + 1, sql


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("first_event: {name: purchse}", ["first_event.name", "Did you mean 'purchase'"]),
        ("last_event: {name: purchase, has: {chanel: x}}", ["last_event.has.chanel", "channel"]),
        ("last_event: {name: purchase, has: []}", ["last_event.has", "empty"]),
        (
            "first_event: {name: purchase, if_empty: 1, within: 3, has: {member_of: x}}",
            ["first_event.if_empty", "first_event.within", "has.member_of", "not of one row"],
        ),
        ("first_event: {name: purchase, count: 3}", ["count", "has", "if_empty"]),
        ("first_event: {name: purchase, within: 3d, ago: [1d, 2d]}", ["one window"]),
    ],
)
def test_errors(rule: str, parts: list[str], reader: Asker) -> None:
    reader.refuses(rule, parts)
