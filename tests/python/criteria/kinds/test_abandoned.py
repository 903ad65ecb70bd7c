"""Kind 25: begun, and not followed by what should follow."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta

import pytest

from criteria.kinds.conftest import Asker, event

RULE = "abandoned: {name: basket, without: purchase, for: 7d%s}"


def test_the_span_is_open_at_both_ends(asker: Asker) -> None:
    begun = "2025-06-01 10:00:00"
    followed = {
        "at once": begun,
        "a microsecond later": "2025-06-01 10:00:00.000001",
        "just in time": "2025-06-08 09:59:59.999999",
        "too late": "2025-06-08 10:00:00",
        "before": "2025-06-01 09:59:59",
    }
    asker.fill(
        [*followed, "never followed", "never begun"],
        [
            *(event(one, "basket", begun) for one in [*followed, "never followed"]),
            *(event(one, "purchase", when) for one, when in followed.items()),
            event("never begun", "purchase", begun),
            # at no known time: neither begun nor followed
            event("never begun", "basket", None),
            event("never followed", "purchase", None),
        ],
    )
    wanted = {"at once", "too late", "before", "never followed"}
    assert asker.ask(RULE % "") == wanted
    assert asker.ask((RULE % "").replace("7d", "168h")) == wanted
    assert asker.ask((RULE % "").replace("7d", "169h")) == wanted - {"too late"}


def test_what_is_not_yet_decided_is_false(asker: Asker) -> None:
    """Berlin is an hour before UTC: 1 January begins at 23:00 of the day before."""
    asker.set_day(date(2026, 1, 1), time_zone="Europe/Berlin")
    asker.fill(
        ["decided", "not yet"],
        [
            event("decided", "basket", "2025-12-24 23:00:00"),
            event("not yet", "basket", "2025-12-24 23:00:00.000001"),
        ],
    )
    assert asker.ask(RULE % "") == {"decided"}


def test_one_of_many_is_enough_and_the_next_one_counts(asker: Asker) -> None:
    asker.fill(
        ["second", "none"],
        [
            event("second", "basket", "2025-06-01"),
            event("second", "purchase", "2025-06-02"),
            event("second", "basket", "2025-07-01"),
            event("second", "purchase", "2025-07-20"),
            event("none", "basket", "2025-06-01"),
            event("none", "basket", "2025-06-03"),
            event("none", "purchase", "2025-06-04"),
            event("none", "purchase", "2025-08-04"),
        ],
    )
    assert asker.ask(RULE % "") == {"second"}
    # what should follow may be the event itself
    assert asker.ask("abandoned: {name: basket, without: basket, for: 7d}") == {"second", "none"}
    assert asker.ask(
        "abandoned: {name: basket, without: basket, for: 7d, between: [2025-06-01, 2025-06-01]}"
    ) == {"second"}


def test_same(asker: Asker) -> None:
    asker.fill(
        ["same", "other", "unknown follows", "unknown both"],
        [
            event("same", "basket", "2025-06-01", cart="1"),
            event("same", "purchase", "2025-06-02", cart="1"),
            event("other", "basket", "2025-06-01", cart="1"),
            event("other", "purchase", "2025-06-02", cart="2"),
            event("unknown follows", "basket", "2025-06-01", cart="1"),
            event("unknown follows", "purchase", "2025-06-02"),
            event("unknown both", "basket", "2025-06-01"),
            event("unknown both", "purchase", "2025-06-02"),
        ],
    )
    assert asker.ask(RULE % "") == set()
    assert asker.ask(RULE % ", same: cart") == {"other", "unknown follows", "unknown both"}


def test_window_where_another_model_and_what_is_known(asker: Asker) -> None:
    asker.set_day(date(2026, 1, 1), known_as_of="2025-12-30")
    asker.fill(
        ["first instant", "too old", "called", "called about else", "unknown yet"],
        [
            event("first instant", "basket", "2025-12-02"),
            event("too old", "basket", "2025-12-01 23:59:59.999999"),
            event("called", "basket", "2025-12-05", channel="web"),
            event("called", "call", "2025-12-06", topic="order"),
            event("called about else", "basket", "2025-12-05", channel="web"),
            event("called about else", "call", "2025-12-06", topic="weather"),
            event("unknown yet", "basket", "2025-12-05", channel="web"),
            event("unknown yet", "call", "2025-12-06", topic="order", loaded_at="2025-12-30"),
        ],
    )
    rule = "abandoned: {name: basket, without: %s, for: 7d, within: 30d%s}"
    assert asker.ask(rule % ("purchase", "")) == set(asker.accounts) - {"too old"}
    call = "{name: call, where: {topic: order}}"
    wanted = {"first instant", "called about else", "unknown yet"}
    assert asker.ask(rule % (call, "")) == wanted
    assert asker.ask(rule % (call, ", where: {channel: web}")) == wanted - {"first instant"}
    # the window is of the row that was begun, not of what follows
    rule = "abandoned: {name: basket, without: call, for: 7d, between: [2025-12-05, 2025-12-05]}"
    assert asker.ask(rule) == {"unknown yet"}


@pytest.mark.parametrize("seed", range(2))
def test_random_rows(seed: int, asker: Asker) -> None:
    draw = random.Random(seed)
    accounts = [f"a{n}" for n in range(40)]
    names = ["basket", "purchase"]
    rows = [
        {
            **event(draw.choice(accounts), draw.choice(names), "2025-12-30"),
            "occurred_at": datetime(2025, 12, 30) + timedelta(hours=draw.randrange(48)),
            "cart": draw.choice(["1", "2", None]),
        }
        for _ in range(160)
    ]
    asker.fill(accounts, rows)
    for hours in (1, 3, 12):
        for same in (False, True):

            def ends(row: dict, hours: int = hours, same: bool = same) -> bool:
                end = row["occurred_at"] + timedelta(hours=hours)
                return end <= datetime(2026, 1, 1) and not any(
                    other["event_name"] == "purchase"
                    and other["account_id"] == row["account_id"]
                    and row["occurred_at"] < other["occurred_at"] < end
                    and (not same or other["cart"] == row["cart"] is not None)
                    for other in rows
                )

            found = asker.ask(
                f"abandoned: {{name: basket, without: purchase, for: {hours}h"
                f"{', same: cart' if same else ''}}}"
            )
            wanted = {
                row["account_id"] for row in rows if row["event_name"] == "basket" and ends(row)
            }
            assert found == wanted


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("abandoned: {name: basket}", ["'without' is missing", "'for' is missing"]),
        (
            "abandoned: {name: bask, without: purchse, for: 3m}",
            ["abandoned.name", "Did you mean 'basket'"],
        ),
        (
            "abandoned: {name: basket, without: purchse, for: 3m, same: cart, within: 3}",
            ["abandoned.without.name", "Did you mean 'purchase'", "abandoned.for", "within", "3d"],
        ),
        ("abandoned: {name: basket, without: call, for: 3d, same: amount}", ["cart, size"]),
        ("abandoned: {name: basket, without: call, for: 3}", ["abandoned.for", "got 3"]),
        (
            "abandoned: {name: basket, without: {name: call, within: 3d}, for: 3d}",
            ["abandoned.without", "within", "name, where"],
        ),
        ("abandoned: {name: basket, without: [call], for: 3d}", ["abandoned.without"]),
    ],
)
def test_errors(rule: str, parts: list[str], reader: Asker) -> None:
    reader.refuses(rule, parts)
