"""Kind 24: one row after another."""

from __future__ import annotations

import random
import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from criteria.kinds.conftest import Asker, event


def test_the_gap_is_open_at_both_ends(asker: Asker) -> None:
    start = "2025-06-01 10:00:00"
    ends = {
        "at once": start,
        "a microsecond later": "2025-06-01 10:00:00.000001",
        "just within": "2025-06-02 09:59:59.999999",
        "a day later": "2025-06-02 10:00:00",
        "before": "2025-06-01 09:00:00",
    }
    asker.fill(
        [*ends, "no end", "no beginning"],
        [
            *(event(one, "offer", start) for one in [*ends, "no end"]),
            *(event(one, "purchase", when) for one, when in ends.items()),
            event("no beginning", "purchase", start),
            event("no beginning", "offer", None),
            event("no end", "purchase", None),
        ],
    )
    rule = "sequence: {steps: [offer, purchase]%s}"
    later = {"a microsecond later", "just within", "a day later"}
    assert asker.ask(rule % "") == later
    for gap in ("24h", "1d"):
        assert asker.ask(rule % f", gap: {gap}") == {"a microsecond later", "just within"}
    assert asker.ask(rule % ", gap: 25h") == later
    assert asker.ask(rule % ", gap: 1w") == later
    assert asker.ask("sequence: {steps: [offer]}") == {*ends, "no end"}


def test_the_earliest_row_need_not_begin_the_chain(asker: Asker) -> None:
    """Only the second offer is near enough, and only the first purchase reaches the call."""
    asker.fill(
        ["late start", "early middle", "no way"],
        [
            event("late start", "offer", "2025-01-01"),
            event("late start", "offer", "2025-06-01"),
            event("late start", "purchase", "2025-06-05"),
            event("late start", "call", "2025-06-09"),
            # the later purchase is nearer to the call, but too far from the offer
            event("early middle", "offer", "2025-06-01"),
            event("early middle", "purchase", "2025-06-06"),
            event("early middle", "purchase", "2025-06-10"),
            event("early middle", "call", "2025-06-12"),
            event("no way", "offer", "2025-06-01"),
            event("no way", "purchase", "2025-06-06"),
            event("no way", "purchase", "2025-06-10"),
            event("no way", "call", "2025-06-13 00:00:01"),
        ],
    )
    rule = "sequence: {steps: [offer, purchase, call], gap: %s}"
    assert asker.ask(rule % "7d") == {"late start", "early middle"}
    assert asker.ask(rule % "8d") == {"late start", "early middle", "no way"}


def test_a_step_named_twice_needs_two_rows(asker: Asker) -> None:
    day = "2025-06-01"
    asker.fill(
        ["once", "twice", "twice at once", "thrice"],
        [
            event("once", "purchase", day),
            event("twice", "purchase", day),
            event("twice", "purchase", "2025-06-02"),
            event("twice at once", "purchase", day),
            event("twice at once", "purchase", day),
            *(event("thrice", "purchase", f"2025-06-0{n}") for n in (1, 2, 3)),
        ],
    )
    assert asker.ask("sequence: {steps: [purchase, purchase]}") == {"twice", "thrice"}
    assert asker.ask("sequence: {steps: [purchase, purchase], gap: 24h}") == set()
    assert asker.ask("sequence: {steps: [purchase, purchase, purchase], gap: 25h}") == {"thrice"}


