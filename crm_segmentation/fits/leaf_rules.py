"""A leaf of a decision tree as a rule: the criteria that exactly its accounts meet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import yaml  # type: ignore[import-untyped]

from crm_segmentation.rules.sheet import scalar_text

if TYPE_CHECKING:
    pass

from crm_segmentation.fits.trees import OTHER, Feature, Node, Split, Tree


@dataclass(frozen=True)
class Domain:
    """What a path leaves of one attribute: numbers `[low, high)`, categories, and whether NULL."""

    feature: Feature
    low: Decimal | None = None
    high: Decimal | None = None
    left_out: frozenset[str] = frozenset()
    takes_values: bool = True
    takes_null: bool = True

    def step(self, split: Split, is_left: bool) -> Domain:
        takes_null = self.takes_null and split.missing_goes_left == is_left
        if self.feature.kind == "text":
            gone = split.right() if is_left else split.left()
            left_out = self.left_out | set(gone)
            takes_values = len(left_out) < len(self.feature.categories)
            return replace(
                self, left_out=left_out, takes_values=takes_values, takes_null=takes_null
            )
        cut = split.threshold
        if cut is None:
            takes_values = self.takes_values and is_left
            return replace(self, takes_values=takes_values, takes_null=takes_null)
        if is_left:
            high = cut if self.high is None else min(cut, self.high)
            return replace(self, high=high, takes_null=takes_null)
        low = cut if self.low is None else max(cut, self.low)
        return replace(self, low=low, takes_null=takes_null)


def yaml_number(value: Decimal) -> int | float | str:
    """As YAML reads it exactly: plain digits, in quotes where a float would not hold them."""
    if value == value.to_integral_value():
        return int(value)
    is_short = len(value.as_tuple().digits) <= 15 and abs(value) >= Decimal("0.001")
    return float(value) if is_short else f"{value:f}"


def condition(domain: Domain) -> Any:
    """What a rule asks of the attribute, none where it asks nothing."""
    kept = {"nulls": "include"} if domain.takes_null else {}
    if not domain.takes_values:
        return {"is_null": True}
    if domain.feature.kind == "text":
        return text_condition(domain)
    if domain.low is None and domain.high is None:
        return None if domain.takes_null else {"not_null": True}
    if domain.feature.kind == "boolean":
        if domain.low is not None:
            return {"eq": True, **kept} if kept else True
        return False if kept else {"eq": False, "nulls": "exclude"}
    if (
        domain.feature.is_whole
        and domain.low is not None
        and domain.high == domain.low + 1
        and domain.low == domain.low.to_integral_value()
    ):
        return {"eq": yaml_number(domain.low), **kept} if kept else yaml_number(domain.low)
    bounds = {
        word: yaml_number(bound)
        for word, bound in (("gte", domain.low), ("lt", domain.high))
        if bound is not None
    }
    return {**bounds, **kept}


def text_condition(domain: Domain) -> Any:
    """Categories by name; the many that the sample never showed are all but the known ones."""
    known = sorted(set(domain.feature.categories) - {OTHER}, key=str.encode)
    takes_other = OTHER not in domain.left_out
    names = [
        domain.feature.spelling.get(name, name)
        for name in known
        if (name in domain.left_out) == takes_other
    ]
    one = len(names) == 1
    asked: dict[str, Any]
    if takes_other:
        if not names:
            return None if domain.takes_null else {"not_null": True}
        asked = {"neq": names[0]} if one else {"not_in": names}
        return asked if domain.takes_null else {**asked, "nulls": "exclude"}
    if domain.takes_null:
        asked = {"eq": names[0]} if one else {"in": names}
        return {**asked, "nulls": "include"}
    return names[0] if one else names


def domains(tree: Tree, leaf: Node) -> list[Domain]:
    """One for each attribute on the way to the leaf, in the order in which it comes up."""
    path: list[tuple[Split, bool]] = []
    node = leaf
    while node.parent is not None:
        parent = tree.nodes[node.parent]
        assert parent.split is not None and node.is_left is not None
        path.append((parent.split, node.is_left))
        node = parent
    found: dict[str, Domain] = {}
    for split, is_left in reversed(path):
        name = split.feature.name
        found[name] = found.get(name, Domain(split.feature)).step(split, is_left)
    return list(found.values())


def leaf_rule(
    tree: Tree, leaf: Node, population: Sequence[dict[str, Any]] = ()
) -> dict[str, list[dict[str, Any]]]:
    """The leaf as a rule: who belongs to the population, then one condition an attribute."""
    asked = [(domain.feature.name, condition(domain)) for domain in domains(tree, leaf)]
    return {"all": [*population, *({name: what} for name, what in asked if what is not None)]}


def shown(value: Any) -> str:
    """YAML of a value: words stand bare where YAML reads them as that very text."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {shown(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(shown(item) for item in value) + "]"
    if isinstance(value, str) and re.fullmatch(r"[^\W\d_][\w-]*(?: [\w-]+)*", value):
        return value if yaml.safe_load(value) == value else scalar_text(value)
    return scalar_text(value)


def rule_text(rule: dict[str, list[dict[str, Any]]]) -> str:
    leaves = [(name, asked) for leaf in rule["all"] for name, asked in leaf.items()]
    return "all:\n" + "".join(f"  - {name}: {shown(asked)}\n" for name, asked in leaves)
