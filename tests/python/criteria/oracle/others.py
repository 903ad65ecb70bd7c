"""Leaves on relations, groups, recorded histories and lists, and on leaves: kinds 27 to 35."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from criteria.oracle.attributes import compares
from criteria.oracle.basics import (
    WINDOW_WORDS,
    RuleError,
    Window,
    as_list,
    first_instant,
    fold,
    lies_in,
    to_day,
    to_number,
    window_of,
)
from criteria.oracle.core import Account, Row, World, leaf, node_or_list, only_keys
from criteria.oracle.facts import holds_of_row, is_visible, is_written


@leaf("related")
def related(spec: Any, place: Account) -> bool:
    """Kind 27: some, none or every row of a relation, as it is today."""
    (word,) = [key for key in spec if key != "name"]
    only_keys(spec, required=("name", word))
    types = place.world.relation_types[spec["name"]]
    met = [
        holds_of_row(spec[word], types, row, place)
        for row in place.world.relations[spec["name"]]
        if row["account_id"] == place.account_id
    ]
    answer = {"some": any(met), "none": not any(met), "every": bool(met) and all(met)}[word]
    return place.count("27", answer)


@leaf("member_of")
def member_of(spec: Any, place: Account) -> bool:
    """Kind 28: a list means any of them."""
    unknown = [group for group in as_list(spec) if group not in place.world.groups]
    if unknown:
        raise RuleError(f"no group: {unknown!r}")
    return place.count(
        "28", any(place.account_id in place.world.groups[group] for group in as_list(spec))
    )


# Recorded history: days, not instants.


@dataclass(frozen=True)
class Spell:
    """One value from one day up to, not with, another; None is still open."""

    start: date
    end: date | None
    value: Any


def folded(value: Any) -> Any:
    return fold(value) if isinstance(value, str) else value


def spells(intervals: Iterable[Row], as_of: date) -> list[Spell]:
    """What builds before today knew, in order; touching intervals of one value are one.

    Text is compared folded, so a change of case alone begins nothing.
    """
    known = [
        Spell(
            one["valid_from"],
            None if one["valid_to"] is None or one["valid_to"] >= as_of else one["valid_to"],
            one.get("value"),
        )
        for one in intervals
        if one["valid_from"] < as_of and one["valid_from"] != one["valid_to"]
    ]
    found: list[Spell] = []
    for spell in sorted(known, key=lambda one: one.start):
        if (
            found
            and found[-1].end == spell.start
            and folded(found[-1].value) == folded(spell.value)
        ):
            found[-1] = Spell(found[-1].start, spell.end, spell.value)
        else:
            found.append(spell)
    return found


def memberships(group: str, place: Account) -> list[Spell]:
    if group not in place.world.recorded_since:
        raise RuleError(f"{group!r} is not recorded")
    return spells(
        (
            one
            for one in place.world.recorded_members
            if (one["account_id"], one["group"]) == (place.account_id, group)
            and one["status"] == "member"
        ),
        place.world.as_of,
    )


def versions(attribute: str, place: Account) -> list[Spell]:
    return spells(
        (
            one
            for one in place.world.recorded_values
            if (one["account_id"], one["attribute"]) == (place.account_id, attribute)
        ),
        place.world.as_of,
    )


@leaf("was_member")
def was_member(spec: Any, place: Account) -> bool:
    """Kind 29a."""
    only_keys(spec, required=("group", "day"))
    day = to_day(spec["day"])
    answer = day < place.world.as_of and any(
        spell.start <= day and (spell.end is None or day < spell.end)
        for spell in memberships(spec["group"], place)
    )
    return place.count("29a", answer)


def the_window(spec: Any, world: World) -> Window | None:
    words = [word for word in spec if word in WINDOW_WORDS]
    if len(words) > 1:
        raise RuleError(f"at most one window, got {words}")
    return window_of(words[0], spec[words[0]], world, of_facts=True) if words else None


def is_in(day: date, window: Window | None, world: World) -> bool:
    return window is None or lies_in(day, window, world.zone)


@leaf("entered")
def entered(spec: Any, place: Account) -> bool:
    """Kind 29b: what was there when recording began did not enter then."""
    window, world = the_window(spec, place.world), place.world
    answer = any(
        is_in(spell.start, window, world) and spell.start != world.recorded_since[spec["group"]]
        for spell in memberships(spec["group"], place)
    )
    return place.count("29b", answer)


@leaf("left")
def left(spec: Any, place: Account) -> bool:
    """Kind 29b."""
    window = the_window(spec, place.world)
    answer = any(
        spell.end is not None and is_in(spell.end, window, place.world)
        for spell in memberships(spec["group"], place)
    )
    return place.count("29b", answer)


def just_before(day: date, found: list[Spell]) -> Spell | None:
    for spell in found:
        if spell.start < day and (spell.end is None or spell.end >= day):
            return spell
    return None


@leaf("moved")
def moved(spec: Any, place: Account) -> bool:
    """Kind 29c: the values before and after a window, by whatever way."""
    window = the_window(spec, place.world)
    if window is None:
        raise RuleError("a window is required")
    start, end = window
    found, kind = versions(spec["attribute"], place), place.type_of(spec["attribute"])
    answer = True
    for day, written in ((start, spec["from"]), (end, spec["to"])):
        assert day is not None  # windows of facts have both bounds
        spell = just_before(day, found)
        answer = answer and spell is not None and is_written(written, spell.value, kind)
    return place.count("29c", answer)


@leaf("changed")
def changed(spec: Any, place: Account) -> bool:
    """Kind 30: one step from a version to the next."""
    window, kind = the_window(spec, place.world), place.type_of(spec["attribute"])
    found = versions(spec["attribute"], place)
    answer = any(
        before.end == after.start
        and is_in(after.start, window, place.world)
        and ("from" not in spec or is_written(spec["from"], before.value, kind))
        and ("to" not in spec or is_written(spec["to"], after.value, kind))
        for before, after in pairwise(found)
    )
    return place.count("30", answer)


@leaf("points")
def points(spec: Any, place: Account) -> bool:
    """Kind 31."""
    total = 0
    for item in spec["of"]:
        only_keys(item, required=("if", "add"))
        total += item["add"] if node_or_list(item["if"], place) else 0
    comparison = {word: written for word, written in spec.items() if word != "of"}
    return place.count("31", compares(Decimal(total), comparison, place))


def bucket_of(use: str, salt: str, account_id: str) -> int:
    digest = hashlib.md5(f"{use}:{salt}:{account_id}".encode()).hexdigest()
    return int(digest[:8], 16) % 10_000


@leaf("bucket")
def bucket(spec: Any, place: Account) -> bool:
    """Kind 32."""
    only_keys(spec, required=("salt", "below_percent"))
    if not re.fullmatch(r"[A-Za-z0-9_-]+", spec["salt"]):
        raise RuleError(f"no salt: {spec['salt']!r}")
    share = to_number(spec["below_percent"])
    if share != round(share, 2):
        raise RuleError(f"at most two decimals: {share}")
    return place.count("32", bucket_of("bucket", spec["salt"], place.account_id) < share * 100)


@leaf("contactable")
def contactable(spec: Any, place: Account) -> bool:
    """Kind 33: one contact point with consent, and nothing against it, is enough."""
    only_keys(spec, required=("channel", "purpose"))
    answer = any(
        may_use(point["contact_point"], spec["channel"], spec["purpose"], place.world)
        for point in place.world.contact_points
        if (point["account_id"], point["channel"]) == (place.account_id, spec["channel"])
    )
    return place.count("33", answer)


def may_use(contact_point: str, channel: str, purpose: str, world: World) -> bool:
    def is_of_it(row: Row) -> bool:
        return (row["channel"], row["contact_point"]) == (channel, contact_point)

    if any(is_of_it(row) and is_visible(row, world) for row in world.suppressions):
        return False
    asked = [
        row
        for row in world.consents
        if is_of_it(row) and row["purpose"] == purpose and is_visible(row, world)
    ]
    latest = [
        row for row in asked if row["occurred_at"] == max(other["occurred_at"] for other in asked)
    ]
    today = first_instant(world.as_of, world.zone)
    return bool(latest) and all(
        row["status"] == "granted" and (row["expires_at"] is None or row["expires_at"] > today)
        for row in latest
    )


@leaf("listed_in")
def listed_in(spec: Any, place: Account) -> bool:
    """Kind 34: exactly the id; a list means any of them."""
    unknown = [name for name in as_list(spec) if name not in place.world.lists]
    if unknown:
        raise RuleError(f"no list: {unknown!r}")
    return place.count(
        "34", any(place.account_id in place.world.lists[name] for name in as_list(spec))
    )


@leaf("sql")
def sql_leaf(spec: Any, place: Account) -> bool:
    """Kind 35: what the expression means is given with the world; unknown is false.

    It is asked over the rows of attributes, so an account without one does not meet it.
    """
    row = {name: place.value(name) for name in place.world.attribute_types}
    answer = place.world.expressions[spec["expression"]](row) is True
    return place.count("35", answer and place.account_id in place.world.attributes)
