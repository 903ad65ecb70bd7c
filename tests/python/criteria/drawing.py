"""Leaves on one value, at random: what is written, and where the choices come from.

Every threshold is drawn beside a value that the world holds (the value itself, a
smallest step below or above it), so that most leaves part the accounts instead
of taking all or none, and edges are met all the time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Protocol

from criteria.oracle import Tree, distance, local_day, shift
from criteria.worlds import DrawnWorld


class Chooser(Protocol):
    """Where the choices come from: Hypothesis, which can shrink them, or a seed."""

    def integer(self, low: int, high: int) -> int: ...

    def pick(self, options: Sequence[Any]) -> Any: ...


class Seeded:
    """Choices that are all alike probable; Hypothesis prefers to repeat itself."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def integer(self, low: int, high: int) -> int:
        return self.random.randint(low, high)

    def pick(self, options: Sequence[Any]) -> Any:
        return self.random.choice(options)


PERIODS = [
    f"{which} {unit}"
    for which in ("this", "last", "next")
    for unit in ("day", "week", "month", "quarter", "year")
]


@dataclass(frozen=True)
class Domain:
    """An attribute or a column: what it is called, its type and the values that it has."""

    name: str
    type: str
    values: list[Any]
    allowed: tuple[str, ...] = ()
    peers: tuple[str, ...] = ()
    """Other names of the same type, with which a value may be compared."""


def with_peers(domains: list[Domain]) -> list[Domain]:
    return [
        replace(
            domain,
            peers=tuple(
                other.name
                for other in domains
                if other.type == domain.type and other.name != domain.name
            ),
        )
        for domain in domains
    ]


def chance(draw: Chooser, percent: int) -> bool:
    # shrinks to no
    return draw.integer(0, 99) >= 100 - percent


# Literals, as they are written in YAML.


def number_literal(draw: Chooser, value: Decimal | int) -> Any:
    """A number as YAML holds it exactly: plain where a float is exact, else in quotes."""
    if value == int(value):
        whole = int(value)
        return str(whole) if chance(draw, 10) else whole
    if Decimal(repr(float(value))) == value and chance(draw, 60):
        return float(value)
    return f"{value:f}"


def number_near(draw: Chooser, values: list[Any]) -> Decimal:
    value = Decimal(draw.pick(sorted(set(values)) or [0]))
    step = draw.pick([0, 0, 0, 0, 1, -1, "0.01", "-0.01", "0.00001", "0.005"])
    return value + Decimal(step)


def text_near(draw: Chooser, domain: Domain) -> str:
    if domain.allowed:
        return draw.pick(domain.allowed)
    text = draw.pick(sorted(set(domain.values)) or ["nothing"])
    return draw.pick([text, text, text.lower(), text.upper(), text.swapcase()])


def part_near(draw: Chooser, domain: Domain) -> str:
    if chance(draw, 10):
        return draw.pick(["%", "_", "\\", "'", " ", "."])
    text = text_near(draw, domain)
    start = draw.integer(0, min(len(text) - 1, 12))
    part = text[start : start + draw.integer(1, 6)]
    return part or text


def start_near(draw: Chooser, domain: Domain) -> str:
    return text_near(draw, domain)[: draw.integer(1, 5)]


def end_near(draw: Chooser, domain: Domain) -> str:
    return text_near(draw, domain)[-draw.integer(1, 5) :]


PUNCTUATION = set("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")

# Patterns, and those with capitals, ranges of them and counts in one another.
CLASSES = [
    ["[a-m]", "[A-M]", "[À-ÿ]", "[%-E]"],
    ["[aeiou].", "[AEIOU].", "[Ā-ž]", "[Α-Ω]"],  # noqa: RUF001  # Greek
    ["^[a-z ]+$", "^[A-Z ]+$", "[Z-a]", "[A-_]"],
    ["[0-9%_]", "[!-Z]", "[@-_]", "[Ä-ß]"],
    ["[^a-z]", "[^A-Z]", "[^A-z ]", "[^!-Z]"],
    ["[.\\]]", "[?-\\]]", "[A-_]", "[@-_]"],
]
COUNTED = [
    ["^.{1,5}$", "^(.{1,3}){2}$"],
    ["^.{6}", "^(.{5}){1,20}.*$"],
    ["[a-z]{4}", "^([A-Z]{2}){2}"],
    ["s{2}", "S{2}", "((a|.){2}.){0,2}$"],
    ["^.{6,255}$", "^.{6,200}$"],
]
EXCLUDED = [["a-m", "A-M"], ["p", "@-_"], ["sv", "À-ÿ"], ["0-9", "!-Z"]]