def test_same_is_equal_and_known_in_all(asker: Asker) -> None:
    asker.fill(
        ["same", "other", "case", "unknown", "by the way of another"],
        [
            event("same", "offer", "2025-06-01", cart="c1"),
            event("same", "purchase", "2025-06-02", cart="c1"),
            event("other", "offer", "2025-06-01", cart="c1"),
            event("other", "purchase", "2025-06-02", cart="c2"),
            event("case", "offer", "2025-06-01", cart="c1"),
            event("case", "purchase", "2025-06-02", cart="C1"),
            event("unknown", "offer", "2025-06-01"),
            event("unknown", "purchase", "2025-06-02"),
            event("by the way of another", "offer", "2025-06-01", cart="c1"),
            event("by the way of another", "purchase", "2025-06-02", cart="c2"),
            event("by the way of another", "call", "2025-06-03", cart="c2"),
        ],
    )
    assert asker.ask("sequence: {steps: [offer, purchase], same: cart}") == {"same"}
    assert asker.ask("sequence: {steps: [offer, purchase], same: cart, gap: 2d}") == {"same"}
    assert asker.ask("sequence: {steps: [offer, purchase, call], same: cart}") == set()
    assert asker.ask("sequence: {steps: [offer], same: cart}") == set(asker.accounts) - {"unknown"}


def test_the_window_holds_every_row(asker: Asker) -> None:
    asker.set_day(date(2026, 1, 1), known_as_of="2025-12-28")
    asker.fill(
        ["inside", "begins before", "ends today", "not yet known"],
        [
            event("inside", "offer", "2025-12-02"),
            event("inside", "purchase", "2025-12-27 23:59:59.999999"),
            event("begins before", "offer", "2025-12-01 23:59:59.999999"),
            event("begins before", "purchase", "2025-12-03"),
            event("ends today", "offer", "2025-12-20"),
            event("ends today", "purchase", "2026-01-01", loaded_at="2025-12-01"),
            event("not yet known", "offer", "2025-12-20"),
            event("not yet known", "purchase", "2025-12-21", loaded_at="2025-12-28"),
        ],
    )
    for gap in ("", ", gap: 60d"):
        rule = "sequence: {steps: [offer, purchase], within: 30d%s}"
        assert asker.ask(rule % gap) == {"inside"}
        rule = "sequence: {steps: [offer, purchase], ago: [5d, 30d]%s}"
        assert asker.ask(rule % gap) == set()
        rule = "sequence: {steps: [offer, purchase]%s}"
        assert asker.ask(rule % gap) == {"inside", "begins before"}


def reference(rows: list[dict[str, Any]], steps: list[Any], gap: int | None, same: bool) -> bool:
    """Every chain, one by one."""

    def chains(index: int, last: dict[str, Any] | None) -> bool:
        if index == len(steps):
            return True
        return any(
            chains(index + 1, row)
            for row in rows
            if row["event_name"] == steps[index][0]
            and steps[index][1] in (None, row["channel"])
            and (not same or row["cart"] is not None)
            and (
                last is None
                or (
                    row["occurred_at"] > last["occurred_at"]
                    and (
                        gap is None
                        or row["occurred_at"] < last["occurred_at"] + timedelta(hours=gap)
                    )
                    and (not same or row["cart"] == last["cart"])
                )
            )
        )

    return chains(0, None)


@pytest.mark.parametrize("seed", range(3))
def test_random_chains(seed: int, asker: Asker) -> None:
    draw = random.Random(seed)
    accounts = [f"a{n}" for n in range(40)]
    rows = [
        {
            **event(draw.choice(accounts), draw.choice(["offer", "purchase"]), "2025-06-01"),
            "occurred_at": datetime(2025, 6, 1) + timedelta(hours=draw.randrange(30)),
            "channel": draw.choice(["x", "y", None]),
            "cart": draw.choice(["1", "2", None]),
        }
        for _ in range(320)
    ]
    asker.fill(accounts, rows)
    sizes = set()
    for _ in range(12):
        steps = [
            (draw.choice(["offer", "purchase"]), draw.choice([None, "x"]))
            for _ in range(draw.choice([2, 3, 4]))
        ]
        gap, same = draw.choice([None, 2, 5, 9]), draw.choice([True, False])
        written = ", ".join(
            name if channel is None else f"{{name: {name}, where: {{channel: {channel}}}}}"
            for name, channel in steps
        )
        found = asker.ask(
            f"sequence: {{steps: [{written}]{f', gap: {gap}h' if gap else ''}"
            f"{', same: cart' if same else ''}}}"
        )
        by_account = {one: [row for row in rows if row["account_id"] == one] for one in accounts}
        assert found == {one for one in accounts if reference(by_account[one], steps, gap, same)}, (
            steps,
            gap,
            same,
        )
        sizes.add(len(found))
    assert len(sizes) > 5


