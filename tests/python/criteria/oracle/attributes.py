"""Leaves on one value of an account, or of one row: kinds 1 to 18."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from math import asin, cos, radians, sin, sqrt
from typing import Any

from criteria.oracle.basics import (
    RuleError,
    as_list,
    days_of_month,
    fold,
    lies_in,
    local_day,
    shift,
    to_boolean,
    to_day,
    to_number,
    to_text,
    window_of,
)
from criteria.oracle.core import ATTRIBUTE_LEAF, Account, Place, only_keys


@dataclass(frozen=True)
class Asked:
    """What an operator is asked about: a known value of a type, compared in a way."""

    value: Any
    type: str
    place: Place
    exact_case: bool = False

    @property
    def text(self) -> str:
        return self.value if self.exact_case else fold(self.value)

    def literal(self, written: Any) -> str:
        return to_text(written) if self.exact_case else fold(to_text(written))

    def day_window(self, first: date, last: date) -> bool:
        """Does the value lie in the local days `first` to `last`?"""
        return lies_in(self.value, (first, last + timedelta(days=1)), self.place.world.zone)


# Operators on one value. `unknown` is the answer where the value is NULL.


@dataclass(frozen=True)
class Operator:
    kind: str
    types: tuple[str, ...]
    test: Callable[[Asked, Any], bool]
    unknown: bool

    def __call__(self, asked: Asked, written: Any) -> bool:
        if asked.type not in self.types:
            raise RuleError(f"no operator of a {asked.type}")
        if asked.value is None:
            return self.unknown
        return self.test(asked, written)


OPERATORS: dict[str, Operator] = {}


def operator(
    word: str, kind: str, *types: str, negative: str | None = None
) -> Callable[[Callable[[Asked, Any], bool]], Callable[[Asked, Any], bool]]:
    """Declare a positive operator, and the negative one that is its complement."""

    def declare(test: Callable[[Asked, Any], bool]) -> Callable[[Asked, Any], bool]:
        OPERATORS[word] = Operator(kind, types, test, unknown=False)
        if negative:
            OPERATORS[negative] = Operator(
                kind, types, lambda asked, written: not test(asked, written), unknown=True
            )
        return test

    return declare


DAYS = ("date", "timestamp")
COMPARISONS = ("eq", "neq", "gt", "gte", "lt", "lte", "between", "not_between")


def compares(value: Decimal, comparison: Any, place: Place) -> bool:
    """A number, or operators joined with AND."""
    if not isinstance(comparison, dict):
        comparison = {"eq": comparison}
    if not comparison or not set(comparison) <= set(COMPARISONS):
        raise RuleError(f"no comparison: {comparison!r}")
    asked = Asked(value, "number", place)
    return all(OPERATORS[word](asked, written) for word, written in comparison.items())


@operator("eq", "1", "text", "number", "date", "timestamp", negative="neq")
def equals(asked: Asked, written: Any) -> bool:
    if asked.type == "text":
        return asked.text == asked.literal(written)
    if asked.type == "number":
        return asked.value == to_number(written)
    return asked.day_window(to_day(written), to_day(written))


@operator("in", "2", "text", "number", negative="not_in")
def is_in(asked: Asked, written: Any) -> bool:
    return any(equals(asked, one) for one in as_list(written))


@operator("gt", "3", "number")
def greater(asked: Asked, written: Any) -> bool:
    return asked.value > to_number(written)


@operator("gte", "3", "number")
def greater_or_equal(asked: Asked, written: Any) -> bool:
    return asked.value >= to_number(written)


@operator("lt", "3", "number")
def less(asked: Asked, written: Any) -> bool:
    return asked.value < to_number(written)


@operator("lte", "3", "number")
def less_or_equal(asked: Asked, written: Any) -> bool:
    return asked.value <= to_number(written)


@operator("between", "4", "number", *DAYS, negative="not_between")
def is_between(asked: Asked, written: Any) -> bool:
    if asked.type == "number":
        low, high = (to_number(bound) for bound in written)
        if low > high:
            raise RuleError(f"reversed: {low} to {high}")
        return low <= asked.value <= high
    window = window_of("between", written, asked.place.world, of_facts=False)
    return lies_in(asked.value, window, asked.place.world.zone)


def on_text(test: Callable[[str, str], bool]) -> Callable[[Asked, Any], bool]:
    def evaluate(asked: Asked, written: Any) -> bool:
        return any(test(asked.text, asked.literal(one)) for one in as_list(written))

    return evaluate


operator("contains", "6", "text", negative="not_contains")(on_text(lambda text, part: part in text))
operator("starts_with", "6", "text", negative="not_starts_with")(on_text(str.startswith))
operator("ends_with", "6", "text", negative="not_ends_with")(on_text(str.endswith))


@operator("matches", "6", "text", negative="not_matches")
def matches(asked: Asked, written: Any) -> bool:
    text = asked.text.replace("\r", " ").replace("\n", " ")
    patterns = [to_text(one) for one in as_list(written)]
    if not asked.exact_case:
        patterns = [folded_pattern(one) for one in patterns]
    return any(re.search(one, text) for one in patterns)


@cache
def folded_pattern(pattern: str) -> str:
    """One for folded text: a class holds each of its characters, folded."""
    return re.sub(
        r"\\.|\[(\^?)((?:\\.|[^\\\]])+)\]|.",
        lambda found: folded_class(found[1], found[2]) if found[2] else fold(found[0]),
        pattern,
        flags=re.DOTALL,
    )


def folded_class(sign: str, inner: str) -> str:
    characters: set[str] = set()
    for first, last in re.findall(r"(\\.|.)(?:-(\\.|.))?", inner, flags=re.DOTALL):
        ends = [ord(end[-1]) for end in (first, last or first)]
        characters |= {fold(chr(code)) for code in range(ends[0], ends[1] + 1)}
    return f"[{sign}{''.join(map(re.escape, sorted(characters)))}]"


@operator("before", "9", *DAYS)
def before(asked: Asked, written: Any) -> bool:
    return lies_in(asked.value, (None, to_day(written)), asked.place.world.zone)


@operator("on_or_before", "9", *DAYS)
def on_or_before(asked: Asked, written: Any) -> bool:
    day = to_day(written) + timedelta(days=1)
    return lies_in(asked.value, (None, day), asked.place.world.zone)


@operator("after", "9", *DAYS)
def after(asked: Asked, written: Any) -> bool:
    day = to_day(written) + timedelta(days=1)
    return lies_in(asked.value, (day, None), asked.place.world.zone)


@operator("on_or_after", "9", *DAYS)
def on_or_after(asked: Asked, written: Any) -> bool:
    return lies_in(asked.value, (to_day(written), None), asked.place.world.zone)


def in_window(word: str) -> Callable[[Asked, Any], bool]:
    def evaluate(asked: Asked, written: Any) -> bool:
        window = window_of(word, written, asked.place.world, of_facts=False)
        return lies_in(asked.value, window, asked.place.world.zone)

    return evaluate


for _word, _kind in [
    ("within", "10"),
    ("ago", "10"),
    ("older_than", "10"),
    ("in_next", "11"),
    ("in_period", "12"),
]:
    operator(_word, _kind, *DAYS)(in_window(_word))


@operator("anniversary_in_next", "13", "date")
def anniversary_in_next(asked: Asked, written: Any) -> bool:
    found = re.fullmatch(r"(\d+)([dw])", written) if isinstance(written, str) else None
    if not found or int(found[1]) > {"d": 365, "w": 52}[found[2]]:
        raise RuleError(f"at most 365d or 52w, got {written!r}")
    today = asked.place.world.as_of
    day, end = today, shift(today, written, 1)
    while day < end:
        if is_anniversary(asked.value, day):
            return True
        day += timedelta(days=1)
    return False


def is_anniversary(of: date, day: date) -> bool:
    if (of.month, of.day) == (2, 29) and days_of_month(day.year, 2) == 28:
        return (day.month, day.day) == (2, 28)
    return (day.month, day.day) == (of.month, of.day)


@operator("years", "14", *DAYS)
def years(asked: Asked, written: Any) -> bool:
    world = asked.place.world
    day = local_day(asked.value, world.zone) if asked.type == "timestamp" else asked.value
    if day > world.as_of:
        return False
    completed = 0
    while shift(day, f"{completed + 1}y", 1) <= world.as_of:
        completed += 1
    return compares(Decimal(completed), written, asked.place)


@operator("within_km", "16", "point")
def within_km(asked: Asked, written: Any) -> bool:
    only_keys(written, required=("of", "km"))
    centre = [float(to_number(one)) for one in written["of"]]
    return distance(asked.value, centre) <= float(to_number(written["km"]))


def distance(one: Sequence[Any], other: Sequence[Any]) -> float:
    """Kilometres between two points on a sphere, by the haversine formula."""
    (lat1, lon1), (lat2, lon2) = (
        [radians(float(part)) for part in point] for point in (one, other)
    )
    chord = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371 * asin(min(1.0, sqrt(chord)))


# Operators that need more than one value.

PAIRS: dict[str, Callable[[Any, Any], bool]] = {
    "eq_attribute": lambda mine, other: mine == other,
    "neq_attribute": lambda mine, other: mine != other,
    "gt_attribute": lambda mine, other: mine > other,
    "gte_attribute": lambda mine, other: mine >= other,
    "lt_attribute": lambda mine, other: mine < other,
    "lte_attribute": lambda mine, other: mine <= other,
}


def with_attribute(word: str, other: Any, asked: Asked, nulls: str | None) -> bool:
    """Kind 15: two values of one place; what is unknown on either side is not compared."""
    kind, place = asked.type, asked.place
    if not place.knows(other) or place.type_of(other) != kind:
        raise RuleError(f"{other!r} is not of type {kind}")
    if kind not in ("text", "boolean", "number", *DAYS):
        raise RuleError(f"{word} is not for a {kind}")
    if kind in ("text", "boolean") and word not in ("eq_attribute", "neq_attribute"):
        raise RuleError(f"a {kind} has no order")
    second = Asked(place.value(other), kind, place, asked.exact_case)
    if asked.value is None or second.value is None:
        return word == "neq_attribute" if nulls is None else nulls == "include"
    if kind == "text":
        return PAIRS[word](asked.text, second.text)
    return PAIRS[word](asked.value, second.value)


RANKS = ("top_percent", "bottom_percent", "top", "bottom")


def ranks(word: str, written: Any, over: str | None, name: str, place: Place) -> bool:
    """Kinds 17 and 18: where an account stands among those of the base with a value."""
    if not isinstance(place, Account):
        raise RuleError(f"{word} stands over one row")
    if place.type_of(name) != "number":
        raise RuleError(f"{word} is for numbers")
    world = place.world

    def known(account_id: str, attribute: str) -> Any:
        return world.attributes.get(account_id, {}).get(attribute)

    mine = known(place.account_id, name)
    if mine is None:
        return False
    field = {
        account_id: known(account_id, name)
        for account_id in world.base
        if over is None or known(account_id, over) == known(place.account_id, over)
    }
    values = {one: value for one, value in field.items() if value is not None}
    sign = -1 if word.startswith("top") else 1
    if word.endswith("percent"):
        ahead = sum(sign * value <= sign * mine for value in values.values())
        return 100 * ahead <= to_number(written) * len(values)
    if not isinstance(written, int) or isinstance(written, bool) or written < 1:
        raise RuleError(f"a whole number is wanted, got {written!r}")
    order = sorted(values, key=lambda one: (sign * values[one], one.encode()))
    return place.account_id in order[:written]


# Attribute leaves: the operators of one leaf joined with AND.

MODIFIERS = ("nulls", "case_sensitive", "over")


def attribute_leaf(name: str, spec: Any, place: Place) -> bool:
    kind = place.type_of(name)
    value = place.value(name)
    if kind == "values":
        return values_leaf(value or [], spec, place)
    if not isinstance(spec, dict):
        spec = {"in": spec} if isinstance(spec, list) else {"eq": spec}
    asked_for = {word: written for word, written in spec.items() if word not in MODIFIERS}
    if not asked_for:
        raise RuleError("a leaf without an operator")
    if "is_null" in asked_for or "not_null" in asked_for:
        return null_leaf(asked_for, value is None, place, len(spec))
    if "nulls" in spec and any(word in RANKS for word in spec):
        raise RuleError("a rank takes no nulls")
    if "over" in spec and not any(word in RANKS for word in spec):
        raise RuleError("over is for ranks")
    asked = Asked(value, kind, place, exact_case=spec.get("case_sensitive", False))
    results = []
    for word, written in asked_for.items():
        if word in PAIRS:
            of, answer = "15", with_attribute(word, written, asked, spec.get("nulls"))
        elif kind == "boolean":
            of, answer = "7", boolean_equals(word, value, written)
        elif word in RANKS:
            answer = ranks(word, written, spec.get("over"), name, place)
            of = "17" if "percent" in word else "18"
        elif word in OPERATORS:
            of, answer = OPERATORS[word].kind, OPERATORS[word](asked, written)
        else:
            raise RuleError(f"{word!r} is no operator")
        place.count_word(word, answer)
        results.append(place.count(of, answer))
    if value is None and "nulls" in spec:
        return {"include": True, "exclude": False}[spec["nulls"]]
    return all(results)


def boolean_equals(word: str, value: bool | None, written: Any) -> bool:
    """Kind 7: `false` includes what is not known."""
    if word != "eq":
        raise RuleError(f"a boolean has only eq, got {word!r}")
    return value is True if to_boolean(written) else value is not True


def null_leaf(asked_for: dict[str, Any], is_unknown: bool, place: Place, size: int) -> bool:
    """Kind 5, alone in its leaf."""
    if size != 1 or next(iter(asked_for.values())) is not True:
        raise RuleError(f"stands alone, and is true: {asked_for!r}")
    answer = is_unknown if "is_null" in asked_for else not is_unknown
    place.count_word(next(iter(asked_for)), answer)
    return place.count("5", answer)


def values_leaf(values: Iterable[str | None], spec: Any, place: Place) -> bool:
    """Kind 8: the set of an account's values of one attribute; NULL values are none."""
    known = {fold(value) for value in values if value is not None}
    if not isinstance(spec, dict):
        spec = {"has_any": as_list(spec)}
    if "is_null" in spec or "not_null" in spec:
        return null_leaf(spec, not known, place, len(spec))
    if not spec:
        raise RuleError("a leaf without an operator")
    results = []
    for word, written in spec.items():
        listed = {fold(to_text(one)) for one in as_list(written)}
        answer = {
            "has_any": bool(known & listed),
            "has_all": listed <= known,
            "has_none": not known & listed,
            "has_only": bool(known) and known <= listed,
        }[word]
        place.count_word(word, answer)
        results.append(place.count("8", answer))
    return all(results)


ATTRIBUTE_LEAF.append(attribute_leaf)
