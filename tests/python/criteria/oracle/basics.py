"""Days, durations, windows and values, as the language reads them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import pytz

if TYPE_CHECKING:
    from criteria.oracle.core import World


class RuleError(Exception):
    """The rule means nothing."""


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


def between_rows(duration: Any) -> timedelta:
    """A duration between two rows is exact: hours, days of 24 hours, weeks."""
    found = re.fullmatch(r"([1-9]\d*)([hdw])", duration) if isinstance(duration, str) else None
    if not found:
        raise RuleError(f"a duration in h, d or w is wanted, got {duration!r}")
    return int(found[1]) * {"h": 1, "d": 24, "w": 168}[found[2]] * timedelta(hours=1)


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
