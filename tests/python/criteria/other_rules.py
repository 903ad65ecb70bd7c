"""Leaves on relations, the past, contact points, lists and other leaves, at random."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from criteria.catalogues import (
    CHANNELS,
    LISTS,
    PURPOSES,
    RECORDED_ATTRIBUTES,
    RECORDED_GROUPS,
)
from criteria.drawing import (
    Chooser,
    Domain,
    chance,
    comparison,
    day_literal,
    day_near,
    number_literal,
    number_near,
    some,
    text_near,
    window,
)
from criteria.fact_rules import column_domains, row_node
from criteria.oracle import Row, Tree, bucket_of, members
from criteria.worlds import DrawnWorld


def related(draw: Chooser, world: DrawnWorld) -> Tree:
    name = draw.pick(["people", "people", "depots"])
    domains = column_domains(world.relations[name], world.relation_types[name])
    word = draw.pick(["some", "none", "every", "every"])
    return {"related": {"name": name, word: row_node(draw, world, domains)}}


def days_of(rows: list[Row]) -> Domain:
    days = [row[edge] for row in rows for edge in ("valid_from", "valid_to")]
    return Domain("day", "date", [day for day in days if day is not None])


def recorded_rows(world: DrawnWorld, group: str) -> list[Row]:
    return [row for row in world.recorded_members if row["group"] == group]


def was_member(draw: Chooser, world: DrawnWorld) -> Tree:
    group = draw.pick(RECORDED_GROUPS)
    day = day_near(draw, days_of(recorded_rows(world, group)), world)
    return {"was_member": {"group": group, "day": day_literal(draw, day)}}


def passage(draw: Chooser, world: DrawnWorld) -> Tree:
    group = draw.pick(RECORDED_GROUPS)
    spec: dict[str, Any] = {"group": group}
    if chance(draw, 80):
        spec |= window(draw, days_of(recorded_rows(world, group)), world, of_facts=True)
    return {draw.pick(["entered", "left"]): spec}


def recorded_value(draw: Chooser, rows: list[Row]) -> Any:
    """A value that was recorded; None asks for what was unknown."""
    value = draw.pick([row["value"] for row in rows] or [None])
    if value is None:
        return None
    if isinstance(value, str):
        return text_near(draw, Domain("value", "text", [value]))
    return number_literal(draw, number_near(draw, [value]) if chance(draw, 20) else Decimal(value))


def step_in_time(draw: Chooser, world: DrawnWorld) -> Tree:
    attribute = draw.pick(RECORDED_ATTRIBUTES)
    rows = [row for row in world.recorded_values if row["attribute"] == attribute]
    word = draw.pick(["moved", "moved", "changed"])
    spec: dict[str, Any] = {"attribute": attribute}
    for key in ("from", "to"):
        if word == "moved" or chance(draw, 40):
            spec[key] = recorded_value(draw, rows)
    if word == "moved" or chance(draw, 70):
        spec |= window(draw, days_of(rows), world, of_facts=True)
    return {word: spec}


def points(draw: Chooser, world: DrawnWorld, inner: Callable[[], Tree]) -> Tree:
    """Weights of nodes, and a threshold beside what accounts reach."""

    def item() -> dict[str, Any]:
        node: Any = inner()
        if chance(draw, 20):
            node = draw.pick([[node, inner()], {"not": node}])
        return {"if": node, "add": draw.pick([10, 5, 1, -5, 20])}

    items = some(draw, item)
    totals = dict.fromkeys(world.base, 0)
    for one in items:
        node = {"all": one["if"]} if isinstance(one["if"], list) else one["if"]
        for account_id in members(node, world):
            totals[account_id] += one["add"]
    wanted = comparison(draw, sorted(set(totals.values())) or [0])
    operators = wanted if isinstance(wanted, dict) else {"eq": wanted}
    return {"points": {"of": items, **operators}}


def bucket(draw: Chooser, world: DrawnWorld) -> Tree:
    salt = draw.pick(["spring", "Autumn-26", "x_1"])
    numbers = [bucket_of("bucket", salt, one) for one in world.base] or [5000]
    share = Decimal(draw.pick(sorted(numbers)) + draw.pick([0, 1])) / 100
    return {"bucket": {"salt": salt, "below_percent": number_literal(draw, share)}}


def contactable(draw: Chooser, world: DrawnWorld) -> Tree:
    return {"contactable": {"channel": draw.pick(CHANNELS), "purpose": draw.pick(PURPOSES)}}


def names(draw: Chooser, word: str, options: list[str]) -> Tree:
    """One name, or a list of which any will do."""
    found = some(draw, lambda: draw.pick(options), most=2)
    return {word: found[0] if len(found) == 1 and chance(draw, 80) else found}


def listed_in(draw: Chooser, world: DrawnWorld) -> Tree:
    return names(draw, "listed_in", list(LISTS))


def member_of(draw: Chooser, world: DrawnWorld) -> Tree:
    return names(draw, "member_of", sorted(world.groups))


def sql(draw: Chooser, world: DrawnWorld) -> Tree:
    expression = draw.pick(sorted(world.expressions))
    return {"sql": {"expression": expression, "reason": "no kind says it"}}
