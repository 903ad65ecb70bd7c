"""The criteria language, evaluated row by row in plain Python.

Written from the definition of the language alone, never from the macros that
render it to SQL: where the two differ, one of them is wrong. Nothing here is
fast or clever on purpose. An operator is a predicate over a known value and the
answer that it gives where the value is unknown, so that no three-valued logic
is left anywhere above it.

`members(rule, world)` is the way in. A new kind of leaf is one function with
`@leaf("word")`, a new operator one function with `@operator("word", ...)`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Context, Decimal, localcontext
from functools import cache, cached_property
from typing import Any

import pytz
import yaml

Row = Mapping[str, Any]
Tree = Any


class RuleError(Exception):
    """The rule means nothing."""


@dataclass(frozen=True)
class World:
    """All that a rule may ask about, at one day."""

    as_of: date
    base: tuple[str, ...]
    attribute_types: Mapping[str, str]
    """Name -> text, number, boolean, date, timestamp or values."""
    attributes: Mapping[str, Row]
    """account_id -> attribute -> value; what is absent is unknown. Of type values: a list."""
    event_types: Mapping[str, Mapping[str, str]]
    """Event -> column -> type."""
    events: Sequence[Row]
    """Rows with event_id, account_id, event_name, occurred_at, loaded_at and the columns."""
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    expressions: Mapping[str, Callable[[Row], bool | None]] = field(default_factory=dict)
    """The meaning of each SQL expression that a rule of this world may hold."""
    zone: str = "UTC"
    week_start: str = "monday"
    known_as_of: date | None = None

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        # of a world of a thousand values a failing test says what matters itself
        printer.text(f"World({self.as_of} in {self.zone}, {len(self.base)} accounts)")

    @cached_property
    def events_by_account(self) -> dict[str, list[Row]]:
        index: dict[str, list[Row]] = {}
        for event in self.events:
            index.setdefault(event["account_id"], []).append(event)
        return index


@dataclass
class Tally:
    """How often each kind of leaf was true and false, over accounts and over rows in `where`."""

    accounts: Counter[tuple[str, bool]] = field(default_factory=Counter)
    rows: Counter[tuple[str, bool]] = field(default_factory=Counter)


def members(rule: str | Tree, world: World, tally: Tally | None = None) -> frozenset[str]:
    """The accounts of the base for which the rule (YAML text, or its tree) holds."""
    tree = parse(rule) if isinstance(rule, str) else rule
    counted = tally or Tally()
    # sums and products of numbers are exact, whatever their length
    with localcontext(Context(prec=400)):
        return frozenset(
            account_id
            for account_id in world.base
            if holds(tree, Account(world, account_id, counted))
        )


def parse(text: str) -> Tree:
    try:
        tree = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        raise RuleError(f"no YAML: {error}") from error
    if not isinstance(tree, dict):
        raise RuleError(f"a rule is a mapping with one key, got {tree!r}")
    return tree


# Where a node is evaluated: an account, or one row of evidence of an account.


@dataclass(frozen=True)
class Account:
    world: World
    account_id: str
    tally: Tally

    def type_of(self, name: str) -> str:
        return self.world.attribute_types[name]

    def knows(self, name: str) -> bool:
        return name in self.world.attribute_types

    def value(self, name: str) -> Any:
        return self.world.attributes.get(self.account_id, {}).get(name)

    def count(self, kind: str, answer: bool) -> bool:
        self.tally.accounts[kind, answer] += 1
        return answer


@dataclass(frozen=True)
class Evidence:
    """One row of an event, inside `where`."""

    world: World
    types: Mapping[str, str]
    row: Row
    tally: Tally

    def type_of(self, name: str) -> str:
        return self.types[name]

    def knows(self, name: str) -> bool:
        return name in self.types

    def value(self, name: str) -> Any:
        return self.row.get(name)

    def count(self, kind: str, answer: bool) -> bool:
        self.tally.rows[kind, answer] += 1
        return answer


Place = Account | Evidence


# The tree.


def holds(node: Tree, place: Place) -> bool:
    word, content = only_item(node)
    if word in TREE_WORDS:
        return TREE_WORDS[word](content, place)
    if word in LEAVES:
        if not isinstance(place, Account):
            raise RuleError(f"{word} stands over one row")
        return LEAVES[word](content, place)
    if place.knows(word):
        return attribute_leaf(word, content, place)
    raise RuleError(f"{word!r} is no word of the language and no attribute")


def only_item(node: Tree) -> tuple[str, Any]:
    if not isinstance(node, dict) or len(node) != 1:
        raise RuleError(f"a node is a mapping with exactly one key, got {node!r}")
    return next(iter(node.items()))


def nodes(content: Any) -> list[Tree]:
    if not isinstance(content, list) or not content:
        raise RuleError(f"a list of nodes is wanted, got {content!r}")
    return content


def tree_all(content: Any, place: Place) -> bool:
    # every node is visited, so that none is left out of the tally
    answers = [holds(node, place) for node in nodes(content)]
    return all(answers)


def tree_any(content: Any, place: Place) -> bool:
    answers = [holds(node, place) for node in nodes(content)]
    return any(answers)


def tree_not(content: Any, place: Place) -> bool:
    return not holds(content, place)


def tree_count(compare: Callable[[int, int], bool]) -> Callable[[Any, Place], bool]:
    def evaluate(content: Any, place: Place) -> bool:
        found = sum([holds(node, place) for node in nodes(content["of"])])
        return compare(found, content["count"])

    return evaluate


TREE_WORDS: dict[str, Callable[[Any, Place], bool]] = {
    "all": tree_all,
    "any": tree_any,
    "not": tree_not,
    "at_least": tree_count(lambda found, wanted: found >= wanted),
    "at_most": tree_count(lambda found, wanted: found <= wanted),
    "exactly": tree_count(lambda found, wanted: found == wanted),
}


def over_one_row(where: Any, place: Evidence) -> bool:
    """`where`: a node, or a list that is read as `all`."""
    return holds({"all": where} if isinstance(where, list) else where, place)


# Days, instants, durations.


def to_day(value: Any) -> date:
    if isinstance(value, datetime):
        raise RuleError(f"a day is wanted, not a time of day: {value!r}")
    if isinstance(value, date):
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise RuleError(f"no such day: {value!r}") from error
    raise RuleError(f"a day is wanted, got {value!r}")


@cache
def first_instant(day: date, zone: str) -> datetime:
    """U(day): the first instant, in UTC, at which the calendar of the zone shows the day."""
    place = pytz.timezone(zone)
    start = datetime(day.year, day.month, day.day) - timedelta(hours=16)
    for quarter in range(4 * 32 + 1):
        instant = start + timedelta(minutes=15 * quarter)
        if pytz.utc.localize(instant).astimezone(place).date() == day:
            return instant
    # the zone left this day out: it is empty and begins where the next one does
    return first_instant(day + timedelta(days=1), zone)


def local_day(instant: datetime, zone: str) -> date:
    return pytz.utc.localize(instant).astimezone(pytz.timezone(zone)).date()


def days_of_month(year: int, month: int) -> int:
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - timedelta(days=1)).day


def shift(day: date, duration: str, sign: int) -> date:
    """The day a duration later (sign 1) or earlier (-1); months and years clamp."""
    found = re.fullmatch(r"([1-9]\d*)([dwmy])", duration) if isinstance(duration, str) else None
    if not found:
        raise RuleError(f"a duration is wanted, got {duration!r}")
    number, unit = int(found[1]) * sign, found[2]
    if unit in "dw":
        return day + timedelta(days=number * (7 if unit == "w" else 1))
    months = day.year * 12 + day.month - 1 + number * (12 if unit == "y" else 1)
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(day.day, days_of_month(year, month)))


# Windows: half-open intervals of days, None is no bound.

Window = tuple[date | None, date | None]
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WINDOW_WORDS = ("within", "ago", "older_than", "in_next", "in_period", "between")


def window_of(word: str, value: Any, world: World, *, of_facts: bool) -> Window:
    today = world.as_of
    if word == "within":
        return shift(today, value, -1), today
    if word == "ago":
        nearer, farther = value
        end = today if nearer == "0d" else shift(today, nearer, -1)
        return ordered(shift(today, farther, -1), end)
    if word == "between":
        first, last = (to_day(bound) for bound in value)
        return ordered(first, last)[0], last + timedelta(days=1)
    if word == "in_period":
        start, end = period(value, today, world.week_start)
        if not of_facts:
            return start, end
        if value.startswith("next"):
            raise RuleError("facts have no next period")
        return start, min(end, today)
    if word == "older_than" and not of_facts:
        return None, shift(today, value, -1)
    if word == "in_next" and not of_facts:
        return today, shift(today, value, 1)
    raise RuleError(f"{word!r} is no window here")


def ordered(start: date, end: date) -> Window:
    if start > end:
        raise RuleError(f"reversed: {start} to {end}")
    return start, end


def period(text: str, today: date, week_start: str) -> tuple[date, date]:
    which, unit = text.split()
    if unit == "day":
        start = today
    elif unit == "week":
        start = today - timedelta(days=(today.weekday() - WEEKDAYS.index(week_start)) % 7)
    elif unit == "month":
        start = today.replace(day=1)
    elif unit == "quarter":
        start = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    elif unit == "year":
        start = date(today.year, 1, 1)
    else:
        raise RuleError(f"no period: {text!r}")
    length = {"day": "1d", "week": "1w", "month": "1m", "quarter": "3m", "year": "1y"}[unit]
    step = {"last": -1, "this": 0, "next": 1}[which]
    if step:
        start = shift(start, length, step)
    return start, shift(start, length, 1)


def lies_in(value: date | datetime, window: Window, zone: str) -> bool:
    start, end = window
    if isinstance(value, datetime):
        low = start and first_instant(start, zone)
        high = end and first_instant(end, zone)
    else:
        low, high = start, end
    return (low is None or low <= value) and (high is None or value < high)


# Values as they are compared.


def fold(text: str) -> str:
    special = {"\u0130": "i", "\u03a3": "\u03c3", "\u03c2": "\u03c3"}  # İ, capital and final sigma
    return "".join(special.get(letter) or letter.lower() for letter in text)


def to_number(value: Any) -> Decimal:
    if isinstance(value, bool) or value is None:
        raise RuleError(f"a number is wanted, got {value!r}")
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float) and value == value and abs(value) != float("inf"):
        return Decimal(repr(value))
    if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return Decimal(value)
    raise RuleError(f"a number is wanted, got {value!r}")


def to_text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise RuleError(f"a text is wanted, got {value!r}")
    return value


def to_boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise RuleError(f"true or false is wanted, got {value!r}")
    return value


def as_list(value: Any) -> list[Any]:
    found = value if isinstance(value, list) else [value]
    if not found:
        raise RuleError("an empty list")
    return found


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
    return any(re.search(asked.literal(one), text) for one in as_list(written))


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


# Attribute leaves: the operators of one leaf joined with AND.

MODIFIERS = ("nulls", "case_sensitive")


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
    asked = Asked(value, kind, place, exact_case=spec.get("case_sensitive", False))
    results = []
    for word, written in asked_for.items():
        if kind == "boolean":
            results.append(place.count("7", boolean_equals(word, value, written)))
            continue
        if word not in OPERATORS:
            raise RuleError(f"{word!r} is no operator")
        chosen = OPERATORS[word]
        results.append(place.count(chosen.kind, chosen(asked, written)))
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
    return place.count("5", is_unknown if "is_null" in asked_for else not is_unknown)


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
        results.append(place.count("8", answer))
    return all(results)


# Leaves that need more than one value of an account.

LEAVES: dict[str, Callable[[Any, Account], bool]] = {}


def leaf(word: str) -> Callable[[Callable[[Any, Account], bool]], Callable[[Any, Account], bool]]:
    def declare(evaluate: Callable[[Any, Account], bool]) -> Callable[[Any, Account], bool]:
        LEAVES[word] = evaluate
        return evaluate

    return declare


def is_visible(event: Row, world: World) -> bool:
    """A fact is seen if it happened before today and, where asked, was known by then."""
    happened, loaded = event["occurred_at"], event["loaded_at"]
    if happened is None or happened >= first_instant(world.as_of, world.zone):
        return False
    if world.known_as_of is None:
        return True
    return loaded is not None and loaded < first_instant(world.known_as_of, world.zone)


def history(selection: Mapping[str, Any], place: Account) -> list[Row]:
    """Visible rows of the selection's event that meet its `where`, whatever the window."""
    name = selection["name"]
    if name not in place.world.event_types:
        raise RuleError(f"{name!r} is no event")
    types = place.world.event_types[name]
    found = [
        event
        for event in place.world.events_by_account.get(place.account_id, [])
        if event["event_name"] == name and is_visible(event, place.world)
    ]
    if "where" in selection:
        found = [
            event
            for event in found
            if over_one_row(selection["where"], Evidence(place.world, types, event, place.tally))
        ]
    return sorted(found, key=lambda event: (event["occurred_at"], event["event_id"].encode()))


