"""Whether one condition follows from another: then one cannot matter, or both cannot hold.

What is said is true of all data; what is not seen to follow may follow all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from crm_segmentation.rules.domains import WINDOWS, window_days
from crm_segmentation.rules.meaning import NEVER_NULL, key_of

# kinds of facts that hold for a window if they hold for a part of it
GROWING = (
    *("event", "first_event", "last_event", "sequence", "abandoned"),
    *("entered", "left", "changed"),
)
DAY_WORDS = ("before", "on_or_before", "after", "on_or_after")
LARGER_HOLDS_MORE = ("top", "bottom", "top_percent", "bottom_percent")
MOST_PAIRS = 10_000
# comparison with another attribute -> one that follows from it
OF_ATTRIBUTES = (("gt_attribute", "gte_attribute"), ("eq_attribute", "gte_attribute"))
PARTS_OF_TEXT = ("eq", "contains", "starts_with", "ends_with")


@dataclass(frozen=True)
class Span:
    """Values from `low` to `high`, each with whether it is left out; none: no bound."""

    low: tuple[Any, bool] | None = None
    high: tuple[Any, bool] | None = None

    def lies_in(self, other: Span) -> bool:
        if other.low is not None and (self.low is None or self.low < other.low):
            return False
        return other.high is None or (
            self.high is not None
            and (self.high[0], not self.high[1]) <= (other.high[0], not other.high[1])
        )

    def ends_before(self, other: Span) -> bool:
        if self.high is None or other.low is None:
            return False
        return self.high[0] < other.low[0] or (
            self.high[0] == other.low[0] and (self.high[1] or other.low[1])
        )


@dataclass(frozen=True)
class Implications:
    """Over forms of rules (crm_segmentation.rules.meaning), with what they ask of by type."""

    types: dict[str, str]
    as_of: date
    rows: dict[str, Any] = field(default_factory=dict)

    def implies(self, left: Any, right: Any) -> bool:
        """Whether all that `left` holds for, `right` holds for."""
        if left is False or right is True or left == right:
            return True
        if left is True or right is False:
            return False
        if left[0] == right[0] and left[0] in ("all", "any"):
            few, many = (left, right) if left[0] == "any" else (right, left)
            if set(map(key_of, few[1:])) <= set(map(key_of, many[1:])):
                return True
            # lists of thousands of values are not compared value by value
            if len(left) * len(right) > MOST_PAIRS:
                return False
        if left[0] == "any":
            return all(self.implies(part, right) for part in left[1:])
        if right[0] == "all":
            return all(self.implies(left, part) for part in right[1:])
        if left[0] == "all" and any(self.implies(part, right) for part in left[1:]):
            return True
        if right[0] == "any" and any(self.implies(left, part) for part in right[1:]):
            return True
        if left[0] == "not" and right[0] == "not":
            return left[1][0] == right[1][0] and self.at_most(right[1], left[1])
        if left[0] == "leaf" and right[0] == "not" and right[1][0] == "leaf":
            return self.excludes(left, right[1])
        return left[0] == right[0] and self.at_most(left, right)

    def at_most(self, left: list[Any], right: list[Any]) -> bool:
        """Of two leaves, or of two counts of the same nodes."""
        if left[0] == "at_least":
            return left[1] >= right[1] and key_of(left[2:]) == key_of(right[2:])
        if left[0] != "leaf" or left[1] != right[1]:
            return False
        if not (self.is_attribute(left) and self.is_attribute(right)):
            return self.kind_implies(left, right)
        if holds_for_null(left) and not holds_for_null(right):
            return False
        return alike(left, right) and self.value_implies(left, right)

    def is_attribute(self, leaf: list[Any]) -> bool:
        return leaf[1] in self.types and len(leaf) > 4

    def value_implies(self, left: list[Any], right: list[Any]) -> bool:
        """Where the value of the attribute is known."""
        (asked, wanted), (word, other) = (left[3], right[3]), (left[2], right[2])
        if (word, asked) == (other, wanted):
            return True
        if other == "is_null" or word == "is_null":
            return word == "is_null"
        span, around = self.span(left), self.span(right)
        if span is not None and around is not None:
            return span.lies_in(around)
        if word in PARTS_OF_TEXT and isinstance(asked, str) and isinstance(wanted, str):
            return text_implies(word, asked, other, wanted)
        if (word, other) in OF_ATTRIBUTES:
            return bool(asked == wanted)
        if word != other:
            return False
        if word in LARGER_HOLDS_MORE:
            return Decimal(asked) <= Decimal(wanted)
        if word == "anniversary_in_next":
            return int(asked[:-1]) <= int(wanted[:-1])
        if word == "has_only":
            return set(asked) <= set(wanted)
        if word == "within_km":
            return asked["of"] == wanted["of"] and Decimal(asked["km"]) <= Decimal(wanted["km"])
        return False

    def excludes(self, left: list[Any], right: list[Any]) -> bool:
        """Whether no account passes both of two leaves."""
        if left[1] != right[1] or not (self.is_attribute(left) and self.is_attribute(right)):
            return False
        if not alike(left, right):
            return False
        if holds_for_null(left) and holds_for_null(right):
            return False
        if "is_null" in (left[2], right[2]):
            return True
        span, other = self.span(left), self.span(right)
        if span is not None and other is not None:
            return span.ends_before(other) or other.ends_before(span)
        words = {left[2], right[2]}
        if words == {"eq_attribute", "gt_attribute"}:
            return bool(left[3] == right[3])
        if self.types[left[1]] != "text":
            return False
        if words in ({"starts_with"}, {"ends_with"}):
            return both_texts(left[3], right[3]) and not (
                text_implies(left[2], left[3], left[2], right[3])
                or text_implies(left[2], right[3], left[2], left[3])
            )
        if "eq" not in words:
            return False
        (_, _, _, value, *_), part = (left, right) if left[2] == "eq" else (right, left)
        return part[2] in PARTS_OF_TEXT and not text_implies("eq", value, part[2], part[3])

    def span(self, leaf: list[Any]) -> Span | None:
        """The values that a leaf on a number or a day holds for, where they are one span."""
        word, asked, kind = leaf[2], leaf[3], self.types[leaf[1]]
        if kind == "number" and word in ("eq", "gt", "gte", "between"):
            low, high = asked if word == "between" else (asked, asked)
            return Span(
                (Decimal(low), word == "gt"),
                (Decimal(high), False) if word in ("eq", "between") else None,
            )
        if kind not in ("date", "timestamp"):
            return None
        day = timedelta(days=1)
        if word == "eq" or word in DAY_WORDS:
            given = date.fromisoformat(asked)
            return days_span(
                None if word in ("before", "on_or_before") else given + day * (word == "after"),
                None if word in ("after", "on_or_after") else given + day * (word != "before"),
            )
        if not isinstance(asked, (str, list)):
            return None
        days = window_days(word, asked, self.as_of)
        return None if days == (None, None) else days_span(*days)

    def kind_implies(self, left: list[Any], right: list[Any]) -> bool:
        word, given, other = left[1], left[2], right[2]
        if not isinstance(given, dict) or not isinstance(other, dict):
            return False
        if word == "bucket":
            return given["salt"] == other["salt"] and Decimal(given["below_percent"]) <= Decimal(
                other["below_percent"]
            )
        if word == "related":
            quantifier = "every" if "every" in given else "some"
            # every row, of which there is one, is some row
            return (
                given["name"] == other["name"]
                and (quantifier in other or "some" in other)
                and self.of_rows(word, given).implies(
                    given[quantifier], other.get("some", other.get("every"))
                )
            )
        if word not in GROWING or not self.window_lies_in(given, other):
            return False
        # at least so many rows; other aggregates grow and shrink with their rows
        if len(left) != len(right) or (len(left) == 4 and left[3][1] < right[3][1]):
            return False
        loose = {*WINDOWS, "where"} if len(left) == 4 else set(WINDOWS)
        if word == "event" and len(left) == 3:
            return False
        rest, wanted = (
            {key: value for key, value in one.items() if key not in loose} for one in (given, other)
        )
        return key_of(rest) == key_of(wanted) and (
            "where" not in loose
            or self.of_rows(word, given).implies(given.get("where", True), other.get("where", True))
        )

    def of_rows(self, word: str, given: dict[str, Any]) -> Implications:
        """The same over one row of what a leaf is over."""
        catalogue = self.rows.get("relations" if word == "related" else "events", {})
        columns = catalogue.get(given.get("name"), {}).get("columns", {})
        return Implications(columns, self.as_of)

    def window_lies_in(self, given: dict[str, Any], other: dict[str, Any]) -> bool:
        window, around = (
            next(((word, one[word]) for word in WINDOWS if word in one), None)
            for one in (given, other)
        )
        if around is None or window == around:
            return True
        if window is None:
            return False
        days, wanted = (window_days(*one, self.as_of) for one in (window, around))
        if None in days or None in wanted:
            return False
        return days_span(*days).lies_in(days_span(*wanted))


def days_span(first: date | None, end: date | None) -> Span:
    """From the first day up to, and without, the day on which it ends."""
    return Span(None if first is None else (first, False), None if end is None else (end, True))


def holds_for_null(leaf: list[Any]) -> bool:
    if leaf[2] in NEVER_NULL:
        return leaf[2] == "is_null"
    return leaf[-1]


def alike(left: list[Any], right: list[Any]) -> bool:
    """Whether two leaves compare alike: within the same, and with or without capitals."""
    if "is_null" in (left[2], right[2]):
        return True
    return left[4] == right[4] and ("case_sensitive" in left[5:]) == ("case_sensitive" in right[5:])


def both_texts(*asked: Any) -> bool:
    return all(isinstance(one, str) for one in asked)


def text_implies(word: str, asked: str, other: str, wanted: str) -> bool:
    """Whether a text that is so, or holds this, is or holds that."""
    if other == "contains":
        return wanted in asked
    if other == "starts_with":
        return word in ("eq", "starts_with") and asked.startswith(wanted)
    if other == "ends_with":
        return word in ("eq", "ends_with") and asked.endswith(wanted)
    return other == "eq" and word == "eq" and asked == wanted
