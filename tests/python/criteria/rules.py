"""Random rules over a world, drawn so that they shrink to something readable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import yaml

from criteria import fact_rules, other_rules
from criteria.catalogues import ATTRIBUTES
from criteria.drawing import (
    Chooser,
    Domain,
    Seeded,
    chance,
    number_literal,
    some,
    value_leaf,
    with_peers,
)
from criteria.oracle import WEEKDAYS, Tree, members, shift
from criteria.worlds import DAYS, DrawnWorld, make_world

__all__ = ["Seeded", "as_text", "draw_leaf", "draw_rule", "draw_world"]


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
    if "domains" not in world.known:
        world.known["domains"] = find_attribute_domains(world)
    return world.known["domains"]


def find_attribute_domains(world: DrawnWorld) -> list[Domain]:
    domains = []
    for name, kind in world.attribute_types.items():
        found = [row[name] for row in world.attributes.values() if row[name] is not None]
        if kind == "values":
            found = [value for values in found for value in values if value is not None]
        domains.append(Domain(name, kind, found, tuple(ATTRIBUTES[name].get("allowed", ()))))
    return with_peers(domains)


ATTRIBUTE_TYPES = ["text", "number", "boolean", "date", "values", "point"]


def attribute(draw: Chooser, world: DrawnWorld) -> Tree:
    kind = draw.pick(["number", "date", "date", "timestamp", *ATTRIBUTE_TYPES])
    domains = [domain for domain in attribute_domains(world) if domain.type == kind]
    return value_leaf(draw, draw.pick(domains), world)


def day(draw: Chooser, world: DrawnWorld) -> Tree:
    domains = [one for one in attribute_domains(world) if one.type in ("date", "timestamp")]
    return value_leaf(draw, draw.pick(domains), world)


def text(draw: Chooser, world: DrawnWorld) -> Tree:
    domains = [one for one in attribute_domains(world) if one.type == "text"]
    return value_leaf(draw, draw.pick(domains), world)


def values(draw: Chooser, world: DrawnWorld) -> Tree:
    domains = [one for one in attribute_domains(world) if one.type == "values"]
    return value_leaf(draw, draw.pick(domains), world)


def circle(draw: Chooser, world: DrawnWorld) -> Tree:
    (domain,) = [one for one in attribute_domains(world) if one.type == "point"]
    return value_leaf(draw, domain, world)


def ranking(draw: Chooser, world: DrawnWorld) -> Tree:
    """Kinds 17 and 18, with a share or a number that somebody stands on the edge of."""
    domain = draw.pick([one for one in attribute_domains(world) if one.type == "number"])
    word = draw.pick(["top_percent", "bottom_percent", "top", "bottom"])
    size = max(len(domain.values), 1)
    place = draw.integer(1, size)
    spec: dict[str, Any] = {word: place}
    if word.endswith("percent"):
        share = 100 * Decimal(place) / size
        exact = share == round(share, 4)
        spec = {word: number_literal(draw, share) if exact else draw.pick([10, 25, 50, 12.5, 90])}
    if chance(draw, 40):
        spec["over"] = draw.pick(["market", "is_vip", "sector", "headcount", "joined_on"])
    return {domain.name: spec}


Drawer = Callable[[Chooser, DrawnWorld], Tree]


def points(draw: Chooser, world: DrawnWorld) -> Tree:
    return other_rules.points(draw, world, lambda: draw_leaf(draw, world))


# How each kind of leaf is drawn, and how often beside the others.
DRAWERS: dict[str, tuple[Drawer, int]] = {
    "attribute": (attribute, 14),
    "day": (day, 2),
    "text": (text, 0),
    "values": (values, 0),
    "circle": (circle, 0),
    "ranking": (ranking, 2),
    "trend": (fact_rules.trend, 1),
    "event": (fact_rules.event_leaf, 5),
    "one_event": (fact_rules.one_event, 1),
    "stopped": (fact_rules.stopped, 1),
    "restarted": (fact_rules.restarted, 1),
    "regular": (fact_rules.regular, 1),
    "sequence": (fact_rules.sequence, 1),
    "abandoned": (fact_rules.abandoned, 1),
    "usual": (fact_rules.usual, 1),
    "related": (other_rules.related, 1),
    "member_of": (other_rules.member_of, 1),
    "was_member": (other_rules.was_member, 1),
    "passage": (other_rules.passage, 1),
    "step_in_time": (other_rules.step_in_time, 2),
    "points": (points, 1),
    "bucket": (other_rules.bucket, 1),
    "contactable": (other_rules.contactable, 1),
    "listed_in": (other_rules.listed_in, 1),
    "sql": (other_rules.sql, 1),
}
NAMES = [name for name, (_, weight) in DRAWERS.items() for _ in range(weight)]

# What to draw to see more of a kind of leaf.
DRAWER_OF = {
    **dict.fromkeys(["9", "10", "11", "12", "13", "14"], "day"),
    **dict.fromkeys(["17", "18"], "ranking"),
    "19": "trend",
    **dict.fromkeys(["20", "21"], "event"),
    "22": "one_event",
    "23a": "stopped",
    "23b": "restarted",
    "23c": "regular",
    "24": "sequence",
    "25": "abandoned",
    "26": "usual",
    "27": "related",
    "28": "member_of",
    "29a": "was_member",
    "29b": "passage",
    **dict.fromkeys(["29c", "30"], "step_in_time"),
    "31": "points",
    "32": "bucket",
    "33": "contactable",
    "34": "listed_in",
    "35": "sql",
}


def draw_leaf(draw: Chooser, world: DrawnWorld, name: str = "") -> Tree:
    drawer, _ = DRAWERS[name or draw.pick(NAMES)]
    return drawer(draw, world)


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


def node(draw: Chooser, world: DrawnWorld, depth: int) -> Part:
    def branch() -> Part:
        return node(draw, world, depth - 1)

    def part(tree: Tree) -> Part:
        return Part(tree, members(tree, world))

    def one_leaf() -> Part:
        return part(draw_leaf(draw, world))

    shape = draw.pick(["leaf", "branches", "branches", "branches", "not", "events"])
    if depth == 1 or shape == "leaf":
        return first_that_parts(draw, world, one_leaf, tries=6)
    if shape == "not":
        inner = branch()
        return Part({"not": inner.tree}, frozenset(world.base) - inner.members)
    if shape == "events":
        # what asks of one table shares a pass over it
        branches = [part(draw_leaf(draw, world, "event")) for _ in range(2)]
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


def draw_rule(draw: Chooser, world: DrawnWorld, depth: int = 5, about: str = "") -> Tree:
    """A random tree; `about` names what some of its leaves are drawn as."""
    if not about:
        return node(draw, world, depth).tree

    def one_leaf() -> Part:
        tree = draw_leaf(draw, world, about)
        return Part(tree, members(tree, world))

    wanted = [first_that_parts(draw, world, one_leaf, tries=6) for _ in range(3)]
    branches = [*wanted, node(draw, world, depth - 1)]
    return first_that_parts(draw, world, lambda: joined(draw, world, branches), tries=4).tree
