"""Leaves of random decision trees as rules: the members are those that the tree itself sends there.

Three judges apart from the rule: scikit-learn's own `apply`, a walk down the splits in plain
Python on exact decimals, and a count that every account is in one leaf.
"""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from criteria.engine import Engine
from criteria.kinds.conftest import Asker, Run
from crm_segmentation.fits import leaf_rules, trees

KINDS = {
    "revenue": "number",
    "budget": "number",
    "score": "number",
    "town": "text",
    "area": "text",
    "is_member": "boolean",
}
TOWNS = ["Ulm", "Köln", "Großburg", "O'Hara", "50% \\ |x", "NO", "İzmir", "Ely", "Bonn", "other"]


def account(draw: random.Random, sizes: list[str]) -> dict[str, Any]:
    """Numbers in tight ranges, so that ties, edges and neighbours of edges come up."""
    town = draw.choice(TOWNS[: draw.randint(1, len(TOWNS))])
    if draw.random() < 0.1:
        town = town.upper()
    found: dict[str, Any] = {
        "revenue": Decimal(draw.randint(-300, 3000)) / draw.choice([1, 100]),
        "budget": Decimal(draw.choice(sizes)),
        "score": draw.randint(0, 6),
        "town": town,
        "area": draw.choice(["north", "south", "east"]),
        "is_member": draw.random() < 0.5,
    }
    return {name: value for name, value in found.items() if draw.random() > 0.12}


def planted(draw: random.Random) -> list[dict[str, Any]]:
    # 24-bit mantissas end at 16,777,216: above it, 32 bits do not tell neighbours apart
    sizes = ["16777216.00", "16777216.01", "16777217.00", "16777217.01", "0.10", "0.09", "0"]
    accounts = [account(draw, sizes) for _ in range(260)]
    weights = {name: draw.uniform(-2, 2) for name in KINDS}
    for one in accounts:
        score = draw.gauss(0, 0.5)
        score += weights["revenue"] * (float(one.get("revenue", 500)) > 400)
        score += weights["budget"] * (float(one.get("budget", 0)) > 16777216)
        score += weights["score"] * (one.get("score", 0) >= 3)
        score += weights["town"] * (one.get("town", "none") < "L")
        score += weights["area"] * ("area" not in one)
        score += weights["is_member"] * bool(one.get("is_member"))
        one["hit"] = score > 0
    return accounts


def walk(tree: trees.Tree, one: dict[str, Any]) -> int:
    """The leaf by the documented meaning of a split, in decimals."""
    node = tree.nodes[0]
    while node.split is not None:
        split, value = node.split, one.get(node.split.feature.name)
        if value is None:
            left = split.missing_goes_left
        elif split.feature.kind == "text":
            folded = trees.fold(value)
            left = (folded in split.listed) == split.listed_go_left
        else:
            left = split.threshold is None or Decimal(value) < split.threshold
        node = next(n for n in tree.nodes if n.parent == node.number and n.is_left == left)
    return node.number


def frame(accounts: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(
        {name: [one.get(name) for one in accounts] for name in KINDS}, dtype="object"
    )


def fitted(accounts: list[dict[str, Any]], draw: random.Random) -> trees.Tree:
    target = np.array([one["hit"] for one in accounts], dtype=int)
    wide = frame(accounts)
    # rare categories are folded, as in the sample
    counts = wide["town"].value_counts()
    wide["town"] = [
        town if town is None or counts[town] >= 10 else trees.OTHER for town in wide["town"]
    ]
    features = [
        trees.fit_feature(name, kind, wide[name].tolist(), target, is_whole=name == "score")
        for name, kind in KINDS.items()
    ]
    held_out = np.array([draw.random() < 0.25 for _ in accounts])
    return trees.fit_tree(
        features,
        trees.code_matrix(features, wide),
        target,
        held_out,
        max_depth=draw.randint(1, 6),
        minimum_leaf=draw.choice([2, 5, 10]),
        seed=draw.randint(0, 99),
    )


@pytest.mark.parametrize("seed", range(12))
def test_each_leaf_has_the_members_that_the_tree_sends_there(reader: Asker, seed: int) -> None:
    check(reader, seed)


def test_each_leaf_has_those_members_on_postgres(on_postgres: tuple[Engine, Run]) -> None:
    check(Asker(*on_postgres), 3)


def check(asker: Asker, seed: int) -> None:
    draw = random.Random(seed)
    accounts = planted(draw)
    tree = fitted(accounts[:200], draw)
    assert len(tree.nodes) > 1
    # accounts that the tree never saw: a town of its own, and both sides of every threshold
    strangers = [{"town": "Atlantis"}, {}, {"town": "ULM", "area": "NORTH"}]
    for node in tree.nodes:
        if node.split is not None and node.split.threshold is not None:
            name = node.split.feature.name
            if KINDS[name] == "number" and name != "score":
                edge = node.split.threshold
                strangers += [{name: edge}, {name: edge - Decimal("0.01")}]
    everybody = {f"a{i:03}": one for i, one in enumerate([*accounts, *strangers])}
    asker.fill({key: {k: one[k] for k in KINDS if k in one} for key, one in everybody.items()})

    codes = trees.code_matrix(tree.features, frame(list(everybody.values())))
    by_library = dict(zip(everybody, tree.model.apply(codes), strict=True))
    by_walk = {key: walk(tree, one) for key, one in everybody.items()}
    assert by_library == by_walk
    seen = 0
    for leaf in tree.leaves():
        rule = leaf_rules.leaf_rule(tree, leaf)
        names = [name for condition in rule["all"] for name in condition]
        assert len(names) == len(set(names)), "one condition an attribute"
        members = asker.ask(leaf_rules.rule_text(rule))
        assert members == {key for key, number in by_walk.items() if number == leaf.number}
        seen += len(members)
    assert seen == len(everybody)
