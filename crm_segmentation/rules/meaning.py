"""What a rule means, whatever way it is written: one form for all rules that mean the same.

It relies on what docs/rules.md promises: leaves are never NULL, so `not` is an exact complement.
Two rules of one form mean the same; two of one meaning need not have one form.
"""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal, InvalidOperation
from typing import Any

TREE_WORDS = ("all", "any", "not", "at_least", "at_most", "exactly")
INNER_NODES = ("where", "has", "some", "none", "every", "if")
# negative operator -> the positive one of which it is the complement
NEGATIVE = {
    "neq": "eq",
    "not_in": "in",
    "not_between": "between",
    "lt": "gte",
    "lte": "gt",
    "has_none": "has_any",
    "not_null": "is_null",
    "neq_attribute": "eq_attribute",
    "lt_attribute": "gte_attribute",
    "lte_attribute": "gt_attribute",
    **{f"not_{word}": word for word in ("contains", "starts_with", "ends_with", "matches")},
}
NEVER_NULL = (
    *("is_null", "has_any", "has_all", "has_only"),
    *("top", "bottom", "top_percent", "bottom_percent"),
)
TRUE_ON_NULL = ("neq", "neq_attribute")
# operators on a list -> the operator that asks the same of one item; the positive ones hold if one
# item does, the negative ones if all do
OF_ONE_ITEM = {
    "in": "eq",
    "not_in": "neq",
    **{word: word for word in ("has_any", "has_all", "has_none")},
    **{word: word for word in ("contains", "starts_with", "ends_with", "matches")},
    **{
        f"not_{word}": f"not_{word}" for word in ("contains", "starts_with", "ends_with", "matches")
    },
}

# the letters that engines lower in ways of their own, as the macros fold them
FOLDED: dict[int, str | int | None] = {0x130: "i", 0x3A3: 0x3C3, 0x3C2: 0x3C3}


def is_negative(operator: str) -> bool:
    """Whether an operator is true where the value is unknown."""
    return operator in TRUE_ON_NULL or (operator.startswith("not_") and operator != "not_null")


def fold(text: str) -> str:
    return text.translate(FOLDED).lower()


def number(value: Any) -> str | None:
    """A number in one form, or none where it is no number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        return None
    try:
        decimal = Decimal(str(value))
    except InvalidOperation:
        return None
    if not decimal.is_finite():
        return None
    if decimal == 0:
        return "0"
    digits = f"{decimal:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def scalar(value: Any, kind: str, *, folded: bool) -> Any:
    if kind == "number":
        return number(value) or value
    if kind in ("text", "values") and isinstance(value, str) and folded:
        return fold(value)
    return value if isinstance(value, (bool, int, float, type(None))) else str(value)


def plain(value: Any) -> Any:
    """Any part of a rule, as JSON compares it: numbers in one form."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, (bool, type(None))):
        return value
    if isinstance(value, (int, float)):
        return number(value)
    return str(value)


def key_of(form: Any) -> str:
    return json.dumps(form, sort_keys=True, ensure_ascii=False)


