"""How far back the leaves of a rule look, and what they ask of there.

A leaf that looks further back than its facts were recorded asks for less than it says: "no order
in five years" is then "no order since the shop keeps books". docs/rules.md lists which leaves look
back; what has no window, or looks forward alone, does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import ceil
from typing import Any

from crm_segmentation.rules.domains import (
    COMPARISONS,
    HOURS,
    MODIFIERS,
    NODES_OF_ROWS,
    WINDOWS,
    selections_in,
    shifted,
    window_days,
)
from crm_segmentation.rules.meaning import TREE_WORDS, number

# windows of dates that begin, or end, before as_of
ATTRIBUTE_WINDOWS = (*WINDOWS, "older_than")
DATED = ("date", "timestamp")
MONTHS_OF_PERIOD = {"month": 1, "quarter": 3, "year": 12}
# table of first days that `print_rule_counts` gives -> what is recorded there
RECORDS = {
    "events": "{}",
    "groups": "recorded day of {}",
    "recorded_attributes": "recorded day of {}",
    "attributes": "{}",
    "event_columns": "{1} of {0}",
    "relation_columns": "{1} of {0}",
}


@dataclass(frozen=True)
class LookBack:
    """`begins` is the first day that is asked about, `path` where that is said.

    `of` are the records that are asked, each a table of first days and the names in it. Of several
    each must reach back so far; with `any_reaches` one is enough.
    """

    path: str
    begins: date
    of: tuple[tuple[str, ...], ...]
    mend: str
    any_reaches: bool = False

    def too_far(self, first_days: dict[str, Any], as_of: date) -> str | None:
        """What is wrong, where the records begin later."""
        known = sorted(
            (first, RECORDS[table].format(*names))
            for table, *names in self.of
            if (first := first_day(first_days, table, names)) is not None
            and (table in ("events", "groups", "recorded_attributes") or first < as_of)
        )
        if not known or (self.any_reaches and len(known) < len(self.of)):
            return None
        first, what = known[0 if self.any_reaches else -1]
        if self.begins >= first:
            return None
        return f"it looks back to {self.begins}, and the first {what} is of {first}. {self.mend}"


def first_day(first_days: dict[str, Any], table: str, names: list[str]) -> date | None:
    found: Any = first_days.get(table, {})
    for name in names:
        found = (found or {}).get(name)
    return date.fromisoformat(found) if found else None


def back(as_of: date, text: str, times: int = 1) -> date:
    """A day before as_of; before the calendar is its first day."""
    try:
        return shifted(as_of, f"{int(text[:-1]) * times}{text[-1]}", -1)
    except (ValueError, OverflowError):
        return date.min


def period_begins(text: str, as_of: date, week_start: int) -> date | None:
    """The first day of a period around as_of, or none where that lies ahead."""
    which, unit = text.split(" ")
    steps = {"last": 1, "this": 0}.get(which)
    if steps is None:
        return None
    if unit == "day":
        return as_of - timedelta(days=steps)
    if unit == "week":
        return as_of - timedelta(days=(as_of.weekday() - week_start) % 7 + 7 * steps)
    months = MONTHS_OF_PERIOD[unit]
    first = date(as_of.year, (as_of.month - 1) // months * months + 1, 1)
    return back(first, f"{months}m", steps)


def window_begins(word: str, value: Any, as_of: date, week_start: int) -> date | None:
    if word == "in_period":
        return period_begins(value, as_of, week_start)
    try:
        begins, ends = window_days(word, value, as_of)
    except (ValueError, OverflowError):
        return date.min
    return ends if word == "older_than" else begins


def look_backs(path: str, node: dict[str, Any], project: dict[str, Any]) -> Iterator[LookBack]:
    """Those of one leaf of the account, and of the nodes within it."""
    ((word, given),) = node.items()
    as_of = date.fromisoformat(project["as_of"])
    week_start = project["week_start"]
    if word in TREE_WORDS or not isinstance(given, dict):
        return
    if word in project["attributes"]:
        if project["attributes"][word]["type"] in DATED:
            yield from of_dates(path, given, ("attributes", word), as_of, week_start)
        return
    yield from of_facts(path, word, given, as_of, week_start)
    table = "relation" if word == "related" else "event"
    for where, selection in selections_in(word, given, path):
        name = selection.get("name", "")
        columns = project[f"{table}s"].get(name, {}).get("columns", {})
        for key in NODES_OF_ROWS:
            for inner, asked in leaves_below(selection.get(key), f"{where}.{key}"):
                column = inner.rpartition(".")[2]
                if columns.get(column) in DATED and isinstance(asked, dict):
                    of = (f"{table}_columns", name, column)
                    yield from of_dates(inner, asked, of, as_of, week_start)


def leaves_below(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    """(path, what is asked) of the leaves of a node over one row; a list is read as `all`."""
    if isinstance(node, list):
        node = {"all": node}
    for word, given in (node or {}).items():
        where = f"{path}.{word}"
        if word == "not":
            yield from leaves_below(given, where)
        elif word in TREE_WORDS:
            inner = where if word in ("all", "any") else f"{where}.of"
            for index, child in enumerate(given if isinstance(given, list) else given["of"]):
                yield from leaves_below(child, f"{inner}[{index}]")
        else:
            yield where, given


def of_dates(
    path: str, given: dict[str, Any], of: tuple[str, ...], as_of: date, week_start: int
) -> Iterator[LookBack]:
    """Windows and ages of one date."""
    for word in ATTRIBUTE_WINDOWS:
        if word in given:
            begins = window_begins(word, given[word], as_of, week_start)
            if begins is not None:
                yield LookBack(f"{path}.{word}", begins, (of,), mended_date(word, given))
    if "years" in given:
        for operator in COMPARISONS:
            for value in as_list(given["years"].get(operator, [])):
                years = ceil(Decimal(number(value) or "0"))
                if years > 0:
                    begins = back(as_of, f"{years}y")
                    mend = "Ask for fewer years."
                    yield LookBack(f"{path}.years.{operator}", begins, (of,), mend)


def later(window: str) -> str:
    return "Shorten it" if window == "within" else "Let it begin later"


def mended_date(word: str, given: dict[str, Any]) -> str:
    """A leaf on a date needs a condition."""
    if word == "older_than":
        return "Shorten it: none is older."
    if all(key == word or key in MODIFIERS for key in given):
        return f"{later(word)}, or ask for not_null: true."
    return f"{later(word)}, or leave it away."


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def of_facts(
    path: str, word: str, given: dict[str, Any], as_of: date, week_start: int
) -> Iterator[LookBack]:
    """Windows of events, and of what was recorded of groups and attributes."""
    shorten = "Shorten it."
    of: tuple[tuple[str, ...], ...] = tuple(
        dict.fromkeys(
            ("events", selection["name"])
            for _, selection in selections_in(word, given, path)
            if "name" in selection
        )
    )
    if "group" in given:
        of = (("groups", given["group"]),)
    elif "attribute" in given:
        of = (("recorded_attributes", given["attribute"]),)
    if not of:
        return
    if word == "was_member":
        day = date.fromisoformat(str(given["day"]))
        yield LookBack(f"{path}.day", day, of, "Ask of a later day.")
    elif word == "trend":
        # the base is as long before
        yield LookBack(f"{path}.within", back(as_of, given["within"], 2), of, shorten)
    elif word == "stopped":
        yield LookBack(f"{path}.active", back(as_of, given["active"][1]), of, shorten)
    elif word == "restarted":
        yield LookBack(f"{path}.silent", before(back(as_of, given["silent"][1])), of, shorten)
    elif word == "regular":
        begins = back(as_of, given["period"], int(given["periods"]))
        yield LookBack(f"{path}.periods", begins, of, "Ask for fewer or shorter periods.")
    else:
        for window in WINDOWS:
            if window in given:
                begins_on = window_begins(window, given[window], as_of, week_start)
                if begins_on is not None and word == "moved":
                    yield LookBack(f"{path}.{window}", before(begins_on), of, f"{later(window)}.")
                elif begins_on is not None:
                    mend = f"{later(window)}, or leave the window away."
                    yield LookBack(f"{path}.{window}", begins_on, of, mend)
    if word == "abandoned":
        yield LookBack(f"{path}.for", hours_back(as_of, given["for"]), of[:1], shorten)
    if word == "sequence" and "gap" in given:
        # rows of the last step begin no gap
        begin = tuple(dict.fromkeys(("events", step["name"]) for step in given["steps"][:-1]))
        begins = hours_back(as_of, given["gap"])
        mend = "Shorten it, or leave it away."
        yield LookBack(f"{path}.gap", begins, begin, mend, any_reaches=True)


def before(day: date) -> date:
    """The day before one: what is in force when a window begins was so on that day."""
    return day - timedelta(days=1) if day > date.min else day


def hours_back(as_of: date, text: str) -> date:
    """The day on which a time between two rows begins that ends with the last day before as_of."""
    hours = int(text[:-1]) * HOURS[text[-1]]
    try:
        return as_of - timedelta(days=ceil(hours / 24))
    except OverflowError:
        return date.min