def selected(selection: Mapping[str, Any], place: Account) -> list[Row]:
    """Rows of a selection: its event, where and window."""
    words = [word for word in selection if word in WINDOW_WORDS]
    if len(words) > 1:
        raise RuleError(f"at most one window in a fact leaf, got {words!r}")
    rows = history(selection, place)
    for word in words:
        window = window_of(word, selection[word], place.world, of_facts=True)
        rows = [row for row in rows if lies_in(row["occurred_at"], window, place.world.zone)]
    return rows


COMPARISONS = ("eq", "neq", "gt", "gte", "lt", "lte", "between", "not_between")


def compares(value: Decimal, comparison: Any, place: Place) -> bool:
    """A number, or operators joined with AND."""
    if not isinstance(comparison, dict):
        comparison = {"eq": comparison}
    if not comparison or not set(comparison) <= set(COMPARISONS):
        raise RuleError(f"no comparison: {comparison!r}")
    asked = Asked(value, "number", place)
    return all(OPERATORS[word](asked, written) for word, written in comparison.items())


AGGREGATES = ("sum", "avg", "min", "max", "distinct")


@leaf("event")
def event_leaf(spec: Any, place: Account) -> bool:
    """Kind 20 (count) and 21 (sum, avg, min, max, distinct of a column)."""
    aggregates = [word for word in AGGREGATES if word in spec]
    if len(aggregates) + ("count" in spec) > 1:
        raise RuleError("one comparison a leaf")
    rows = selected(spec, place)
    if not aggregates:
        answer = compares(Decimal(len(rows)), spec.get("count", {"gte": 1}), place)
        return place.count("20", answer)
    return place.count("21", aggregate(aggregates[0], spec, rows, place))


