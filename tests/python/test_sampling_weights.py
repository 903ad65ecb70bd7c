"""Fits on a stratified sample against the same fits on all customers for whom it stands.

An account of weight 3 must count as three accounts without weights would.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crm_segmentation.fits import (
    bg_nbd,
    clusters,
    frames,
    gamma_gamma,
    objectives,
    propensity,
    rfm,
    trees,
)

Sample = pd.DataFrame


def long_sample(accounts: list[dict[str, float]], weights: list[float] | None = None) -> Sample:
    rows = [
        (f"{i:04d}", "2026-01-01", name, value, None)
        for i, account in enumerate(accounts)
        for name, value in account.items()
    ]
    if weights is not None:
        rows += [
            (f"{i:04d}", "2026-01-01", frames.WEIGHT, weight, None)
            for i, weight in enumerate(weights)
        ]
    return pd.DataFrame(rows, columns=["sample_key", "as_of_date", "feature", "value", "category"])


def strata(count: int = 80, seed: int = 5) -> tuple[list[dict[str, float]], list[int]]:
    """Many small customers, few of whom were drawn, and large ones who were all drawn."""
    draw = random.Random(seed)
    small = [{"orders": draw.randint(1, 9), "revenue": draw.uniform(10, 90)} for _ in range(count)]
    large = [
        {"orders": draw.randint(20, 40), "revenue": draw.uniform(900, 2000)} for _ in range(count)
    ]
    return [*small, *large], [4] * count + [1] * count


def stood_for(accounts: list[dict[str, float]], weights: list[int]) -> list[dict[str, float]]:
    return [one for one, count in zip(accounts, weights, strict=True) for _ in range(count)]


def wide(accounts: list[dict[str, float]]) -> pd.DataFrame:
    return frames.wide_sample(long_sample(accounts), list(accounts[0]))


def test_weights_are_none_where_all_stand_for_as_many() -> None:
    accounts, weights = strata()
    for sample in (long_sample(accounts), long_sample(accounts, [3.0] * len(accounts))):
        assert frames.sampling_weights(sample, wide(accounts)) is None
    found = frames.sampling_weights(long_sample(accounts, weights), wide(accounts))
    assert found is not None
    assert found.mean() == pytest.approx(1)
    assert list(found / found[-1]) == pytest.approx(weights)
    # of some of the accounts, in any order
    some = wide(accounts).iloc[[150, 3]]
    assert list(frames.sampling_weights(long_sample(accounts, weights), some)) == [0.4, 1.6]


@pytest.mark.parametrize("method", ["quantile", "natural_breaks"])
def test_cut_points_are_those_of_all_customers(method: str) -> None:
    accounts, weights = strata()
    dimensions = [
        rfm.Dimension(name, kpi, 5, method, (), False)
        for name, kpi in (("frequency", "orders"), ("monetary", "revenue"))
    ]
    scale = np.array(weights) / np.mean(weights)
    found = rfm.fit(wide(accounts), dimensions, scale)
    expected = rfm.fit(wide(stood_for(accounts, weights)), dimensions)
    assert list(found["cut_point"]) == list(expected["cut_point"])
    if method == "quantile":
        assert list(found["cut_point"]) != list(rfm.fit(wide(accounts), dimensions)["cut_point"])
    # shares are those of all customers, in accounts of the sample
    share = expected["sample_count"] / sum(weights)
    assert (found["sample_count"] / len(accounts)).to_numpy() == pytest.approx(share, abs=0.01)


def test_clusters_are_those_of_all_customers() -> None:
    accounts, _ = strata()
    # of different weights within a cluster, too
    weights = [5 if one["revenue"] < 50 else 3 if one["revenue"] < 1000 else 1 for one in accounts]
    features = tuple(
        clusters.Feature(name, "number", 1.0, missing="median", winsorise=(0.02, 0.98))
        for name in ("orders", "revenue")
    )
    declared = clusters.Clustering("value", features, 3, 3, 1)
    scale = np.array(weights) / np.mean(weights)
    found = clusters.fit(wide(accounts), declared, None, scale).rows
    expected = clusters.fit(wide(stood_for(accounts, weights)), declared, None).rows
    columns = ["lower_bound", "upper_bound", "feature_mean", "feature_scale", "centroid"]
    pd.testing.assert_frame_equal(found[columns], expected[columns], rtol=1e-9)
    unweighted = clusters.fit(wide(accounts), declared, None).rows
    assert not np.allclose(found["feature_mean"], unweighted["feature_mean"], rtol=0.05)


def test_lifetimes_are_those_of_all_customers() -> None:
    draw = np.random.default_rng(3)
    age = draw.uniform(20, 40, 400)
    rate = draw.gamma(0.8, 1 / 6, 400)
    x = draw.poisson(rate * age).astype(float)
    recency = np.where(x > 0, age * draw.uniform(0.3, 1, 400), 0)
    weights = np.where(np.arange(400) < 200, 3, 1)
    found = bg_nbd.fit(x, recency, age, weights / weights.mean())
    every = np.repeat(np.arange(400), weights)
    expected = bg_nbd.fit(x[every], recency[every], age[every])
    for name in ("r", "alpha", "a", "b"):
        wanted = getattr(expected.parameters, name)
        assert getattr(found.parameters, name) == pytest.approx(wanted, rel=1e-3), name
    back = x > 0
    mean = draw.gamma(6, 50 / draw.gamma(4, 1, 400))
    one = gamma_gamma.fit(x[back] + 1, mean[back], weights[back].astype(float))
    other = gamma_gamma.fit(x[every][back[every]] + 1, mean[every][back[every]])
    assert one.parameters.q == pytest.approx(other.parameters.q, rel=1e-3)
    assert one.log_likelihood == pytest.approx(other.log_likelihood, rel=1e-9)


def test_propensities_are_those_of_all_customers() -> None:
    draw = np.random.default_rng(2)
    values = pd.DataFrame({"orders": draw.normal(size=600)})
    # those who were drawn rarely do it rarely
    weights = np.where(np.arange(600) < 300, 9.0, 1.0)
    outcome = draw.random(600) < np.where(weights > 1, 0.1, 0.8)
    recency = np.zeros(600)
    true = float(np.average(outcome, weights=weights))
    shares = {
        name: propensity.fit(propensity.Window(values, recency, outcome, given))
        .probability(values.to_numpy())
        .mean()
        for name, given in (("weighted", weights / weights.mean()), ("plain", None))
    }
    assert shares["weighted"] == pytest.approx(true, abs=0.03)
    assert shares["plain"] > true + 0.2


def test_a_tree_chooses_splits_by_weight() -> None:
    draw = np.random.default_rng(4)
    codes = draw.integers(0, 2, (400, 2)).astype(float)
    many = np.arange(400) < 100
    # one feature tells those who stand for many, the other one all else
    target = np.where(many, codes[:, 0], codes[:, 1]).astype(int)
    cuts = (Decimal(1),)
    features = [trees.Feature(name, "number", cuts=cuts) for name in ("one", "two")]

    def first_split(weights: np.ndarray | None) -> str:
        tree = trees.fit_tree(
            features,
            codes,
            target,
            np.arange(400) % 4 == 3,
            max_depth=1,
            minimum_leaf=10,
            seed=0,
            weights=weights,
        )
        split = tree.nodes[0].split
        assert split is not None
        return split.feature.name

    assert first_split(None) == "two"
    assert first_split(np.where(many, 9.0, 1.0)) == "one"


def test_objectives_are_those_of_all_customers() -> None:
    draw = np.random.default_rng(6)
    small = np.arange(600) < 300
    is_ideal = np.arange(600) % 5 == 0
    size = np.where(small, draw.integers(5, 60, 600), draw.integers(400, 900, 600))
    # steel is what ideals have, and what the many small customers seldom have
    steel = draw.random(600) < np.where(is_ideal, 0.7, np.where(small, 0.1, 0.6))
    accounts = pd.DataFrame(
        {"size": size.astype(float), "branch": np.where(steel, "Steel", "Food")}
    )
    # of different weights within each kind, too
    weights = np.where(small, np.where(size < 20, 9, 4), np.where(size < 600, 2, 1))
    common = {"weight": 1.0, "better": "near", "missing": "leave_out", "label": "a", "target": None}
    one = {**common, "scale": None, "favoured": None}
    traits = (
        objectives.Trait(name="size", kind="number", transform="none", **one),
        objectives.Trait(name="branch", kind="text", transform="none", **one),
    )
    declared = objectives.Objective("steel", 2, 5, 1.2, traits, ())

    def fitted(every: np.ndarray, given: np.ndarray | None) -> pd.DataFrame:
        rows, _ = objectives.fit(
            accounts.iloc[every].reset_index(drop=True), is_ideal[every], declared, given
        )
        columns = ["trait", "value", "target", "scale", "penalty", "lift"]
        order = rows.groupby("segment_id")["target"].transform("max")
        return rows.assign(size=order).sort_values(["size", "trait", "value"])[columns]

    found = fitted(np.arange(600), weights / weights.mean()).reset_index(drop=True)
    expected = fitted(np.repeat(np.arange(600), weights), None).reset_index(drop=True)
    pd.testing.assert_frame_equal(found, expected)
    plain = fitted(np.arange(600), None).reset_index(drop=True)
    assert set(found["target"].dropna()) != set(plain["target"].dropna())
    assert found["scale"].max() != plain["scale"].max()
    assert not np.allclose(found["lift"].dropna(), plain["lift"].dropna(), rtol=0.05)


def test_medoids_are_those_of_all_customers() -> None:
    for seed in range(20):
        draw = np.random.default_rng(seed)
        points = draw.normal(size=(40, 2))
        weights = draw.integers(1, 9, 40)
        every = np.repeat(np.arange(40), weights)
        apart = np.abs(points[:, None, :] - points[None, :, :]).sum(axis=2)
        found = objectives.medoids(apart, 4, weights / weights.mean())
        expected = objectives.medoids(apart[np.ix_(every, every)], 4)
        assert list(found[every]) == list(expected)


def refit_rfm(sample: Sample, settings: Any) -> pd.DataFrame:
    dimensions = pd.DataFrame(
        [("monetary", "revenue", 5, "quantile", "", False)],
        columns=["dimension", "kpi", "bins", "method", "thresholds", "is_descending"],
    )
    return rfm.refit(sample, dimensions, settings, None)


def refit_clusters(sample: Sample, settings: Any) -> pd.DataFrame:
    feature = {
        **{"feature": "revenue", "type": "number", "weight": 1, "missing": 0},
        **{"transform": "none", "winsorise": None, "standardise": True},
        **{"low_label": "", "high_label": "", "category_label": "{}"},
    }
    declared = {"k": [2, 3], "seed": 1, "base": {}, "features": [feature]}
    row = pd.DataFrame({"clustering": ["value"], "declaration": [json.dumps(declared)]})
    return clusters.refit(sample, row, settings, None)


def refit_objective(sample: Sample, settings: Any) -> pd.DataFrame:
    keys = sorted(set(sample["sample_key"]))
    ideals = pd.DataFrame({"sample_key": keys, "objective": "one"}).assign(
        is_ideal=[i % 2 == 0 for i in range(len(keys))]
    )
    declared = pd.DataFrame(
        [("one", 1, 5, 1.2, "a")],
        columns=["objective", "segments", "minimum_support", "minimum_lift", "declaration_hash"],
    )
    trait = {
        **{"objective": "one", "position": 1, "trait": "revenue", "trait_type": "number"},
        **{"label": "a", "weight": 1.0, "transform": "none", "better": "near"},
        **{"missing": "leave_out", "target": None, "scale": None, "favoured": None},
    }
    priors = pd.DataFrame(columns=["objective", "trait", "value", "favour", "confidence"])
    traits = pd.DataFrame([trait])
    return objectives.refit(sample, ideals, declared, traits, priors, settings, None)


@pytest.mark.parametrize("refit", [refit_rfm, refit_clusters, refit_objective])
def test_a_fit_records_whether_it_was_weighted(
    refit: Callable[[Sample, Any], pd.DataFrame],
) -> None:
    accounts, weights = strata()
    chosen = {
        "as_of_date": "2026-01-01",
        "fit_minimum_accounts": "5",
        "declaration_hash.rfm": "a",
        "declaration_hash.cluster_value": "a",
    }
    settings = pd.DataFrame({"setting": list(chosen), "value": list(chosen.values())})
    plain = refit(long_sample(accounts), settings)
    equal = refit(long_sample(accounts, [2.0] * len(accounts)), settings)
    weighted = refit(long_sample(accounts, weights), settings)
    pd.testing.assert_frame_equal(plain, equal, check_exact=True)
    assert "weights" not in json.loads(plain["parameters"].iloc[0])
    assert json.loads(weighted["parameters"].iloc[0])["weights"] == [0.4, 1.6]
    found = [table.iloc[:, len(frames.HEADER) :] for table in (plain, weighted)]
    assert not found[0].equals(found[1])
    bounds = ["category", "lower_bound", "upper_bound", "value", "lift"]
    assert not weighted.drop(columns=bounds, errors="ignore").isna().any(axis=None)