def form_of(forms: list[str], domain: Domain) -> str:
    """One of them by the values: nothing more is drawn, and other rules stay as they are."""
    return forms[len(domain.values) % len(forms)]


def pattern_near(draw: Chooser, domain: Domain) -> str:
    def plain(text: str) -> str:
        # a pattern meets a line break as a space
        return "".join(
            f"\\{letter}" if letter in PUNCTUATION else " " if letter in "\r\n" else letter
            for letter in text
        )

    shape = draw.pick(["part", "start", "end", "either", "class", "dots", "counted", "not"])
    if shape == "part":
        return plain(part_near(draw, domain))
    if shape == "start":
        return "^" + plain(start_near(draw, domain))
    if shape == "end":
        return plain(end_near(draw, domain)) + "$"
    if shape == "either":
        return f"({plain(part_near(draw, domain))}|{plain(part_near(draw, domain))})"
    if shape == "class":
        return form_of(draw.pick(CLASSES), domain)
    if shape == "dots":
        return plain(start_near(draw, domain)) + draw.pick([".*", ".+", ".?"]) + "$"
    if shape == "counted":
        return form_of(draw.pick(COUNTED), domain)
    return f"^[^{form_of(draw.pick(EXCLUDED), domain)}]*$"


def day_near(draw: Chooser, domain: Domain, world: DrawnWorld) -> date:
    days = sorted(
        {
            local_day(value, world.zone) if isinstance(value, datetime) else value
            for value in domain.values
        }
    )
    return draw.pick(days or [world.as_of]) + timedelta(days=draw.pick([0, 0, 0, 1, -1]))


def day_literal(draw: Chooser, day: date) -> Any:
    return day.isoformat() if chance(draw, 20) else day


def some(draw: Chooser, one: Callable[[], Any], most: int = 3) -> list[Any]:
    return [one() for _ in range(draw.integer(1, most))]


# Leaves on one value.


def text_operators(draw: Chooser, domain: Domain) -> dict[str, Any]:
    words = ["eq", "in", "neq", "not_in"]
    if not domain.allowed:
        words += ["contains", "starts_with", "ends_with", "matches", "matches"]
        words += ["not_contains", "not_starts_with", "not_ends_with", "not_matches"]
    word = draw.pick(words)
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