def aggregate(word: str, spec: Mapping[str, Any], rows: list[Row], place: Account) -> bool:
    column = spec[word]["of"]
    comparison = {key: value for key, value in spec[word].items() if key != "of"}
    known = [row[column] for row in rows if row.get(column) is not None]
    if not known and word not in ("sum", "distinct"):
        return spec.get("if_empty", False)
    if word == "avg":
        # by multiplication: a quotient would be rounded
        comparison = {key: times(value, len(known)) for key, value in comparison.items()}
        word = "sum"
    measured = {
        "sum": lambda: sum(known),
        "min": lambda: min(known),
        "max": lambda: max(known),
        "distinct": lambda: len(set(known)),
    }[word]()
    return compares(Decimal(measured), comparison, place)


def times(written: Any, factor: int) -> Any:
    if isinstance(written, list):
        return [times(one, factor) for one in written]
    return f"{to_number(written) * factor:f}"


@leaf("member_of")
def member_of(spec: Any, place: Account) -> bool:
    """Kind 28: a list means any of them."""
    unknown = [group for group in as_list(spec) if group not in place.world.groups]
    if unknown:
        raise RuleError(f"no group: {unknown!r}")
    return place.count(
        "28", any(place.account_id in place.world.groups[group] for group in as_list(spec))
    )


@leaf("sql")
def sql_leaf(spec: Any, place: Account) -> bool:
    """Kind 35: what the expression means is given with the world; unknown is false.

    It is asked over the rows of attributes, so an account without one does not meet it.
    """
    row = {name: place.value(name) for name in place.world.attribute_types}
    answer = place.world.expressions[spec["expression"]](row) is True
    return place.count("35", answer and place.account_id in place.world.attributes)
