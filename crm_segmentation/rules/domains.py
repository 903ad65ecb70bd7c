"""The values that conditions on one attribute leave: none at all is a contradiction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from crm_segmentation.rules.meaning import fold, is_negative, number

COMPLEMENTS = {
    "eq": "neq",
    "in": "not_in",
    "gt": "lte",
    "gte": "lt",
    "before": "on_or_after",
    "after": "on_or_before",
    "is_null": "not_null",
}
COMPLEMENTS |= {negative: positive for positive, negative in COMPLEMENTS.items()}
MODIFIERS = ("nulls", "case_sensitive", "over")


@dataclass(frozen=True)
class Literal:
    """One operator of one attribute, somewhere in a rule; `holds` is false under `not`."""

    attribute: str
    kind: str
    operator: str
    value: Any
    nulls: str | None
    folded: bool
    path: str
    holds: bool = True

    def __str__(self) -> str:
        asked = f"{self.operator}: {self.value}"
        return asked if self.holds else f"not {asked}"


@dataclass
class Domain:
    """Bounds with whether they are open, values that alone are left, values that are barred."""

    low: tuple[Any, bool] | None = None
    high: tuple[Any, bool] | None = None
    chosen: set[Any] | None = None
    barred: set[Any] = field(default_factory=set)
    null: bool = True

    def is_empty(self) -> bool:
        if self.null:
            return False
        if self.chosen is not None:
            return not any(self.holds(value) for value in self.chosen)
        if self.low is None or self.high is None:
            return False
        return self.low[0] > self.high[0] or (
            self.low[0] == self.high[0]
            and (self.low[1] or self.high[1] or self.low[0] in self.barred)
        )

    def holds(self, value: Any) -> bool:
        if value in self.barred:
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


def scalar(literal: Literal, value: Any) -> Any:
    if literal.kind == "number":
        return Decimal(number(value) or "0")
    if literal.kind in ("date", "timestamp"):
        return date.fromisoformat(str(value))
    if literal.kind == "text" and literal.folded:
        return fold(str(value))
    return value


def narrow(domain: Domain, literal: Literal, as_of: date) -> None:
    """Leave what satisfies the literal; what is not understood narrows nothing."""
    operator, holds_for_null = literal.operator, is_negative(literal.operator)
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
    elif operator in ("within", "older_than", "in_next", "ago"):
        first, end = window_days(operator, value, as_of)
        if first is not None:
            domain.at_least(first)
        if end is not None:
            domain.at_most(end, is_open=True)
    elif operator == "is_null":
        domain.choose(set())


def contradiction(literals: list[Literal], as_of: date) -> bool:
    """Whether no account can satisfy all of these conditions on one attribute."""
    domain = Domain()
    for literal in literals:
        narrow(domain, literal, as_of)
    return domain.is_empty()


def literals_of(
    tree: dict[str, Any], path: str, attributes: dict[str, Any], *, holds: bool = True
) -> list[Literal]:
    """The conditions of an attribute leaf; of several operators under `not` none is certain."""
    ((name, asked),) = tree.items()
    if name not in attributes or not isinstance(asked, dict):
        return []
    operators = [key for key in asked if key not in MODIFIERS]
    if not holds and len(operators) > 1:
        return []
    return [
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


def conjunctions(
    tree: dict[str, Any], attributes: dict[str, Any], path: str = ""
) -> Iterator[list[Literal]]:
    """Lists of conditions that must hold together, on whatever attributes."""
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
                together += literals_of(below, f"{where}.not", attributes, holds=False)
                yield from conjunctions(child, attributes, where)
            elif inner in attributes:
                together += literals_of(child, where, attributes)
            else:
                yield from conjunctions(child, attributes, where)
        yield together
    elif word == "any":
        for index, child in enumerate(given):
            yield from conjunctions(child, attributes, f"{prefix}[{index}]")
    elif word == "not":
        yield from conjunctions(given, attributes, prefix)
    elif word in ("at_least", "at_most", "exactly"):
        for index, child in enumerate(given["of"]):
            yield from conjunctions(child, attributes, f"{prefix}.of[{index}]")
    else:
        yield literals_of(tree, path, attributes)
