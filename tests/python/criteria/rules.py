"""Random rules over a world, drawn so that they shrink to something readable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

from criteria.catalogues import ATTRIBUTES
from criteria.drawing import Chooser, Domain, Seeded, chance, some, value_leaf
from criteria.fact_rules import event_leaf
from criteria.oracle import WEEKDAYS, Tree, members, shift
from criteria.worlds import DAYS, DrawnWorld, make_world

__all__ = ["Seeded", "as_text", "draw_rule", "draw_world"]


def draw_world(draw: Chooser) -> DrawnWorld:
    zone, as_of = draw.pick(DAYS)
    accounts = draw.integer(30, 60)
    if chance(draw, 3):
        accounts = draw.integer(0, 5)
    return make_world(
        seed=draw.integer(0, 2**32),
        accounts=accounts,
        events=accounts * draw.pick([5, 6, 7, 8, 3, 0]),
        zone=zone,
        as_of=as_of,
        week_start=draw.pick(WEEKDAYS),
        known_as_of=draw.pick([None, None, None, as_of, shift(as_of, "7d", -1)]),
    )


class PlainDumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def as_text(tree: Tree, flow: bool | None = False) -> str:
    """The YAML that a person would write."""
    return yaml.dump(
        tree,
        Dumper=PlainDumper,
        sort_keys=False,
        allow_unicode=True,
        width=100,
        default_flow_style=flow,
    )


# Any leaf, and trees of them.


def attribute_domains(world: DrawnWorld) -> list[Domain]:
    domains = []
    for name, kind in world.attribute_types.items():
        found = [row[name] for row in world.attributes.values() if row[name] is not None]
        if kind == "values":
            found = [value for values in found for value in values if value is not None]
        domains.append(Domain(name, kind, found, tuple(ATTRIBUTES[name].get("allowed", ()))))
    return domains


def leaf(draw: Chooser, world: DrawnWorld, domains: list[Domain]) -> Tree:
    shape = draw.pick(["attribute"] * 8 + ["event"] * 5 + ["member_of", "sql"])
    if shape == "event":
        return event_leaf(draw, world)
    if shape == "member_of":
        groups = some(draw, lambda: draw.pick(sorted(world.groups)), most=2)
        return {"member_of": groups[0] if len(groups) == 1 else groups}
    if shape == "sql":
        expression = draw.pick(sorted(world.expressions))
        return {"sql": {"expression": expression, "reason": "no kind says it"}}
    kind = draw.pick(["text", "number", "number", "boolean", "date", "timestamp", "values"])
    domain = draw.pick([domain for domain in domains if domain.type == kind])
    return value_leaf(draw, domain, world)


@dataclass(frozen=True)
class Part:
    """A node and whom it selects, so that what grows above it can be chosen well."""

    tree: Tree
    members: frozenset[str]

    def parts(self, world: DrawnWorld) -> bool:
        """Does it select between 5 and 95 percent of the base?"""
        return 5 * len(world.base) <= 100 * len(self.members) <= 95 * len(world.base)


def first_that_parts(
    draw: Chooser, world: DrawnWorld, options: Callable[[], Part], tries: int
) -> Part:
    """Mostly one that parts the base; an extreme one stays possible."""
    part = options()
    for _ in range(tries - 1):
        if part.parts(world) or chance(draw, 20):
            break
        part = options()
    return part


def node(draw: Chooser, world: DrawnWorld, domains: list[Domain], depth: int) -> Part:
    def branch() -> Part:
        return node(draw, world, domains, depth - 1)

    def part(tree: Tree) -> Part:
        return Part(tree, members(tree, world))

    def one_leaf() -> Part:
        return part(leaf(draw, world, domains))

    shape = draw.pick(["leaf", "branches", "branches", "branches", "not", "events"])
    if depth == 1 or shape == "leaf":
        return first_that_parts(draw, world, one_leaf, tries=3)
    if shape == "not":
        inner = branch()
        return Part({"not": inner.tree}, frozenset(world.base) - inner.members)
    if shape == "events":
        # what asks of one table shares a pass over it
        branches = [part(event_leaf(draw, world)) for _ in range(2)]
    else:
        branches = some(draw, branch, most=4)
    return first_that_parts(draw, world, lambda: joined(draw, world, branches), tries=4)


def joined(draw: Chooser, world: DrawnWorld, branches: list[Part]) -> Part:
    trees = [part.tree for part in branches]
    passed = {one: sum(one in part.members for part in branches) for one in world.base}
    word = draw.pick(["all", "any", "at_least", "at_most", "exactly"])
    if word in ("all", "any"):
        wanted = len(branches) if word == "all" else 1
        return Part({word: trees}, frozenset(one for one in passed if passed[one] >= wanted))
    count = draw.integer(0, len(branches))
    meets = {"at_least": int.__ge__, "at_most": int.__le__, "exactly": int.__eq__}[word]
    return Part(
        {word: {"count": count, "of": trees}},
        frozenset(one for one in passed if meets(passed[one], count)),
    )


def draw_rule(draw: Chooser, world: DrawnWorld, depth: int = 5) -> Tree:
    return node(draw, world, attribute_domains(world), depth).tree
