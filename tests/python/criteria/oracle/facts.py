"""Leaves on the events of an account: kinds 19 to 26."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from criteria.oracle.attributes import compares
from criteria.oracle.basics import (
    WINDOW_WORDS,
    RuleError,
    Window,
    as_list,
    between_rows,
    first_instant,
    fold,
    lies_in,
    shift,
    to_number,
    to_text,
    window_of,
)
from criteria.oracle.core import (
    Account,
    Evidence,
    Row,
    Tree,
    World,
    leaf,
    node_or_list,
    only_keys,
)


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
        found = [event for event in found if holds_of_row(selection["where"], types, event, place)]
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


def inside(rows: list[Row], window: Window, world: World) -> list[Row]:
    return [row for row in rows if lies_in(row["occurred_at"], window, world.zone)]


def multiple(duration: Any, factor: int) -> str:
    """A duration a whole number of times, so that it is counted from today at once."""
    found = re.fullmatch(r"([1-9]\d*)([dwmy])", duration) if isinstance(duration, str) else None
    if not found:
        raise RuleError(f"a duration is wanted, got {duration!r}")
    return f"{int(found[1]) * factor}{found[2]}"


def back(world: World, duration: Any, factor: int = 1) -> date:
    """The day so many durations before today."""
    return shift(world.as_of, multiple(duration, factor), -1) if factor else world.as_of


def now_and_before(spec: Mapping[str, Any], place: Account) -> tuple[Decimal, Decimal]:
    """What a trend compares: the sums (or numbers of rows) of two periods."""
    rows, length = history(spec, place), spec["within"]
    edges = [back(place.world, length, factor) for factor in (0, 1, 2)]
    now, before = (
        inside(rows, (start, end), place.world)
        for start, end in ((edges[1], edges[0]), (edges[2], edges[1]))
    )
    if "sum" not in spec:
        return Decimal(len(now)), Decimal(len(before))
    column = spec["sum"]["of"]
    sums = [
        sum((row[column] for row in some if row.get(column) is not None), Decimal(0))
        for some in (now, before)
    ]
    return sums[0], sums[1]


@leaf("trend")
def trend(spec: Any, place: Account) -> bool:
    """Kind 19: percents are compared by multiplication."""
    only_keys(spec, required=("name", "within", "change_percent"), optional=("where", "sum"))
    now, before = now_and_before(spec, place)
    comparison = spec["change_percent"]
    if not isinstance(comparison, dict):
        comparison = {"eq": comparison}
    if before <= 0:
        return place.count("19", False)
    scaled = {word: scale(written, before) for word, written in comparison.items()}
    return place.count("19", compares(100 * (now - before), scaled, place))


def scale(written: Any, factor: Decimal) -> Any:
    if isinstance(written, list):
        return [scale(one, factor) for one in written]
    return f"{to_number(written) * factor:f}"


def one_event(word: str, pick: Callable[[list[Row]], Row]) -> None:
    @leaf(word)
    def evaluate(spec: Any, place: Account) -> bool:
        """Kind 22: of all history the first (last) row; only then window and `has`."""
        windows = [key for key in spec if key in WINDOW_WORDS]
        if len(windows) > 1:
            raise RuleError(f"at most one window, got {windows}")
        only_keys(spec, required=("name",), optional=("where", "has", "if_empty", *windows))
        rows = history(spec, place)
        if not rows:
            return place.count("22", spec.get("if_empty", False) is True)
        row, world = pick(rows), place.world
        answers = [
            bool(inside([row], window_of(key, spec[key], world, of_facts=True), world))
            for key in windows
        ]
        if "has" in spec:
            types = world.event_types[spec["name"]]
            answers.append(holds_of_row(spec["has"], types, row, place))
        return place.count("22", all(answers))


one_event("first_event", lambda rows: rows[0])
one_event("last_event", lambda rows: rows[-1])


def two_bounds(world: World, written: Any) -> tuple[date, date]:
    """[nearer, farther], as days."""
    nearer, farther = (back(world, one) for one in written)
    if farther > nearer:
        raise RuleError(f"reversed: {written!r}")
    return nearer, farther


@leaf("stopped")
def stopped(spec: Any, place: Account) -> bool:
    """Kind 23a."""
    only_keys(spec, required=("name", "active"), optional=("where",))
    nearer, farther = two_bounds(place.world, spec["active"])
    rows = history(spec, place)
    then = inside(rows, (farther, nearer), place.world)
    since = inside(rows, (nearer, place.world.as_of), place.world)
    return place.count("23a", bool(then) and not since)


@leaf("restarted")
def restarted(spec: Any, place: Account) -> bool:
    """Kind 23b."""
    only_keys(spec, required=("name", "silent"), optional=("where",))
    nearer, farther = two_bounds(place.world, spec["silent"])
    rows = history(spec, place)
    before = inside(rows, (None, farther), place.world)
    silence = inside(rows, (farther, nearer), place.world)
    since = inside(rows, (nearer, place.world.as_of), place.world)
    return place.count("23b", bool(before) and not silence and bool(since))


@leaf("regular")
def regular(spec: Any, place: Account) -> bool:
    """Kind 23c."""
    only_keys(
        spec,
        required=("name", "period", "periods", "min_periods"),
        optional=("where", "count"),
    )
    rows, world = history(spec, place), place.world
    satisfied = 0
    for k in range(1, spec["periods"] + 1):
        window = back(world, spec["period"], k), back(world, spec["period"], k - 1)
        number = Decimal(len(inside(rows, window, world)))
        satisfied += compares(number, spec.get("count", {"gte": 1}), place)
    return place.count("23c", satisfied >= spec["min_periods"])


def step_of(written: Any) -> dict[str, Any]:
    """A step, and what an abandoned event is `without`: a name, or name and where."""
    if isinstance(written, str):
        return {"name": written}
    only_keys(written, required=("name",), optional=("where",))
    return written


@leaf("sequence")
def sequence(spec: Any, place: Account) -> bool:
    """Kind 24: is there a chain of rows, one for each step, in time?"""
    windows = {key: spec[key] for key in spec if key in WINDOW_WORDS}
    if len(windows) > 1:
        raise RuleError(f"at most one window, got {list(windows)}")
    only_keys(spec, required=("steps",), optional=("gap", "same", *windows))
    gap = between_rows(spec["gap"]) if "gap" in spec else None
    column = spec.get("same")
    # the rows at which a chain of the steps so far may end
    ends: list[Row] | None = None
    for written in spec["steps"]:
        rows = selected({**step_of(written), **windows}, place)
        if column is not None:
            rows = [row for row in rows if row.get(column) is not None]
        if ends is not None:
            rows = [row for row in rows if any(follows(row, end, gap, column) for end in ends)]
        ends = rows
    return place.count("24", bool(ends))


def follows(row: Row, before: Row, gap: Any, column: str | None) -> bool:
    passed = row["occurred_at"] - before["occurred_at"]
    if passed.total_seconds() <= 0 or (gap is not None and passed >= gap):
        return False
    return column is None or row[column] == before[column]


def is_equal(one: Any, other: Any) -> bool:
    """Equal, and known."""
    return one is not None and one == other


@leaf("abandoned")
def abandoned(spec: Any, place: Account) -> bool:
    """Kind 25: a selected row that nothing followed for so long, as far as can be known."""
    windows = tuple(key for key in spec if key in WINDOW_WORDS)
    only_keys(spec, required=("name", "without", "for"), optional=("where", "same", *windows))
    length, column, world = between_rows(spec["for"]), spec.get("same"), place.world
    others = history(step_of(spec["without"]), place)
    today = first_instant(world.as_of, world.zone)

    def is_abandoned(row: Row) -> bool:
        start: datetime = row["occurred_at"]
        if start + length > today:
            return False
        return not any(
            start < other["occurred_at"] < start + length
            and (column is None or is_equal(row.get(column), other.get(column)))
            for other in others
        )

    return place.count("25", any(is_abandoned(row) for row in selected(spec, place)))


def most_frequent(rows: list[Row], column: str) -> tuple[Any, int]:
    """The value and how often; of ties the smallest, by bytes or by value; None of none."""
    found = Counter(row[column] for row in rows if row.get(column) is not None)
    if not found:
        return None, 0

    def smallness(value: Any) -> Any:
        return value.encode() if isinstance(value, str) else value

    often = max(found.values())
    return min((value for value in found if found[value] == often), key=smallness), often


@leaf("usual")
def usual(spec: Any, place: Account) -> bool:
    """Kind 26."""
    windows = tuple(key for key in spec if key in WINDOW_WORDS)
    only_keys(spec, required=("name", "column", "in"), optional=("where", "min_count", *windows))
    value, often = most_frequent(selected(spec, place), spec["column"])
    if value is None or often < spec.get("min_count", 1):
        return place.count("26", False)
    kind = place.world.event_types[spec["name"]][spec["column"]]
    return place.count("26", any(is_written(one, value, kind) for one in as_list(spec["in"])))


def is_written(written: Any, value: Any, kind: str) -> bool:
    """Is a value what the rule names? Text folded; None is unknown."""
    if written is None or value is None:
        return written is value
    if kind == "text":
        return fold(to_text(written)) == fold(value)
    if kind == "number":
        return to_number(written) == Decimal(value)
    raise RuleError(f"no values of a {kind}")


def holds_of_row(node: Tree, types: Mapping[str, str], row: Row, place: Account) -> bool:
    return node_or_list(node, Evidence(place.world, types, row, place.tally))