def test_as_many_steps_as_may_be(asker: Asker) -> None:
    asker.fill(
        ["12", "11"],
        [
            event(one, "purchase", f"2025-01-01 {hour:02}:00:00")
            for one in ("12", "11")
            for hour in range(int(one))
        ],
    )
    rule = f"sequence: {{steps: [{', '.join(['purchase'] * 12)}]%s}}"
    # the last is as long as may be: so many of them would leave an engine's calendar
    for gap in ("", ", gap: 2h", ", gap: 105000w"):
        assert asker.ask(rule % gap) == {"12"}


def test_rows_are_read_once_and_never_joined_with_each_other(reader: Asker) -> None:
    reader.fill(["a"])
    leaf = "sequence: {steps: [offer, purchase, offer, purchase], gap: 3d}"
    sql = reader.engine.render(f"any: [{leaf}, not: {{{leaf}}}]")
    assert sql.count('"activities" as') == 1, sql
    # with the first and last rows of each account, and with the base
    joins = ["inner join sequence_1_bounds", "left join sequence_1"]
    assert re.findall(r"\w+ join \S+", sql) == joins, sql
    # without a gap with the one row of each account that the step before has reached
    sql = reader.engine.render(leaf.replace(", gap: 3d", ""))
    assert sql.count('"activities" as') == 1, sql
    joins = [f"inner join sequence_1_step_{step}" for step in (1, 2, 3)]
    assert re.findall(r"\w+ join \S+", sql) == [*joins, "left join sequence_1"], sql
    # of two steps without a gap the first and the last time are enough
    sql = reader.engine.render("any: [sequence: {steps: [offer, purchase]}, event: {name: offer}]")
    assert sql.count('"activities" as') == 1, sql


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("sequence: [offer, purchase]", ["sequence", "{steps: ..}"]),
        ("sequence: {steps: []}", ["sequence.steps", "1 to 12"]),
        ("sequence: {steps: offer}", ["sequence.steps", "not a list"]),
        ("sequence: {gap: 3d}", ["sequence", "'steps' is missing"]),
        ("sequence: {steps: [" + "offer, " * 13 + "]}", ["sequence.steps", "1 to 12"]),
        (
            "sequence: {steps: [ofer, {name: purchase, within: 3d}, {name: call, where: {x: 1}}, "
            "3], gap: 1m, same: cart, within: 30}",
            [
                "steps[0].name",
                "Did you mean 'offer'",
                "steps[1]",
                "within",
                "steps[2].where.x",
                "steps[3]",
                "sequence.gap",
                "Months and years differ",
                "sequence.within",
                "30d",
            ],
        ),
        ("sequence: {steps: [offer, call], same: amount}", ["same", "cart, size", "offer, call"]),
        ("sequence: {steps: [offer, call], same: crt}", ["Did you mean 'cart'"]),
        ("sequence: {steps: [offer, call], gap: 3}", ["sequence.gap", "got 3", "7d"]),
        ("sequence: {steps: [offer, call], gap: 9999999w}", ["sequence.gap", "calendar"]),
        ("sequence: {steps: [offer, call], gap: 99999999999d}", ["sequence.gap", "calendar"]),
        ("sequence: {steps: [offer], within: 3d, ago: [1d, 2d]}", ["sequence", "one window"]),
        ("sequence: {step: [offer]}", ["Did you mean 'steps'", "missing"]),
    ],
)
def test_errors(rule: str, parts: list[str], reader: Asker) -> None:
    reader.refuses(rule, parts)