class Reader:
    """Forms of nodes: ["leaf", ..], ["not", leaf], ["all", ..], ["any", ..], true, false.

    `rows` is what facts are over: {"events": {name: {columns}}, "relations": ..}.
    """

    def __init__(self, types: dict[str, str], rows: dict[str, Any] | None = None) -> None:
        self.types = types
        self.rows = rows or {}

    def node(self, tree: dict[str, Any], positive: bool = True) -> Any:
        ((word, given),) = tree.items()
        if word == "not":
            return self.node(given, not positive)
        if word in ("all", "any"):
            joint = word if positive else {"all": "any", "any": "all"}[word]
            return self.joined(joint, [self.node(child, positive) for child in given])
        if word in ("at_least", "at_most", "exactly"):
            return self.counted(word, given["count"], given["of"], positive)
        if word in self.types and isinstance(given, dict):
            return self.attribute(word, given, positive)
        return self.kind(word, given, positive)

    @staticmethod
    def joined(word: str, forms: list[Any]) -> Any:
        empty, full = (True, False) if word == "all" else (False, True)
        parts: dict[str, Any] = {}
        for form in forms:
            inner = form[1:] if isinstance(form, list) and form[0] == word else [form]
            parts.update({key_of(part): part for part in inner if part is not empty})
        if any(part is full for part in parts.values()):
            return full
        for part in parts.values():
            if isinstance(part, list) and part[0] == "not" and key_of(part[1]) in parts:
                return full
        if not parts:
            return empty
        ordered = [parts[key] for key in sorted(parts)]
        return ordered[0] if len(ordered) == 1 else [word, *ordered]

    def counted(self, word: str, count: int, of: list[Any], positive: bool) -> Any:
        if word == "exactly":
            both = [
                self.counted("at_least", count, of, positive),
                self.counted("at_most", count, of, positive),
            ]
            return self.joined("all" if positive else "any", both)
        if word == "at_most":
            return self.counted("at_least", count + 1, of, not positive)
        if count <= 0 or count > len(of):
            return (count <= 0) is positive
        if count in (1, len(of)):
            return self.node({"any" if count == 1 else "all": of}, positive)
        form = ["at_least", count, *sorted((self.node(child) for child in of), key=key_of)]
        return form if positive else ["not", form]

    def attribute(self, name: str, given: dict[str, Any], positive: bool) -> Any:
        kind = self.types[name]
        folded = not given.get("case_sensitive", False)
        modifiers = {key: given[key] for key in ("over",) if key in given}
        forms = []
        for operator, value in given.items():
            if operator in ("nulls", "case_sensitive", "over"):
                continue
            on_null = is_negative(operator) or (kind == "boolean" and value is False)
            if "nulls" in given:
                on_null = given["nulls"] == "include"
            together, parts = self.operators(kind, operator, value)
            leaves = [
                self.leaf(name, kind, one, asked, on_null, folded, modifiers, positive)
                for one, asked in parts
            ]
            forms.append(self.joined("all" if together is positive else "any", leaves))
        return self.joined("all" if positive else "any", forms)

    @staticmethod
    def operators(kind: str, operator: str, value: Any) -> tuple[bool, list[tuple[str, Any]]]:
        """Whether all of the parts must hold, or one, and the parts."""
        if operator == "between" and kind == "number":
            return True, [("gte", value[0]), ("lte", value[1])]
        if operator in OF_ONE_ITEM and isinstance(value, list):
            one = "has_any" if operator == "has_all" else OF_ONE_ITEM[operator]
            return (
                is_negative(operator) or operator in ("has_all", "has_none"),
                [(one, [item] if one.startswith("has_") else item) for item in value],
            )
        return True, [(operator, value)]

    def leaf(
        self,
        name: str,
        kind: str,
        operator: str,
        value: Any,
        on_null: bool,
        folded: bool,
        modifiers: dict[str, Any],
        positive: bool,
    ) -> Any:
        if operator in NEGATIVE:
            operator, positive, on_null = NEGATIVE[operator], not positive, not on_null
        elif kind == "boolean" and value is False:
            # false or unknown is the complement of true
            value, positive, on_null = True, not positive, not on_null
        # a range of a pattern is another one where its ends are folded
        as_folded = folded and operator != "matches"
        if isinstance(value, list):
            items = [scalar(item, kind, folded=as_folded) for item in value]
            if operator not in ("between", "ago"):
                items = sorted(set(items), key=str)
                if operator in ("contains", "starts_with", "ends_with", "matches"):
                    items = items[0] if len(items) == 1 else items
            asked: Any = items
        elif isinstance(value, dict):
            asked = plain(value)
        elif operator in ("within", "older_than", "in_next", "anniversary_in_next"):
            asked = duration(str(value))
        elif operator == "years":
            asked = {"eq": number(value)}
        else:
            asked = scalar(value, kind, folded=as_folded)
        form = ["leaf", name, operator, asked, modifiers]
        if kind == "text" and not folded and operator != "is_null":
            form.append("case_sensitive")
        if operator not in NEVER_NULL:
            form.append(on_null)
        return form if positive else ["not", form]

    def kind(self, word: str, given: Any, positive: bool) -> Any:
        if word in ("member_of", "listed_in"):
            names = given if isinstance(given, list) else [given]
            leaves = [["leaf", word, name] for name in names]
            forms = leaves if positive else [["not", leaf] for leaf in leaves]
            return self.joined("any" if positive else "all", forms)
        if word == "event" and "count" in given:
            rest = {key: value for key, value in given.items() if key != "count"}
            counted = whole_bounds(given["count"])
            if counted is not None:
                row_count = ["leaf", word, self.parts(word, rest)]
                return self.bounded(row_count, counted, positive)
        if word == "related" and "none" in given:
            some = {("some" if key == "none" else key): value for key, value in given.items()}
            return self.kind(word, some, not positive)
        form = ["leaf", word, self.parts(word, given) if isinstance(given, dict) else plain(given)]
        return form if positive else ["not", form]

    def bounded(self, leaf: list[Any], counted: list[tuple[bool, int]], positive: bool) -> Any:
        """A number of rows that is, or is not, at least each bound; 0 it always is."""
        forms: list[Any] = []
        for is_least, bound in counted:
            holds = is_least is positive
            form = [*leaf, ["gte", bound]]
            forms.append(holds if bound <= 0 else form if holds else ["not", form])
        return self.joined("all" if positive else "any", forms)

    def parts(self, word: str, given: dict[str, Any]) -> dict[str, Any]:
        parts: dict[str, Any] = {}
        for key, value in given.items():
            if key in INNER_NODES:
                parts[key] = self.row(word, given, value)
            elif key in ("within", "older_than"):
                parts[key] = duration(str(value))
            else:
                parts[key] = plain(value)
        return parts

    def row(self, word: str, given: dict[str, Any], value: Any) -> Any:
        """A node over one row of what a leaf is over; without types, as it is written."""
        entry = self.rows.get("relations" if word == "related" else "events", {})
        columns = entry.get(given.get("name"), {}).get("columns", {})
        return Reader(columns).node({"all": value} if isinstance(value, list) else value)


