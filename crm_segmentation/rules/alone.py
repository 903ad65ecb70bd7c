"""Leaves that nobody passes, or everybody does, or that say less than they seem to, by themselves.

All of them are rules that docs/rules.md allows: they can be written, and are hardly meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from crm_segmentation.rules.domains import (
    HOURS,
    Literal,
    contradiction,
    literals_of,
    window_days,
)
from crm_segmentation.rules.meaning import fold

Found = Iterator[tuple[str, str, str]]
# half the circumference of the Earth and what rounding may add
FARTHEST_KM = Decimal("20016")
PARTS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda value, part: part in value,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
}
# operator on texts -> whether a blank at the beginning, and at the end, can never be met
TRIMMED = {
    **dict.fromkeys(("eq", "in", "neq", "not_in"), (True, True)),
    **dict.fromkeys(("has_any", "has_all", "has_none", "has_only"), (True, True)),
    **dict.fromkeys(("starts_with", "not_starts_with"), (True, False)),
    **dict.fromkeys(("ends_with", "not_ends_with"), (False, True)),
}


def attribute_alone(path: str, name: str, given: dict[str, Any], entry: dict[str, Any]) -> Found:
    """(path, code, message) of a leaf on an attribute or a column; `entry` holds its type."""
    for operator, value in given.items():
        where = f"{path}.{operator}"
        if operator.endswith("_attribute") and value == name:
            yield where, "compares-itself", with_itself(name, operator, given.get("nulls"))
        elif operator.endswith("_percent"):
            yield from shares(where, value)
        elif operator == "within_km" and Decimal(str(value["km"])) >= FARTHEST_KM:
            message = f"no two places are {value['km']} km apart, so every known one passes."
            yield f"{where}.km", "always", f"{message} Write not_null: true."
        elif operator == "years":
            yield from all_years(where, name, given, entry)
        elif entry["type"] in ("text", "values"):
            yield from blanks(where, operator, value)
            if entry.get("allowed") and operator in PARTS:
                yield from parts_of_allowed(where, operator, value, given, entry["allowed"])


def with_itself(name: str, operator: str, nulls: str | None) -> str:
    word = operator.partition("_")[0]
    passes_unknown = nulls == "include" or (nulls is None and word == "neq")
    who = {
        (True, True): "everybody passes. Take it away",
        (True, False): f"whoever has one passes. Write {name}: {{not_null: true}}",
        (False, True): f"whoever has none passes. Write {name}: {{is_null: true}}",
        (False, False): "nobody passes",
    }[word in ("eq", "gte", "lte"), passes_unknown]
    return f"{name} is compared with itself, so {who}, or name another attribute."


def shares(where: str, value: Any) -> Found:
    if Decimal(str(value)) == 0:
        yield where, "contradiction", "0 % of the accounts are nobody. Mend the share."
    elif Decimal(str(value)) == 100:
        message = "100 % are all accounts that have a value. Write not_null: true."
        yield where, "always", message


def all_years(where: str, name: str, given: dict[str, Any], entry: dict[str, Any]) -> Found:
    literals = literals_of({name: {"years": given["years"]}}, "", {name: entry}, {})
    asked = [literal for literal in literals if literal.kind == "years"]
    if asked and all(holds_wherever_known(one, []) for one in asked):
        message = "every day up to now has so many completed years. Mend the comparison."
        yield where, "always", message


def holds_wherever_known(literal: Literal, possible: list[Literal]) -> bool:
    """Whether no value, of those possible, fails a comparison."""
    # the contrary of a condition that the unknown passes is failed by the unknown
    contrary = replace(literal, holds=not literal.holds, nulls="include")
    return contradiction([*possible, contrary], date.min)


def blanks(where: str, operator: str, value: Any) -> Found:
    """Texts are stored without blanks around them."""
    first, last = TRIMMED.get(operator, (False, False))
    texts = value if isinstance(value, list) else [value]
    for index, text in enumerate(texts):
        if isinstance(text, str) and (
            (first and text != text.lstrip()) or (last and text != text.rstrip())
        ):
            at = f"{where}[{index}]" if isinstance(value, list) else where
            message = f"no text begins or ends with a blank, as {text!r} does. Take the blank away."
            yield at, "blank", message


def parts_of_allowed(
    where: str, operator: str, value: Any, given: dict[str, Any], allowed: list[str]
) -> Found:
    shown: Callable[[str], str] = str if given.get("case_sensitive") else fold
    texts = value if isinstance(value, list) else [value]
    for index, text in enumerate(texts):
        if not any(PARTS[operator](shown(one), shown(str(text))) for one in allowed):
            at = f"{where}[{index}]" if isinstance(value, list) else where
            message = f"none of its values is so: {', '.join(allowed)}. Mend the text."
            yield at, "contradiction", message


def kind_alone(path: str, word: str, given: dict[str, Any], as_of: date) -> Found:
    """The same of a leaf that is no attribute."""
    if word == "bucket":
        share = Decimal(str(given["below_percent"]))
        if share in (0, 100):
            code = "contradiction" if share == 0 else "always"
            who = "nobody" if share == 0 else "everybody"
            message = f"{who} is in the first {share} % of the buckets. Mend the share."
            yield f"{path}.below_percent", code, message
    elif word == "trend" and "sum" not in given:
        yield from falls(path, given)
    elif word == "sequence" and "gap" in given:
        yield from gaps(path, given, as_of)


def falls(path: str, given: dict[str, Any]) -> Found:
    """A number of rows cannot fall by more than all of them."""
    asked = literals_of({"trend": given}, "", {}, {})
    possible = [Literal("rows", "number", "gte", -100, "exclude", True, path)]
    where = f"{path}.change_percent"
    if contradiction(asked, date.min):
        return
    if contradiction([*possible, *asked], date.min):
        message = "a number of rows falls by 100 percent at most. Mend the comparison."
        yield where, "contradiction", message
    elif asked and all(holds_wherever_known(one, possible) for one in asked):
        message = (
            "a number of rows falls by 100 percent at most, so whoever had a row before passes. "
            "Mend the comparison."
        )
        yield where, "always", message


def gaps(path: str, given: dict[str, Any], as_of: date) -> Found:
    """A gap that keeps no two rows apart."""
    where = f"{path}.gap"
    if len(given["steps"]) == 1:
        yield (
            where,
            "no-effect",
            "one step has no gap before the next. Take it away, or add a step.",
        )
        return
    for word in ("within", "ago", "between"):
        if word not in given:
            continue
        first, end = window_days(word, given[word], as_of)
        hours = int(given["gap"][:-1]) * HOURS[given["gap"][-1]]
        # days with a change of the clock may be an hour longer
        if first is not None and end is not None and hours > 24 * (min(end, as_of) - first).days:
            message = f"no two rows of the window are {given['gap']} apart. Take it away."
            yield where, "no-effect", message
