"""Random rules over a world, drawn so that they shrink to something readable.

Every threshold is drawn beside a value that the world holds (the value itself, a
smallest step below or above it), so that most leaves part the accounts instead
of taking all or none, and edges are met all the time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import yaml
from hypothesis import strategies as st

from criteria.oracle import (
    WEEKDAYS,
    Account,
    Tally,
    Tree,
    World,
    local_day,
    members,
    selected,
    shift,
)
from criteria.worlds import ATTRIBUTES, DAYS, DURATIONS, make_world

Draw = Callable[[st.SearchStrategy[Any]], Any]

PERIODS = [
    f"{which} {unit}"
    for which in ("this", "last", "next")
    for unit in ("day", "week", "month", "quarter", "year")
]


@st.composite
def worlds(draw: Draw) -> World:
    zone, as_of = draw(st.sampled_from(DAYS))
    accounts = draw(st.integers(30, 60))
    if chance(draw, 3):
        accounts = draw(st.integers(0, 5))
    return make_world(
        seed=draw(st.integers(0, 2**32)),
        accounts=accounts,
        events=accounts * draw(st.sampled_from([5, 6, 7, 8, 3, 0])),
        zone=zone,
        as_of=as_of,
        week_start=draw(st.sampled_from(WEEKDAYS)),
        known_as_of=draw(st.sampled_from([None, None, None, as_of, shift(as_of, "7d", -1)])),
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


@dataclass(frozen=True)
class Domain:
    """An attribute or a column: what it is called, its type and the values that it has."""

    name: str
    type: str
    values: list[Any]
    allowed: tuple[str, ...] = ()


def chance(draw: Draw, percent: int) -> bool:
    # shrinks to no
    return draw(st.integers(0, 99)) >= 100 - percent


def pick(draw: Draw, options: Any) -> Any:
    return draw(st.sampled_from(options))


# Literals, as they are written in YAML.


def number_literal(draw: Draw, value: Decimal | int) -> Any:
    """A number as YAML holds it exactly: plain where a float is exact, else in quotes."""
    if value == int(value):
        whole = int(value)
        return str(whole) if chance(draw, 10) else whole
    if Decimal(repr(float(value))) == value and chance(draw, 60):
        return float(value)
    return f"{value:f}"


def number_near(draw: Draw, values: list[Any]) -> Decimal:
    value = Decimal(pick(draw, sorted(set(values)) or [0]))
    step = pick(draw, [0, 0, 0, 0, 1, -1, "0.01", "-0.01", "0.00001", "0.005"])
    return value + Decimal(step)


def text_near(draw: Draw, domain: Domain) -> str:
    if domain.allowed:
        return pick(draw, domain.allowed)
    text = pick(draw, sorted(set(domain.values)) or ["nothing"])
    return pick(draw, [text, text, text.lower(), text.upper(), text.swapcase()])


def part_near(draw: Draw, domain: Domain) -> str:
    text = text_near(draw, domain)
    start = draw(st.integers(0, min(len(text) - 1, 12)))
    part = text[start : start + draw(st.integers(1, 6))]
    return part or text


def start_near(draw: Draw, domain: Domain) -> str:
    return text_near(draw, domain)[: draw(st.integers(1, 5))]


def end_near(draw: Draw, domain: Domain) -> str:
    return text_near(draw, domain)[-draw(st.integers(1, 5)) :]


PUNCTUATION = set("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


def pattern_near(draw: Draw, domain: Domain) -> str:
    def plain(text: str) -> str:
        return "".join(
            f"\\{letter}" if letter in PUNCTUATION else "." if letter < " " else letter
            for letter in text
        )

    shape = pick(draw, ["part", "start", "end", "either", "class", "dots", "counted", "not"])
    if shape == "part":
        return plain(part_near(draw, domain))
    if shape == "start":
        return "^" + plain(start_near(draw, domain))
    if shape == "end":
        return plain(end_near(draw, domain)) + "$"
    if shape == "either":
        return f"({plain(part_near(draw, domain))}|{plain(part_near(draw, domain))})"
    if shape == "class":
        return pick(draw, ["[a-m]", "[aeiou].", "^[a-z ]+$", "[0-9%_]", "[^a-z]", "[.\\]]"])
    if shape == "dots":
        return plain(start_near(draw, domain)) + pick(draw, [".*", ".+", ".?"]) + "$"
    if shape == "counted":
        return pick(draw, ["^.{1,5}$", "^.{6}", "[a-z]{4}", "s{2}", "^.{6,255}$"])
    return f"^[^{pick(draw, ['a-m', 'p', 'sv', '0-9'])}]*$"


def day_near(draw: Draw, domain: Domain, world: World) -> date:
    days = sorted(
        {
            local_day(value, world.zone) if isinstance(value, datetime) else value
            for value in domain.values
        }
    )
    return pick(draw, days or [world.as_of]) + timedelta(days=pick(draw, [0, 0, 0, 1, -1]))


def day_literal(draw: Draw, day: date) -> Any:
    return day.isoformat() if chance(draw, 20) else day


def some(draw: Draw, one: Callable[[], Any], most: int = 3) -> list[Any]:
    return [one() for _ in range(draw(st.integers(1, most)))]


# Leaves on one value.


def text_operators(draw: Draw, domain: Domain) -> dict[str, Any]:
    words = ["eq", "in", "neq", "not_in"]
    if not domain.allowed:
        words += ["contains", "starts_with", "ends_with", "matches"]
        words += ["not_contains", "not_starts_with", "not_ends_with", "not_matches"]
    word = pick(draw, words)
    if word in ("eq", "neq"):
        return {word: text_near(draw, domain)}
    literal = {
        "in": text_near,
        "contains": part_near,
        "starts_with": start_near,
        "ends_with": end_near,
        "matches": pattern_near,
    }[word.removeprefix("not_")]
    many = some(draw, lambda: literal(draw, domain))
    return {word: many[0] if len(many) == 1 and word not in ("in", "not_in") else many}


def number_operators(draw: Draw, values: list[Any]) -> dict[str, Any]:
    word = pick(
        draw,
        ["gte", "lt", "gt", "lte", "eq", "neq", "in", "not_in", "between", "not_between", "both"],
    )

    def literal() -> Any:
        return number_literal(draw, number_near(draw, values))

    if word in ("in", "not_in"):
        return {word: some(draw, literal)}
    if word in ("between", "not_between", "both"):
        bounds = sorted(number_near(draw, values) for _ in range(2))
        low, high = (number_literal(draw, bound) for bound in bounds)
        if word == "both":
            return {pick(draw, ["gte", "gt"]): low, pick(draw, ["lt", "lte"]): high}
        return {word: [low, high]}
    return {word: literal()}


def comparison(draw: Draw, values: list[Any]) -> Any:
    """What `count` and the aggregates take; a bare number is `eq`."""
    operators = number_operators(draw, values)
    if "in" in operators or "not_in" in operators:
        return operators.popitem()[1][0]
    return operators


def window(draw: Draw, world: World, *, of_facts: bool) -> dict[str, Any]:
    words = ["within", "ago", "in_period", "in_period", "between"]
    if not of_facts:
        words += ["older_than", "in_next", "in_next"]
    word = pick(draw, words)
    if word == "ago":
        bounds = sorted(
            ["0d", pick(draw, DURATIONS), pick(draw, DURATIONS)],
            key=lambda text: world.as_of if text == "0d" else shift(world.as_of, text, -1),
            reverse=True,
        )
        nearer = pick(draw, [0, 1])
        return {word: [bounds[nearer], bounds[2]]}
    if word == "in_period":
        return {word: pick(draw, [one for one in PERIODS if not of_facts or "next" not in one])}
    if word == "between":
        start = shift(world.as_of, pick(draw, DURATIONS), -1)
        end = start + timedelta(days=draw(st.integers(0, 400)))
        return {word: [day_literal(draw, start), day_literal(draw, end)]}
    return {word: pick(draw, DURATIONS)}


def day_operators(draw: Draw, domain: Domain, world: World) -> dict[str, Any]:
    word = pick(
        draw,
        [
            *("window", "window", "window", "window", "window", "window"),
            *("before", "on_or_before", "after", "on_or_after"),
            *("eq", "neq", "between", "not_between"),
        ],
    )
    if word == "window":
        return window(draw, world, of_facts=False)
    if word in ("between", "not_between"):
        first, last = sorted(day_near(draw, domain, world) for _ in range(2))
        return {word: [day_literal(draw, first), day_literal(draw, last)]}
    return {word: day_literal(draw, day_near(draw, domain, world))}


def values_operators(draw: Draw, domain: Domain) -> dict[str, Any]:
    word = pick(draw, ["has_any", "has_all", "has_none", "has_only"])
    return {word: some(draw, lambda: text_near(draw, domain))}


def value_leaf(draw: Draw, domain: Domain, world: World) -> Tree:
    """A leaf on one attribute, or inside `where` on one column."""
    if chance(draw, 7):
        return {domain.name: {pick(draw, ["is_null", "not_null"]): True}}
    if domain.type == "values":
        spec = values_operators(draw, domain)
        if chance(draw, 15):
            spec |= values_operators(draw, domain)
        return {domain.name: shorthand(draw, spec, {"has_any"})}
    spec = operators_of(draw, domain, world)
    if domain.type != "boolean" and chance(draw, 15):
        spec |= operators_of(draw, domain, world)
    if domain.type == "text" and chance(draw, 15):
        spec["case_sensitive"] = pick(draw, [True, False])
    if chance(draw, 20):
        spec["nulls"] = pick(draw, ["include", "exclude"])
    return {domain.name: shorthand(draw, spec, {"eq", "in"})}


def operators_of(draw: Draw, domain: Domain, world: World) -> dict[str, Any]:
    if domain.type == "text":
        return text_operators(draw, domain)
    if domain.type == "number":
        return number_operators(draw, domain.values)
    if domain.type == "boolean":
        return {"eq": pick(draw, [True, False])}
    return day_operators(draw, domain, world)


def shorthand(draw: Draw, spec: dict[str, Any], words: set[str]) -> Any:
    if len(spec) == 1 and set(spec) <= words and chance(draw, 60):
        (value,) = spec.values()
        if isinstance(value, list) and len(value) == 1 and chance(draw, 30):
            return value[0]
        return value
    return spec


# Leaves on events.


def columns_of(world: World, event: str) -> list[Domain]:
    rows = [row for row in world.events if row["event_name"] == event]
    return [
        Domain(column, kind, [row[column] for row in rows if row[column] is not None])
        for column, kind in world.event_types[event].items()
    ]


def where(draw: Draw, world: World, event: str) -> Any:
    columns = columns_of(world, event)

    def one_leaf() -> Tree:
        return value_leaf(draw, pick(draw, columns), world)

    shape = pick(draw, ["leaf", "list", "any", "not", "deeper"])
    if shape == "list":
        return some(draw, one_leaf, most=2)
    if shape == "any":
        return {"any": some(draw, one_leaf)}
    if shape == "not":
        return {"not": one_leaf()}
    if shape == "deeper":
        return {pick(draw, ["at_least", "at_most", "exactly"]): counted(draw, one_leaf)}
    return one_leaf()


def counted(draw: Draw, one: Callable[[], Tree]) -> dict[str, Any]:
    branches = some(draw, one)
    return {"count": draw(st.integers(0, len(branches))), "of": branches}


def selection(draw: Draw, world: World) -> dict[str, Any]:
    event = pick(draw, list(world.event_types))
    spec: dict[str, Any] = {"name": event}
    if chance(draw, 50):
        spec["where"] = where(draw, world, event)
    if chance(draw, 60):
        spec |= window(draw, world, of_facts=True)
    return spec


def event_leaf(draw: Draw, world: World) -> Tree:
    spec = selection(draw, world)
    word = pick(draw, ["count", "sum", "none", "avg", "min", "max", "distinct", "count"])
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
    column = pick(draw, columns)
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
        spec["if_empty"] = pick(draw, [True, False])
    return {"event": spec}


# Any leaf, and trees of them.


def attribute_domains(world: World) -> list[Domain]:
    domains = []
    for name, kind in world.attribute_types.items():
        found = [row[name] for row in world.attributes.values() if row[name] is not None]
        if kind == "values":
            found = [value for values in found for value in values if value is not None]
        domains.append(Domain(name, kind, found, tuple(ATTRIBUTES[name].get("allowed", ()))))
    return domains


def leaf(draw: Draw, world: World, domains: list[Domain]) -> Tree:
    shape = pick(draw, ["attribute"] * 8 + ["event"] * 5 + ["member_of", "sql"])
    if shape == "event":
        return event_leaf(draw, world)
    if shape == "member_of":
        groups = some(draw, lambda: pick(draw, sorted(world.groups)), most=2)
        return {"member_of": groups[0] if len(groups) == 1 else groups}
    if shape == "sql":
        expression = pick(draw, sorted(world.expressions))
        return {"sql": {"expression": expression, "reason": "no kind says it"}}
    return value_leaf(draw, pick(draw, domains), world)


@dataclass(frozen=True)
class Part:
    """A node and whom it selects, so that what grows above it can be chosen well."""

    tree: Tree
    members: frozenset[str]

    def parts(self, world: World) -> bool:
        """Does it select between 5 and 95 percent of the base?"""
        return 5 * len(world.base) <= 100 * len(self.members) <= 95 * len(world.base)


def first_that_parts(draw: Draw, world: World, options: Callable[[], Part], tries: int) -> Part:
    """Mostly one that parts the base; an extreme one stays possible."""
    part = options()
    for _ in range(tries - 1):
        if part.parts(world) or chance(draw, 20):
            break
        part = options()
    return part


def node(draw: Draw, world: World, domains: list[Domain], depth: int) -> Part:
    def branch() -> Part:
        return node(draw, world, domains, depth - 1)

    def one_leaf() -> Part:
        tree = leaf(draw, world, domains)
        return Part(tree, members(tree, world))

    shape = pick(draw, ["leaf", "branches", "branches", "branches", "not"])
    if depth == 1 or shape == "leaf":
        return first_that_parts(draw, world, one_leaf, tries=3)
    if shape == "not":
        inner = branch()
        return Part({"not": inner.tree}, frozenset(world.base) - inner.members)
    branches = some(draw, branch, most=4)
    return first_that_parts(draw, world, lambda: joined(draw, world, branches), tries=4)


def joined(draw: Draw, world: World, branches: list[Part]) -> Part:
    trees = [part.tree for part in branches]
    passed = {one: sum(one in part.members for part in branches) for one in world.base}
    word = pick(draw, ["all", "any", "at_least", "at_most", "exactly"])
    if word in ("all", "any"):
        wanted = len(branches) if word == "all" else 1
        return Part({word: trees}, frozenset(one for one in passed if passed[one] >= wanted))
    count = draw(st.integers(0, len(branches)))
    meets = {"at_least": int.__ge__, "at_most": int.__le__, "exactly": int.__eq__}[word]
    return Part(
        {word: {"count": count, "of": trees}},
        frozenset(one for one in passed if meets(passed[one], count)),
    )


@st.composite
def rules(draw: Draw, world: World, depth: int = 5) -> Tree:
    return node(draw, world, attribute_domains(world), depth).tree