def number_operators(draw: Chooser, values: list[Any]) -> dict[str, Any]:
    word = draw.pick(
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
            return {draw.pick(["gte", "gt"]): low, draw.pick(["lt", "lte"]): high}
        return {word: [low, high]}
    return {word: literal()}


def comparison(draw: Chooser, values: list[Any]) -> Any:
    """What `count` and the aggregates take; a bare number is `eq`."""
    operators = number_operators(draw, values)
    if "in" in operators or "not_in" in operators:
        return operators.popitem()[1][0]
    return operators


def window(
    draw: Chooser, domain: Domain, world: DrawnWorld, *, of_facts: bool = False
) -> dict[str, Any]:
    words = ["within", "ago", "in_period", "in_period", "in_period", "between"]
    if not of_facts:
        words += ["older_than", "in_next", "in_next"]
    word = draw.pick(words)
    if word == "ago":
        bounds = sorted(
            ["0d", draw.pick(world.durations), draw.pick(world.durations)],
            key=lambda text: world.as_of if text == "0d" else shift(world.as_of, text, -1),
            reverse=True,
        )
        nearer = draw.pick([0, 1])
        return {word: [bounds[nearer], bounds[2]]}
    if word == "in_period":
        return {word: draw.pick([one for one in PERIODS if not of_facts or "next" not in one])}
    if word == "between":
        return {word: day_range(draw, domain, world)}
    return {word: draw.pick(world.durations)}


def day_range(draw: Chooser, domain: Domain, world: DrawnWorld) -> list[Any]:
    first, last = sorted(day_near(draw, domain, world) for _ in range(2))
    return [day_literal(draw, first), day_literal(draw, last)]


def day_operators(draw: Chooser, domain: Domain, world: DrawnWorld) -> dict[str, Any]:
    word = draw.pick(
        [
            *("window", "window", "window", "window", "window", "window"),
            *("before", "on_or_before", "after", "on_or_after"),
            *("eq", "neq", "between", "not_between"),
            *(["years", "years", *["anniversary"] * 3] if domain.type == "date" else ["years"]),
        ],
    )
    if word == "years":
        return years(draw, domain, world)
    if word == "anniversary":
        return anniversary(draw, domain, world)
    if word == "window":
        return window(draw, domain, world)
    if word in ("between", "not_between"):
        return {word: day_range(draw, domain, world)}
    return {word: day_literal(draw, day_near(draw, domain, world))}


def shift_years(day: date, years: int) -> date:
    return shift(day, f"{abs(years)}y", 1 if years > 0 else -1) if years else day


def anniversary(draw: Chooser, domain: Domain, world: DrawnWorld) -> dict[str, Any]:
    """A span that often ends on, or a day after, somebody's day."""
    day, today = day_near(draw, domain, world), world.as_of
    # moved to this year, or to the next if it has been
    years = today.year - day.year
    years += shift_years(day, years) < today
    ahead = (shift_years(day, years) - today).days
    length = max(1, draw.pick([ahead + 1, ahead + 1, ahead, 7, 90, 364, 365]))
    if length % 7 == 0 and chance(draw, 40):
        return {"anniversary_in_next": f"{length // 7}w"}
    return {"anniversary_in_next": f"{min(length, 365)}d"}


def years(draw: Chooser, domain: Domain, world: DrawnWorld) -> dict[str, Any]:
    passed = [
        world.as_of.year - day.year
        for day in (
            local_day(value, world.zone) if isinstance(value, datetime) else value
            for value in domain.values
        )
        if day <= world.as_of
    ]
    return {"years": comparison(draw, [*passed, 0, 1])}


def circle(draw: Chooser, domain: Domain) -> dict[str, Any]:
    """A circle whose edge runs near a place, but not within two metres of any."""
    places = sorted(set(domain.values)) or [(Decimal("48.1"), Decimal("11.6"))]
    centre = draw.pick(places)
    radii = [distance(centre, place) for place in places]
    wanted = draw.pick(radii) + draw.pick([0.005, -0.005, 0.5, -20.0])
    near = any(abs(wanted - radius) < 0.002 for radius in radii)
    km = Decimal(str(round(wanted, 3))) if wanted > 0 and not near else Decimal("12000.5")
    of = [number_literal(draw, part) for part in centre]
    return {"within_km": {"of": of, "km": number_literal(draw, km)}}


PAIRS = ["eq_attribute", "neq_attribute"]
ORDERED_PAIRS = ["gt_attribute", "gte_attribute", "lt_attribute", "lte_attribute"]


def pair(draw: Chooser, domain: Domain) -> dict[str, Any]:
    """With another value of the same type."""
    has_order = domain.type in ("number", "date", "timestamp")
    words = PAIRS + (ORDERED_PAIRS if has_order else [])
    return {draw.pick(words): draw.pick(domain.peers)}


def values_operators(draw: Chooser, domain: Domain) -> dict[str, Any]:
    word = draw.pick(["has_any", "has_all", "has_none", "has_only"])
    return {word: some(draw, lambda: text_near(draw, domain))}


def value_leaf(draw: Chooser, domain: Domain, world: DrawnWorld) -> Tree:
    """A leaf on one attribute, or inside `where` on one column."""
    if chance(draw, 20 if domain.type == "values" else 7):
        return {domain.name: {draw.pick(["is_null", "not_null"]): True}}
    if domain.type == "values":
        spec = values_operators(draw, domain)
        if chance(draw, 15):
            spec |= values_operators(draw, domain)
        return {domain.name: shorthand(draw, spec, {"has_any"})}
    spec = operators_of(draw, domain, world)
    if domain.type != "boolean" and chance(draw, 15):
        spec |= operators_of(draw, domain, world)
    if domain.type == "text" and chance(draw, 15):
        spec["case_sensitive"] = draw.pick([True, False])
    if chance(draw, 20):
        spec["nulls"] = draw.pick(["include", "exclude"])
    return {domain.name: shorthand(draw, spec, {"eq", "in"})}


def operators_of(draw: Chooser, domain: Domain, world: DrawnWorld) -> dict[str, Any]:
    if domain.type == "point":
        return circle(draw, domain)
    if domain.peers and domain.type != "values" and chance(draw, 12):
        return pair(draw, domain)
    if domain.type == "text":
        return text_operators(draw, domain)
    if domain.type == "number":
        return number_operators(draw, domain.values)
    if domain.type == "boolean":
        return {"eq": draw.pick([True, False])}
    return day_operators(draw, domain, world)


def shorthand(draw: Chooser, spec: dict[str, Any], words: set[str]) -> Any:
    if len(spec) == 1 and set(spec) <= words and chance(draw, 60):
        (value,) = spec.values()
        if isinstance(value, list) and len(value) == 1 and chance(draw, 30):
            return value[0]
        return value
    return spec
