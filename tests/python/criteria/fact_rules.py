"""Leaves on the events of an account, at random: kinds 19 to 26."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from criteria.drawing import Chooser, Domain, chance, comparison, some, value_leaf, window
from criteria.oracle import Account, Tally, Tree, selected
from criteria.worlds import DrawnWorld


def columns_of(world: DrawnWorld, event: str) -> list[Domain]:
    rows = [row for row in world.events if row["event_name"] == event]
    return [
        Domain(column, kind, [row[column] for row in rows if row[column] is not None])
        for column, kind in world.event_types[event].items()
    ]


def where(draw: Chooser, world: DrawnWorld, event: str) -> Any:
    columns = columns_of(world, event)

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


def selection(draw: Chooser, world: DrawnWorld) -> dict[str, Any]:
    event = draw.pick(list(world.event_types))
    spec: dict[str, Any] = {"name": event}
    if chance(draw, 50):
        spec["where"] = where(draw, world, event)
    if chance(draw, 60):
        times = [row["occurred_at"] for row in world.events if row["event_name"] == event]
        happened = Domain("occurred_at", "timestamp", [one for one in times if one is not None])
        spec |= window(draw, happened, world, of_facts=True)
    return spec


def event_leaf(draw: Chooser, world: DrawnWorld) -> Tree:
    spec = selection(draw, world)
    word = draw.pick(["count", "sum", "none", "avg", "min", "max", "distinct", "count"])
    if word == "none":
        return {"event": spec}
    rows = [selected(spec, Account(world, one, Tally())) for one in world.base]
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