def whole_bounds(comparison: Any) -> list[tuple[bool, int]] | None:
    """A comparison of a number of rows as bounds: (at least it, or less, n); none: other ones."""
    bounds: list[tuple[bool, int]] = []
    asked = comparison if isinstance(comparison, dict) else {"eq": comparison}
    for operator, value in asked.items():
        texts = [number(one) for one in (value if isinstance(value, list) else [value])]
        if any(text is None or "." in text for text in texts):
            return None
        low, high = int(texts[0] or 0), int(texts[-1] or 0)
        if operator in ("gte", "gt"):
            bounds.append((True, low + (operator == "gt")))
        elif operator in ("lt", "lte"):
            bounds.append((False, low + (operator == "lte")))
        elif operator in ("eq", "between"):
            bounds += [(True, low), (False, high + 1)]
        else:
            return None
    return bounds


def duration(text: str) -> str:
    """A duration in days or months, where it is a whole number of those."""
    length, unit = text[:-1], text[-1:]
    if not length.isdigit() or unit not in "wy":
        return text
    return f"{int(length) * 7}d" if unit == "w" else f"{int(length) * 12}m"


def meaning(
    tree: dict[str, Any], attributes: dict[str, Any], rows: dict[str, Any] | None = None
) -> Any:
    """The form of a published rule; `attributes` is the catalogue, name -> {type, ..}."""
    types = {name: entry["type"] for name, entry in attributes.items()}
    return Reader(types, rows).node(tree)


def meaning_hash(base: str, tree: dict[str, Any], project: dict[str, Any]) -> str:
    text = key_of([base, meaning(tree, project["attributes"], project)])
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
