"""Leaves on the events of an account, at random: kinds 19 to 26."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from criteria.drawing import (
    Chooser,
    Domain,
    chance,
    comparison,
    number_literal,
    some,
    text_near,
    value_leaf,
    window,
    with_peers,
)
from criteria.oracle import (
    Account,
    Row,
    Tally,
    Tree,
    history,
    local_day,
    most_frequent,
    now_and_before,
    selected,
    shift,
)
from criteria.worlds import DrawnWorld


def columns_of(world: DrawnWorld, event: str) -> list[Domain]:
    rows = [row for row in world.events if row["event_name"] == event]
    return column_domains(rows, world.event_types[event])


def column_domains(rows: Sequence[Row], types: Mapping[str, str]) -> list[Domain]:
    return with_peers(
        [
            Domain(column, kind, [row[column] for row in rows if row[column] is not None])
            for column, kind in types.items()
        ]
    )


def where(draw: Chooser, world: DrawnWorld, event: str) -> Any:
    return row_node(draw, world, columns_of(world, event))


def row_node(draw: Chooser, world: DrawnWorld, columns: list[Domain]) -> Any:
    """A node over the columns of one row, or a list of nodes."""

    def one_leaf() -> Tree:
        return value_leaf(draw, draw.pick(columns), world)

    shape = draw.pick(["leaf", "list", "any", "not", "deeper"])
    if shape == "list":
        return some(draw, one_leaf, most=2)
    if shape == "any":
        return {"any": some(draw, one_leaf)}
    if shape == "not":
        return {"not": one_leaf()}
    if shape == "deeper":
        return {draw.pick(["at_least", "at_most", "exactly"]): counted(draw, one_leaf)}
    return one_leaf()


def counted(draw: Chooser, one: Callable[[], Tree]) -> dict[str, Any]:
    branches = some(draw, one)
    return {"count": draw.integer(0, len(branches)), "of": branches}


def named(draw: Chooser, world: DrawnWorld, percent: int = 40) -> dict[str, Any]:
    """An event, and perhaps what must hold of its rows."""
    event = draw.pick(["purchase", *world.event_types])
    spec: dict[str, Any] = {"name": event}
    if chance(draw, percent):
        spec["where"] = where(draw, world, event)
    return spec


def selection(draw: Chooser, world: DrawnWorld) -> dict[str, Any]:
    spec = named(draw, world, percent=50)
    if chance(draw, 60):
        spec |= fact_window(draw, world, spec["name"])
    return spec


def fact_window(draw: Chooser, world: DrawnWorld, event: str) -> dict[str, Any]:
    times = [row["occurred_at"] for row in world.events if row["event_name"] == event]
    happened = Domain("occurred_at", "timestamp", [one for one in times if one is not None])
    return window(draw, happened, world, of_facts=True)


def asked_of_all(world: DrawnWorld) -> list[Account]:
    return [Account(world, one, Tally()) for one in world.base]


def event_leaf(draw: Chooser, world: DrawnWorld) -> Tree:
    spec = selection(draw, world)
    word = draw.pick(["count", "sum", "none", "avg", "min", "max", "distinct", "count"])
    if word == "none":
        return {"event": spec}
    rows = [selected(spec, account) for account in asked_of_all(world)]
    if word == "count":
        return {"event": spec | {"count": comparison(draw, [len(found) for found in rows])}}
    columns = [
        column.name
        for column in columns_of(world, spec["name"])
        if word == "distinct" or column.type == "number"
    ]
    if word == "distinct" and chance(draw, 60):
        columns = [one for one in columns if one in ("category", "product", "topic")]
    column = draw.pick(columns)
    known = [[row[column] for row in found if row[column] is not None] for found in rows]
    measured = {
        "sum": lambda some: sum(some),
        "distinct": lambda some: len(set(some)),
        "avg": lambda some: round(Decimal(sum(some)) / len(some), 2),
        "min": min,
        "max": max,
    }[word]
    near = [measured(some) for some in known if some or word in ("sum", "distinct")]
    operators = comparison(draw, near)
    if not isinstance(operators, dict):
        operators = {"eq": operators}
    spec[word] = {"of": column, **operators}
    if word in ("avg", "min", "max") and chance(draw, 40):
        spec["if_empty"] = draw.pick([True, False])
    return {"event": spec}


def trend(draw: Chooser, world: DrawnWorld) -> Tree:
    spec = named(draw, world, 20) | {"within": draw.pick([*world.durations, "90d", "6m", "1y"])}
    numbers = [one.name for one in columns_of(world, spec["name"]) if one.type == "number"]
    if chance(draw, 50):
        spec["sum"] = {"of": draw.pick(numbers)}
    pairs = [now_and_before(spec, account) for account in asked_of_all(world)]
    percents = [100 * (now - before) / before for now, before in pairs if before > 0]
    near = [one for one in percents if one == round(one, 2)] or [Decimal(-30), Decimal(0)]
    return {"trend": {**spec, "change_percent": capped(comparison(draw, near))}}


def capped(written: Any) -> Any:
    """A change in percents, no longer than it may be."""
    if isinstance(written, dict):
        return {word: capped(inner) for word, inner in written.items()}
    if isinstance(written, list):
        return [capped(one) for one in written]
    return written if Decimal(str(written)) < 10**9 else 10**9 - 1


def one_event(draw: Chooser, world: DrawnWorld) -> Tree:
    spec = named(draw, world)
    asked = draw.pick(["window", "has", "both"])
    if asked != "has":
        spec |= fact_window(draw, world, spec["name"])
    if asked != "window":
        spec["has"] = where(draw, world, spec["name"])
    if chance(draw, 25):
        spec["if_empty"] = draw.pick([True, False])
    return {draw.pick(["first_event", "last_event", "last_event"]): spec}


def days_ago(draw: Chooser, world: DrawnWorld, instant: datetime) -> int:
    """Days from today back to an instant's day, or a day more or less."""
    passed = (world.as_of - local_day(instant, world.zone)).days
    return max(1, passed + draw.pick([0, 0, 1, -1]))


