"""The values that conditions on one thing leave: none at all is a contradiction.

The thing is an attribute, a column of one row, or what a fact leaf counts, sums or compares.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from math import ceil, floor
from typing import Any

from crm_segmentation.rules.meaning import (
    TREE_WORDS,
    Reader,
    fold,
    is_negative,
    key_of,
    number,
)
from crm_segmentation.rules.text import said

COMPLEMENTS = {
    "eq": "neq",
    "in": "not_in",
    "gt": "lte",
    "gte": "lt",
    "before": "on_or_after",
    "after": "on_or_before",
    "is_null": "not_null",
    "not_between": "between",
}
COMPLEMENTS |= {negative: positive for positive, negative in COMPLEMENTS.items()}
MODIFIERS = ("nulls", "case_sensitive", "over")
COMPARISONS = ("eq", "neq", "gt", "gte", "lt", "lte", "between", "not_between")
# key of a fact leaf -> the kind of number that its comparison is about
COMPARED = {
    **dict.fromkeys(("count", "distinct"), "count"),
    "sum": "sum",
    **dict.fromkeys(("avg", "min", "max", "change_percent"), "number"),
}
NUMBERS = ("number", "count", "sum", "years")
WINDOWS = ("within", "ago", "between", "in_period")
# windows with a name of their own, and the kinds that have them
SPANS = {"active": "stopped", "silent": "restarted"}
# unit of a period -> the most days that one has, and two that follow each other
PERIODS = {
    "day": (1, 2),
    "week": (7, 14),
    "month": (31, 62),
    "quarter": (92, 184),
    "year": (366, 731),
}
# units of which each holds whole ones of the next
NESTED = (("year", "quarter", "month", "day"), ("week", "day"))
HOURS = {"h": 1, "d": 24, "w": 168}
# keys under which a node is over one row
NODES_OF_ROWS = ("where", "has", "some", "none", "every")


@dataclass(frozen=True)
class Literal:
    """One operator of one attribute, somewhere in a rule; `holds` is false under `not`.

    Of kind `count` and `years` are whole numbers from 0; `count` and `sum` are never unknown.
    """

    attribute: str
    kind: str
    operator: str
    value: Any
    nulls: str | None
    folded: bool
    path: str
    holds: bool = True
    label: str = ""

    def __str__(self) -> str:
        asked = {self.operator: self.value}
        return said(asked if self.holds else {"not": asked})


@dataclass
class Domain:
    """Bounds with whether they are open, values that alone are left, values that are barred.

    `gaps` are closed ranges that are barred.
    """

    low: tuple[Any, bool] | None = None
    high: tuple[Any, bool] | None = None
    chosen: set[Any] | None = None
    barred: set[Any] = field(default_factory=set)
    gaps: list[tuple[Any, Any]] = field(default_factory=list)
    null: bool = True
    whole: bool = False
    periods: set[str] = field(default_factory=set)

    def is_empty(self) -> bool:
        if self.null:
            return False
        if any(lies_outside(one, other) for one in self.periods for other in self.periods):
            return True
        if self.chosen is not None:
            return not any(
                self.holds(value) and (not self.whole or value == floor(value))
                for value in self.chosen
            )
        if self.low is None or self.high is None:
            return False
        return self.holds_no_whole_number() if self.whole else self.is_all_gaps()

    def holds_no_whole_number(self) -> bool:
        assert self.low is not None and self.high is not None
        value, last = ceil(self.low[0]), floor(self.high[0])
        while value <= last:
            if self.holds(value):
                return False
            ends = [floor(end) for start, end in self.gaps if start <= value <= end]
            value = max([value, *ends]) + 1
        return True

    def is_all_gaps(self) -> bool:
        """Whether nothing is left between the bounds; single values bar no range."""
        assert self.low is not None and self.high is not None
        (value, is_open), (last, end_is_open) = self.low, self.high
        for start, end in sorted(self.gaps):
            if start > value:
                break
            if end >= value:
                value, is_open = end, True
        if value == last:
            return is_open or end_is_open or value in self.barred
        return value > last

    def holds(self, value: Any) -> bool:
        if value in self.barred or any(start <= value <= end for start, end in self.gaps):
            return False
        if self.low is not None and (value < self.low[0] or (value == self.low[0] and self.low[1])):
            return False
        return self.high is None or not (
            value > self.high[0] or (value == self.high[0] and self.high[1])
        )

    def at_least(self, value: Any, *, is_open: bool = False) -> None:
        if self.low is None or (value, is_open) > self.low:
            self.low = (value, is_open)

    def at_most(self, value: Any, *, is_open: bool = False) -> None:
        # of two equal bounds the open one is narrower
        if self.high is None or (value, not is_open) < (self.high[0], not self.high[1]):
            self.high = (value, is_open)

    def choose(self, values: set[Any]) -> None:
        self.chosen = values if self.chosen is None else self.chosen & values


def lies_outside(period: str, other: str) -> bool:
    """Whether `this month` and the like lies, on every day, outside of a period around it."""
    (which, unit), (of_other, around) = period.split(" "), other.split(" ")
    return (
        which == "this"
        and of_other != "this"
        and any(
            {unit, around} <= {*units} and units.index(around) <= units.index(unit)
            for units in NESTED
        )
    )


def days_of_period(period: str, as_of: date) -> tuple[date, date]:
    """A half-open span that holds a period around as_of, whatever day of it that is."""
    which, unit = period.split(" ")
    one, two = (timedelta(days=days) for days in PERIODS[unit])
    day = timedelta(days=1)
    return {
        "last": (as_of - two + day, as_of),
        "this": (as_of - one + day, as_of + one),
        "next": (as_of + day, as_of + two),
    }[which]


def years_ago(as_of: date, years: Any) -> date:
    """The day so many completed years ago, or the first one of the calendar."""
    try:
        return shifted(as_of, f"{max(ceil(Decimal(number(years) or '0')), 0)}y", -1)
    except (ValueError, OverflowError):
        return date.min


def shifted(day: date, text: str, direction: int) -> date:
    """A day moved by a duration, as the macros move it."""
    count, unit = direction * int(text[:-1]), text[-1]
    if unit in "dw":
        return day + timedelta(days=count * (7 if unit == "w" else 1))
    months = day.year * 12 + day.month - 1 + count * (12 if unit == "y" else 1)
    year, month = months // 12, months % 12 + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, min(day.day, (following - timedelta(days=1)).day))


def window_days(word: str, value: Any, as_of: date) -> tuple[date | None, date | None]:
    """The half-open span of a window, as far as it is computed here."""
    if word == "within":
        return shifted(as_of, value, -1), as_of
    if word == "older_than":
        return None, shifted(as_of, value, -1)
    if word == "in_next":
        return as_of, shifted(as_of, value, 1)
    if word == "ago":
        return shifted(as_of, value[1], -1), shifted(as_of, value[0], -1)
    if word == "between":
        last = date.fromisoformat(str(value[1]))
        return date.fromisoformat(str(value[0])), last + timedelta(days=1)
    return None, None


def day_number(day: date) -> Decimal:
    """Days are counted: a rule asks of a timestamp on which local day it is."""
    return Decimal(day.toordinal())


def scalar(literal: Literal, value: Any) -> Any:
    if literal.kind in NUMBERS:
        return Decimal(number(value) or "0")
    if literal.kind in ("date", "timestamp"):
        return day_number(date.fromisoformat(str(value)))
    if literal.kind == "text" and literal.folded:
        return fold(str(value))
    return value


def narrow(domain: Domain, literal: Literal, as_of: date) -> None:
    """Leave what satisfies the literal; what is not understood narrows nothing."""
    operator = literal.operator
    holds_for_null = is_negative(operator) or operator == "has_none"
    if literal.kind == "boolean" and literal.value is False:
        holds_for_null = True
    if literal.nulls:
        holds_for_null = literal.nulls == "include"
    if operator == "is_null":
        holds_for_null = True
    if not literal.holds:
        holds_for_null = not holds_for_null
        if literal.kind == "boolean" and operator == "eq":
            domain.choose({not literal.value})
            domain.null = domain.null and holds_for_null
            return
        operator = COMPLEMENTS.get(operator, "")
    domain.null = domain.null and holds_for_null
    value = literal.value
    if operator == "eq":
        domain.choose({scalar(literal, value)})
    elif operator == "in":
        domain.choose({scalar(literal, item) for item in value})
    elif operator == "neq":
        domain.barred.add(scalar(literal, value))
    elif operator == "not_in":
        domain.barred |= {scalar(literal, item) for item in value}
    elif operator in ("gt", "gte", "after", "on_or_after"):
        domain.at_least(scalar(literal, value), is_open=operator in ("gt", "after"))
    elif operator in ("lt", "lte", "before", "on_or_before"):
        domain.at_most(scalar(literal, value), is_open=operator in ("lt", "before"))
    elif operator == "between":
        domain.at_least(scalar(literal, value[0]))
        domain.at_most(scalar(literal, value[1]))
    elif operator == "not_between":
        domain.gaps.append((scalar(literal, value[0]), scalar(literal, value[1])))
    elif operator in ("within", "older_than", "in_next", "ago"):
        first, end = window_days(operator, value, as_of)
        if first is not None:
            domain.at_least(day_number(first))
        if end is not None:
            domain.at_most(day_number(end), is_open=True)
    elif operator == "in_period":
        domain.periods.add(str(value))
        first, end = days_of_period(str(value), as_of)
        domain.at_least(day_number(first))
        domain.at_most(day_number(end), is_open=True)
    elif operator == "years":
        narrow_by_years(domain, value, as_of)
    elif operator == "is_null":
        domain.choose(set())


def narrow_by_years(domain: Domain, value: Any, as_of: date) -> None:
    """The days that have so many completed years; bounds are a day wider, for 29 February."""
    asked = value if isinstance(value, dict) else {"eq": value}
    domain.at_most(day_number(as_of))
    for operator, given in asked.items():
        low, high = given if operator == "between" else (given, given)
        if operator in ("eq", "gt", "gte", "between"):
            domain.at_most(day_number(years_ago(as_of, low)) + 1)
        if operator in ("eq", "lte", "between"):
            high = floor(Decimal(number(high) or "0")) + 1
        if operator in ("eq", "lt", "lte", "between") and Decimal(number(high) or "0") > 0:
            domain.at_least(day_number(years_ago(as_of, high)))


def contradiction(literals: list[Literal], as_of: date) -> bool:
    """Whether no account can satisfy all of these conditions on one thing."""
    domain = Domain()
    if literals and literals[0].kind in ("count", "sum"):
        domain.null = False
    if literals and literals[0].kind in ("count", "years"):
        domain.whole, domain.low = True, (Decimal(0), False)
    if literals and literals[0].kind in ("date", "timestamp"):
        domain.whole = True
    for literal in literals:
        narrow(domain, literal, as_of)
    return domain.is_empty()


def literals_of(
    tree: dict[str, Any],
    path: str,
    attributes: dict[str, Any],
    rows: dict[str, Any],
    *,
    holds: bool = True,
) -> list[Literal]:
    """The conditions of a leaf; of several operators under `not` none is certain."""
    ((name, asked),) = tree.items()
    if not isinstance(asked, dict):
        return []
    if name not in attributes:
        return fact_literals(name, asked, f"{path}.{name}".lstrip("."), rows, holds=holds)
    operators = [key for key in asked if key not in MODIFIERS]
    if not holds and len(operators) > 1:
        return []
    of_years: list[Literal] = []
    if "years" in asked:
        given = asked["years"] if isinstance(asked["years"], dict) else {"eq": asked["years"]}
        where = f"{path}.{name}.years".lstrip(".")
        years = f"the years since {name}"
        nulls = asked.get("nulls", "exclude")
        of_years = compared(given, years, years, "years", where, holds=holds, nulls=nulls)
    return of_years + [
        Literal(
            name,
            attributes[name]["type"],
            operator,
            asked[operator],
            asked.get("nulls"),
            not asked.get("case_sensitive", False),
            f"{path}.{name}.{operator}".lstrip("."),
            holds,
        )
        for operator in operators
    ]


def compared(
    given: dict[str, Any],
    key: str,
    label: str,
    kind: str,
    path: str,
    *,
    holds: bool,
    nulls: str = "exclude",
) -> list[Literal]:
    operators = [operator for operator in given if operator in COMPARISONS]
    if not holds and len(operators) > 1:
        return []
    return [
        Literal(
            key, kind, operator, given[operator], nulls, True, f"{path}.{operator}", holds, label
        )
        for operator in operators
    ]


def fact_literals(
    word: str, asked: dict[str, Any], path: str, rows: dict[str, Any], *, holds: bool
) -> list[Literal]:
    """What a fact leaf says of a number: of rows, of their sum, of points."""
    reader, name = Reader({}, rows), asked.get("name", "")
    if word == "points":
        return compared(asked, path, "the sum of points", "sum", path, holds=holds)
    if word == "related":
        ((quantifier, node),) = (
            (key, asked[key]) for key in ("some", "none", "every") if key in asked
        )
        if quantifier == "every":
            return []
        given = {"gte": 1} if quantifier == "some" else {"eq": 0}
        key = key_of([word, name, reader.row(word, asked, node)])
        label = f"the number of these {name}"
        return compared(given, key, label, "count", path, holds=holds)
    for aggregate, kind in COMPARED.items():
        if aggregate not in asked:
            continue
        rest = {key: value for key, value in asked.items() if key not in (*COMPARED, "if_empty")}
        of = asked[aggregate].get("of", "")
        key = key_of([word, aggregate, of, reader.parts(word, rest)])
        if aggregate == "change_percent":
            key = key_of([word, asked.get("sum"), reader.parts(word, rest)])
            label = f"the change of {name}"
        else:
            label = f"{aggregate} of {of} of {name}" if of else f"the number of rows of {name}"
        where = f"{path}.{aggregate}"
        nulls = "include" if asked.get("if_empty") else "exclude"
        if aggregate == "sum" and word == "trend":
            continue
        return compared(asked[aggregate], key, label, kind, where, holds=holds, nulls=nulls)
    return []


def conjunctions(
    tree: dict[str, Any],
    attributes: dict[str, Any],
    rows: dict[str, Any] | None = None,
    path: str = "",
) -> Iterator[list[Literal]]:
    """Lists of conditions that must hold together, on whatever attributes and facts.

    `rows` is what facts are over: {"events": {name: {columns}}, "relations": ..}.
    """
    rows = rows or {}
    ((word, given),) = tree.items()
    prefix = f"{path}.{word}".lstrip(".")
    if word == "all":
        together: list[Literal] = []
        rest = [(child, f"{prefix}[{index}]") for index, child in enumerate(given)]
        while rest:
            child, where = rest.pop(0)
            ((inner, below),) = child.items()
            if inner == "all":
                rest = [
                    (one, f"{where}.all[{index}]".lstrip(".")) for index, one in enumerate(below)
                ] + rest
            elif inner == "not":
                together += literals_of(below, f"{where}.not", attributes, rows, holds=False)
                yield from conjunctions(below, attributes, rows, f"{where}.not")
            elif inner in TREE_WORDS:
                yield from conjunctions(child, attributes, rows, where)
            else:
                together += literals_of(child, where, attributes, rows)
                yield from inside(inner, below, rows, f"{where}.{inner}", attributes)
        yield together
    elif word == "any":
        for index, child in enumerate(given):
            yield from conjunctions(child, attributes, rows, f"{prefix}[{index}]")
    elif word == "not":
        yield from conjunctions(given, attributes, rows, prefix)
    elif word in TREE_WORDS:
        for index, child in enumerate(given["of"]):
            yield from conjunctions(child, attributes, rows, f"{prefix}.of[{index}]")
    else:
        yield literals_of(tree, path, attributes, rows)
        yield from inside(word, given, rows, prefix, attributes)


def inside(
    word: str, given: Any, rows: dict[str, Any], path: str, attributes: dict[str, Any]
) -> Iterator[list[Literal]]:
    """The conditions of the nodes within a leaf: of one row each, or of points."""
    for where, node, columns in nodes_inside(word, given, rows, path):
        yield from conjunctions(node, attributes if columns is None else columns, rows, where)


def nodes_inside(
    word: str, given: Any, rows: dict[str, Any], path: str
) -> Iterator[tuple[str, dict[str, Any], dict[str, Any] | None]]:
    """(path, node, its columns) of the nodes within a leaf; no columns: it is of the account."""
    if not isinstance(given, dict):
        return
    if word == "points":
        for index, item in enumerate(given["of"]):
            yield f"{path}.of[{index}].if", item["if"], None
    catalogue = rows.get("relations" if word == "related" else "events", {})
    for where, selection in selections_in(word, given, path):
        declared = catalogue.get(selection.get("name"), {}).get("columns", {})
        columns = {name: {"type": kind} for name, kind in declared.items()}
        for key in NODES_OF_ROWS:
            if key in selection:
                yield f"{where}.{key}", selection[key], columns


def selections_in(
    word: str, given: dict[str, Any], path: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(path, selection) of the rows that a leaf is over: those of one event or relation each."""
    selections = [(path, given)]
    if word == "sequence":
        selections = [(f"{path}.steps[{index}]", step) for index, step in enumerate(given["steps"])]
    if word == "abandoned":
        selections.append((f"{path}.without", given["without"]))
    for where, selection in selections:
        if isinstance(selection, dict):
            yield where, selection


def empty_window(word: str, given: dict[str, Any], as_of: date) -> tuple[str, str] | None:
    """(key, reason) where the window of a fact leaf can hold no row, or too short a one."""
    if word == "points":
        # its `between` is of numbers
        return None
    if given.get("in_period") == "this day":
        return "in_period", "facts are visible up to the day before, so 'this day' holds none"
    if word == "was_member" and date.fromisoformat(str(given["day"])) >= as_of:
        return "day", f"what is recorded ends before {as_of}"
    for window in (*WINDOWS, *SPANS):
        if window not in given or (window in SPANS and SPANS[window] != word):
            continue
        begins, ends = window_days("ago" if window in SPANS else window, given[window], as_of)
        if begins is not None and begins == ends:
            return window, f"it begins and ends on {begins}"
        if begins is not None and begins >= as_of:
            return window, f"it begins on {begins}, and facts are visible before {as_of} alone"
        if word == "abandoned" and begins is not None:
            length, unit = int(given["for"][:-1]), given["for"][-1]
            hours = length * HOURS[unit]
            # a local day may have an hour more
            if timedelta(hours=hours - 1) > as_of - begins:
                return "for", f"a row since {begins} cannot have waited for {given['for']} yet"
    return None
