"""Decision trees without a database: round cuts, what a leaf says, what is written, the edges."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_segmentation.fits import trees

hundredths = st.integers(-(10**9), 10**9).map(lambda n: Decimal(n) / 100)


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        ("0", "1", "1"),
        ("3", "4", "4"),
        ("240", "260", "250"),
        ("240", "249", "245"),
        ("999.99", "1033.20", "1000"),
        ("99.98", "99.99", "99.99"),
        ("1034.10", "4711.00", "3000"),
        ("-7", "-3", "-5"),
        ("-4", "9", "0"),
        ("16777216", "16777217", "16777217"),
        ("0.01", "0.02", "0.02"),
    ],
)
def test_cuts_are_round(low: str, high: str, wanted: str) -> None:
    assert str(trees.round_between(Decimal(low), Decimal(high))) == wanted


@settings(deadline=None)
@given(hundredths, hundredths)
def test_a_cut_parts_what_it_lies_between(one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))
    if low < high:
        cut = trees.round_between(low, high)
        assert low < cut <= high
        assert len(cut.normalize().as_tuple().digits) <= len(high.normalize().as_tuple().digits)


@settings(deadline=None)
@given(st.lists(hundredths, min_size=1, max_size=400))
def test_cuts_ascend_and_are_few(values: list[Decimal]) -> None:
    cuts = trees.cut_values(values)
    assert list(cuts) == sorted(set(cuts))
    assert len(cuts) <= trees.MOST_CUTS
    if len(set(values)) <= trees.MOST_CUTS:
        # nobody is thrown together with somebody else
        codes = trees.Feature("x", "number", cuts=cuts).codes(values)
        assert len(set(codes)) == len(set(values))


def number(name: str, *cuts: str) -> trees.Feature:
    return trees.Feature(name, "number", cuts=tuple(map(Decimal, cuts)))


def leaf_yaml(*steps: tuple[trees.Split, bool]) -> str:
    domains: dict[str, trees.Domain] = {}
    for split, is_left in steps:
        name = split.feature.name
        domains[name] = domains.get(name, trees.Domain(split.feature)).step(split, is_left)
    rule = {
        "all": [
            {name: asked}
            for name, domain in domains.items()
            if (asked := trees.condition(domain)) is not None
        ]
    }
    return trees.rule_text(rule)


def test_what_a_leaf_says() -> None:
    revenue = number("revenue", "5", "10", "2000.5")
    orders = trees.Feature("orders", "number", is_whole=True, cuts=(Decimal(1), Decimal(2)))
    town = trees.Feature("town", "text", categories=("ulm", "other", "no", "bonn"))
    town = trees.fit_feature("town", "text", ["Ulm", "Ulm", "NO", "Bonn"], np.array([0, 0, 0, 1]))
    assert town.categories == ("no", "ulm", "other", "bonn")
    partner = trees.Feature("is_partner", "boolean", cuts=(Decimal(1),))

    split = trees.Split
    cases = {
        # below 10 and then below 5 is below 5; the unknown left at the first split
        "revenue: {lt: 5}": [(split(revenue, 1, True), True), (split(revenue, 0, False), True)],
        "revenue: {gte: 5, lt: 2000.5}": [
            (split(revenue, 2, True), True),
            (split(revenue, 0, True), False),
        ],
        "revenue: {gte: 10, nulls: include}": [(split(revenue, 1, False), False)],
        "revenue: {not_null: true}": [(split(revenue, 3, False), True)],
        "revenue: {is_null: true}": [(split(revenue, 3, False), False)],
        "orders: 1": [(split(orders, 0, True), False), (split(orders, 1, False), True)],
        "orders: {eq: 1, nulls: include}": [
            (split(orders, 0, False), False),
            (split(orders, 1, True), True),
        ],
        # the key word NO is a text here
        'town: {in: ["NO", "Ulm"], nulls: include}': [(split(town, 1, True), True)],
        'town: ["NO", "Ulm"]': [(split(town, 1, False), True)],
        'town: "Bonn"': [(split(town, 2, True), False)],
        'town: {not_in: ["NO", "Ulm"]}': [(split(town, 1, False), False)],
        'town: {not_in: ["NO", "Ulm"], nulls: exclude}': [(split(town, 1, True), False)],
        'town: {neq: "Bonn"}': [(split(town, 2, True), True)],
        'town: {not_in: ["Bonn", "NO", "Ulm"], nulls: exclude}': [
            (split(town, 2, False), True),
            (split(town, 1, True), False),
        ],
        "is_partner: true": [(split(partner, 0, True), False)],
        "is_partner: false": [(split(partner, 0, True), True)],
        'is_partner: {eq: false, nulls: "exclude"}': [(split(partner, 0, False), True)],
        'is_partner: {eq: true, nulls: "include"}': [(split(partner, 0, False), False)],
    }
    for wanted, steps in cases.items():
        got = leaf_yaml(*steps).removeprefix("all:\n  - ").strip()
        assert got.replace('"include"', "include").replace('"exclude"', "exclude") == (
            wanted.replace('"include"', "include").replace('"exclude"', "exclude")
        )
    # each attribute once, and nothing where nothing is asked
    assert leaf_yaml((split(revenue, 3, True), True)) == "all:\n"