def nearer_and_farther(draw: Chooser, world: DrawnWorld, event: str) -> list[str]:
    """Two durations of which the first goes less far back, often to rows of an account."""
    rows = history({"name": event}, Account(world, draw.pick([*world.base, ""]), Tally()))
    if len(rows) > 1 and chance(draw, 40):
        one = draw.integer(0, len(rows) - 2)
        days = [days_ago(draw, world, row["occurred_at"]) for row in (rows[one], rows[one + 1])]
        return [f"{min(days)}d", f"{max(max(days), min(days) + 1)}d"]
    if chance(draw, 50):
        # a short silence, beside which there may be rows on both sides
        nearer = (world.as_of - shift(world.as_of, draw.pick(world.durations), -1)).days
        return [f"{nearer}d", f"{nearer + draw.pick([1, 2, 7, 20])}d"]
    two = [draw.pick(world.durations), draw.pick([*world.durations, "3y"])]
    nearer, farther = sorted(two, key=lambda one: shift(world.as_of, one, -1), reverse=True)
    return [nearer, farther if nearer != farther else "4y"]


def stopped(draw: Chooser, world: DrawnWorld) -> Tree:
    spec = named(draw, world)
    return {"stopped": spec | {"active": nearer_and_farther(draw, world, spec["name"])}}


def restarted(draw: Chooser, world: DrawnWorld) -> Tree:
    spec = named(draw, world, 15)
    return {"restarted": spec | {"silent": nearer_and_farther(draw, world, spec["name"])}}


def regular(draw: Chooser, world: DrawnWorld) -> Tree:
    periods = draw.integer(1, 5)
    spec = named(draw, world, 25) | {
        "period": draw.pick([*world.durations, "30d", "1m", "3m"]),
        "periods": periods,
        "min_periods": draw.integer(1, periods),
    }
    if chance(draw, 50):
        spec["count"] = comparison(draw, [0, 1, 1, 2])
    return {"regular": spec}


def shared_columns(world: DrawnWorld, events: Sequence[str]) -> list[str]:
    """Columns that each of the events has, in the same type."""
    first, *others = (set(world.event_types[event].items()) for event in events)
    return sorted(name for name, _ in first.intersection(*others))


def step(draw: Chooser, world: DrawnWorld) -> Any:
    spec = named(draw, world, 30)
    return spec["name"] if set(spec) == {"name"} and chance(draw, 70) else spec


def name_of(written: Any) -> str:
    return written if isinstance(written, str) else written["name"]


def span(draw: Chooser, world: DrawnWorld) -> str:
    """A duration between rows, often one that lies between two rows of an account."""
    account = draw.pick([*world.base, ""])
    times = sorted(
        row["occurred_at"]
        for row in world.events_by_account.get(account, [])
        if row["occurred_at"] is not None
    )
    hours = draw.pick([1, 24, 7 * 24, 30 * 24, 90 * 24])
    if len(times) > 1 and chance(draw, 75):
        one = draw.integer(0, len(times) - 2)
        passed = times[draw.integer(one + 1, len(times) - 1)] - times[one]
        hours = max(1, round(passed.total_seconds() / 3600))
    if hours % 168 == 0 and chance(draw, 50):
        return f"{hours // 168}w"
    return f"{hours // 24}d" if hours % 24 == 0 and chance(draw, 80) else f"{hours}h"


def sequence(draw: Chooser, world: DrawnWorld) -> Tree:
    steps = [step(draw, world) for _ in range(draw.pick([2, 2, 3]))]
    spec: dict[str, Any] = {"steps": steps}
    columns = shared_columns(world, [name_of(one) for one in steps])
    if chance(draw, 70):
        spec["gap"] = span(draw, world)
    if columns and chance(draw, 40):
        spec["same"] = draw.pick(columns)
    if chance(draw, 40):
        spec |= fact_window(draw, world, name_of(steps[0]))
    return {"sequence": spec}


def abandoned(draw: Chooser, world: DrawnWorld) -> Tree:
    spec = selection(draw, world)
    spec |= {"without": step(draw, world), "for": span(draw, world)}
    columns = shared_columns(world, [spec["name"], name_of(spec["without"])])
    if columns and chance(draw, 40):
        spec["same"] = draw.pick(columns)
    return {"abandoned": spec}


def usual(draw: Chooser, world: DrawnWorld) -> Tree:
    spec = selection(draw, world)
    columns = [one for one in columns_of(world, spec["name"]) if one.type in ("text", "number")]
    column = draw.pick(columns)
    often = [
        value
        for value, _ in (
            most_frequent(selected(spec, account), column.name) for account in asked_of_all(world)
        )
        if value is not None
    ]
    found = Domain(column.name, column.type, often or column.values)
    if column.type == "text":
        wanted = some(draw, lambda: text_near(draw, found))
    else:
        values = sorted(set(found.values)) or [Decimal(0)]
        wanted = some(draw, lambda: number_literal(draw, Decimal(draw.pick(values))))
    spec |= {"column": column.name, "in": wanted}
    if chance(draw, 50):
        spec["min_count"] = draw.integer(1, 3)
    return {"usual": spec}
