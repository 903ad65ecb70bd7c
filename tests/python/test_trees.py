"""Decision trees without a database: round cuts, what a leaf says, what is written, the edges."""

from __future__ import annotations

import hashlib
import json
import random
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_segmentation.fits import decision_trees, frames, leaf_rules, trees

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
    domains: dict[str, leaf_rules.Domain] = {}
    for split, is_left in steps:
        name = split.feature.name
        domains[name] = domains.get(name, leaf_rules.Domain(split.feature)).step(split, is_left)
    rule = {
        "all": [
            {name: asked}
            for name, domain in domains.items()
            if (asked := leaf_rules.condition(domain)) is not None
        ]
    }
    return leaf_rules.rule_text(rule)


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
        'town: {in: ["NO", Ulm], nulls: include}': [(split(town, 1, True), True)],
        'town: ["NO", Ulm]': [(split(town, 1, False), True)],
        "town: Bonn": [(split(town, 2, True), False)],
        'town: {not_in: ["NO", Ulm]}': [(split(town, 1, False), False)],
        'town: {not_in: ["NO", Ulm], nulls: exclude}': [(split(town, 1, True), False)],
        "town: {neq: Bonn}": [(split(town, 2, True), True)],
        'town: {not_in: [Bonn, "NO", Ulm], nulls: exclude}': [
            (split(town, 2, False), True),
            (split(town, 1, True), False),
        ],
        "is_partner: true": [(split(partner, 0, True), False)],
        "is_partner: false": [(split(partner, 0, True), True)],
        "is_partner: {eq: false, nulls: exclude}": [(split(partner, 0, False), True)],
        "is_partner: {eq: true, nulls: include}": [(split(partner, 0, False), False)],
    }
    for wanted, steps in cases.items():
        got = leaf_yaml(*steps).removeprefix("all:\n  - ").strip()
        assert got == wanted
    # and nothing where nothing is asked
    assert leaf_yaml((split(revenue, 3, True), True)) == "all:\n"


def test_words_stand_bare_only_where_yaml_reads_them_so() -> None:
    texts = ["Spare parts", "NO", "null", "on", "Köln", "12", "a: b", "x, y", "O'Hara", "0.0001"]
    rule = {"all": [{"town": texts}]}
    assert yaml.safe_load(leaf_rules.rule_text(rule)) == rule
    assert "[Spare parts, " in leaf_rules.rule_text(rule)


# what the model writes, and when it writes nothing

TREES = pd.DataFrame(
    [("buyers", "buyers", None, 3, 10, 0, '[{"orders": {"gte": 1}}]')],
    columns=["tree", "target", "target_value", "max_depth", "minimum_leaf", "seed", "population"],
)
FEATURES = pd.DataFrame(
    [("buyers", 1, "size", "number", True), ("buyers", 2, "branch", "text", False)],
    columns=["tree", "position", "feature", "feature_type", "is_whole"],
)
SETTINGS = {
    "as_of_date": "2026-01-01",
    "fit_minimum_accounts": "50",
    "declaration_hash.buyers": "one",
}

Account = tuple[float | None, str | None, int]


def company(count: int = 400) -> list[Account]:
    """Large buyers of one branch are in the target."""
    draw = random.Random(5)
    found: list[Account] = []
    for _ in range(count):
        size, branch = draw.randint(1, 500), draw.choice(["steel", "food", "paper"])
        hit = int(size >= 250 and branch == "food")
        found.append((size if draw.random() < 0.9 else None, branch, hit))
    return found


def fit(
    accounts: list[Account], recorded: pd.DataFrame | None = None, **changes: Any
) -> pd.DataFrame:
    keys = [hashlib.md5(str(i).encode()).hexdigest() for i in range(len(accounts))]
    sample = pd.DataFrame(
        [
            (key, "2026-01-01", name, number, text)
            for key, (size, branch, _) in zip(keys, accounts, strict=True)
            for name, number, text in (("size", size, None), ("branch", None, branch))
        ],
        columns=["sample_key", "as_of_date", "feature", "value", "category"],
    )
    targets = pd.DataFrame(
        [(key, "buyers", float(hit), None) for key, (*_, hit) in zip(keys, accounts, strict=True)],
        columns=["sample_key", "target", "value", "category"],
    )
    shuffle = changes.pop("shuffle", None)
    if shuffle is not None:
        sample = sample.sample(frac=1, random_state=shuffle)
        targets = targets.sample(frac=1, random_state=shuffle)
    asked = changes.pop("asked", ())
    chosen = {**SETTINGS, **changes}
    settings = pd.DataFrame({"setting": list(chosen), "value": list(chosen.values())})
    return decision_trees.refit(sample, targets, TREES, FEATURES, settings, recorded, asked)


def test_a_tree_finds_what_was_planted() -> None:
    fitted = fit(company())
    best = fitted[fitted["leaf_number"] == 1].iloc[0]
    rule = yaml.safe_load(best["rule"])["all"]
    assert rule[0] == {"orders": {"gte": 1}}
    asked = {name: value for leaf in rule[1:] for name, value in leaf.items()}
    assert asked == {"branch": "food", "size": {"gte": 250}}
    features = fitted[fitted["part"] == "feature"]
    assert set(features["feature"]) == {"size", "branch"}
    assert features["permutation_importance"].min() > 0.1
    quality = json.loads(fitted["quality"].iloc[0])
    assert quality["held_out_auc"] > 0.9


def test_counts_of_nodes_add_up() -> None:
    accounts = company()
    fitted = fit(accounts)
    nodes = fitted[fitted["part"] == "node"].set_index("node_id")
    root = nodes.loc[0]
    assert root["sample_count"] + root["held_out_count"] == len(accounts)
    assert root["target_count"] + root["held_out_target_count"] == sum(a[2] for a in accounts)
    for column in ("sample_count", "target_count", "held_out_count", "held_out_target_count"):
        sums = nodes.groupby("parent_id")[column].sum()
        assert (sums == nodes.loc[sums.index, column]).all()
    assert nodes.loc[nodes["leaf_number"].notna(), "sample_count"].min() >= 10


def test_a_tree_is_the_same_whatever_the_order_of_rows() -> None:
    first, second = fit(company()), fit(company(), shuffle=3)
    pd.testing.assert_frame_equal(first, second, check_exact=True)


def test_a_tree_is_frozen_until_it_is_asked_for_or_declared_anew() -> None:
    first = fit(company())
    assert len(fit(company(300), first)) == 0
    again = fit(company(300), first, asked=["buyers"])
    assert set(again["fit_version"]) == {2}
    changed = fit(company(300), first, **{"declaration_hash.buyers": "two"})
    assert set(changed["reason"]) == {"declaration"}


@pytest.mark.parametrize(
    ("accounts", "why"),
    [
        ([], "0 accounts"),
        ([(10.0, "steel", 1)], "1 accounts"),
        ([(10.0, "steel", 0)] * 80, "0 are in the target"),
        ([(10.0, "steel", 1)] * 80, "0 are not"),
        ([(10.0, "steel", i % 2) for i in range(80)], "no feature tells"),
        ([(None, None, i % 2) for i in range(80)], "no feature tells"),
    ],
    ids=["nobody", "one", "no-member", "all-members", "constant", "all-null"],
)
def test_where_there_is_nothing_to_learn_nothing_is_written(
    accounts: list[Account], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fitted = fit(accounts)
    assert len(fitted) == 0
    assert list(fitted.columns) == [*frames.HEADER, *decision_trees.DTYPES]
    assert "no tree written" in (said := capsys.readouterr().out)
    assert why in said
