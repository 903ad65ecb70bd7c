"""Every fit at its edges, where the number of accounts that the settings ask for does not help.

`fit_minimum_accounts` is 1 here, so that the fit itself has to say what it cannot do, or to fall
back to what its documentation names. Nothing that it writes is NaN or infinite.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crm_segmentation.fits import (
    clusters,
    decision_trees,
    frames,
    lifetime,
    objectives,
    propensity,
    rfm,
)

Sample = pd.DataFrame
DAYS = ("2025-01-01", "2025-07-01", "2026-01-01")
NUMBERS = (
    "order_day_count_all",
    "days_since_first_order",
    "days_since_last_order",
    "revenue_all",
)


def accounts(count: int, **fixed: Any) -> Sample:
    """Customers at three days, with numbers and a category, each as drawn unless it is fixed."""
    draw = random.Random(8)
    rows = []
    for number in range(count):
        first = draw.randint(500, 900)
        orders = draw.randint(1, 12)
        for back, day in ((365, DAYS[0]), (184, DAYS[1]), (0, DAYS[2])):
            values: dict[str, Any] = {
                "order_day_count_all": orders,
                "days_since_first_order": first - back,
                "days_since_last_order": draw.randint(1, first - back),
                "revenue_all": round(orders * draw.uniform(20, 900), 2),
                "branch": draw.choice(["steel", "food"]),
                **fixed,
            }
            rows += [
                (
                    f"{number:032x}",
                    day,
                    name,
                    None if name == "branch" else value,
                    value if name == "branch" else None,
                )
                for name, value in values.items()
            ]
    frame = pd.DataFrame(rows, columns=["sample_key", "as_of_date", "feature", "value", "category"])
    return frame.assign(value=frame["value"].astype(float))


def settings(**values: Any) -> pd.DataFrame:
    names = ("rfm", "cluster_value", "lifetime", "purchase", "buyers")
    chosen = {
        "as_of_date": DAYS[2],
        "fit_minimum_accounts": "1",
        "lifetime_past_day": DAYS[0],
        **{f"declaration_hash.{name}": "a" for name in names},
        **values,
    }
    return pd.DataFrame({"setting": list(chosen), "value": list(chosen.values())})


def keys_of(sample: Sample) -> list[str]:
    return sorted(set(sample["sample_key"]))


def fit_rfm(sample: Sample, method: str) -> pd.DataFrame:
    dimensions = pd.DataFrame(
        [
            ("recency", "days_since_last_order", 5, method, "", True),
            ("monetary", "revenue_all", 5, method, "", False),
        ],
        columns=["dimension", "kpi", "bins", "method", "thresholds", "is_descending"],
    )
    return rfm.refit(sample, dimensions, settings(), None)


def fit_clusters(sample: Sample) -> pd.DataFrame:
    feature = {
        **{"weight": 1, "transform": "none", "winsorise": None, "standardise": True},
        **{"low_label": "low", "high_label": "high", "category_label": "{}"},
    }
    numbers = {"type": "number", "missing": "median", "transform": "log", "winsorise": [0, 1]}
    declared = {
        "k": [2, 4],
        "seed": 1,
        "base": {},
        "features": [
            {**feature, **numbers, "feature": "revenue_all"},
            {**feature, "feature": "branch", "type": "category", "missing": "(unknown)"},
        ],
    }
    row = pd.DataFrame({"clustering": ["value"], "declaration": [json.dumps(declared)]})
    return clusters.refit(sample, row, settings(), None)


def fit_lifetime(sample: Sample) -> pd.DataFrame:
    return lifetime.refit(sample, settings(), None)


def fit_propensity(sample: Sample) -> pd.DataFrame:
    feature = {"feature": "revenue_all", "transform": "log", "if_missing": 0}
    model = propensity.Model("purchase", "order", None, *DAYS)
    told = settings(
        propensity_features=json.dumps([feature]), propensity_models=json.dumps([vars(model)])
    )
    return propensity.refit(sample, told, None)


def fit_tree(sample: Sample) -> pd.DataFrame:
    keys = keys_of(sample)
    targets = pd.DataFrame(
        {"sample_key": keys, "target": "buyers", "value": 0.0, "category": None}
    ).assign(value=[float(i % 2) for i in range(len(keys))])
    declared = pd.DataFrame(
        [("buyers", "buyers", None, 3, 10, 0, "[]")],
        columns=[
            *("tree", "target", "target_value", "max_depth", "minimum_leaf", "seed", "population")
        ],
    )
    features = pd.DataFrame(
        [("buyers", 1, "revenue_all", "number", False), ("buyers", 2, "branch", "text", False)],
        columns=["tree", "position", "feature", "feature_type", "is_whole"],
    )
    return decision_trees.refit(sample, targets, declared, features, settings(), None)


def fit_objective(sample: Sample) -> pd.DataFrame:
    keys = keys_of(sample)
    ideals = pd.DataFrame(
        {
            "sample_key": keys,
            "objective": "steel",
            "is_ideal": [i % 2 == 0 for i in range(len(keys))],
        }
    )
    trait = {
        **{"objective": "steel", "weight": 1.0, "transform": "log", "better": "near"},
        **{"missing": "leave_out", "target": None, "scale": None, "favoured": None},
    }
    traits = pd.DataFrame(
        [
            {**trait, "position": 1, "trait": "revenue_all", "trait_type": "number", "label": "a"},
            {**trait, "position": 2, "trait": "branch", "trait_type": "text", "label": "b"},
        ]
    )
    declared = pd.DataFrame(
        [("steel", 3, 1, 1.2, "a")],
        columns=["objective", "segments", "minimum_support", "minimum_lift", "declaration_hash"],
    )
    priors = pd.DataFrame(columns=["objective", "trait", "value", "favour", "confidence"])
    return objectives.refit(sample, ideals, declared, traits, priors, settings(), None)


FITS: dict[str, Callable[[Sample], pd.DataFrame]] = {
    "rfm, quantiles": lambda sample: fit_rfm(sample, "quantile"),
    "rfm, natural breaks": lambda sample: fit_rfm(sample, "natural_breaks"),
    "clusters": fit_clusters,
    "lifetime": fit_lifetime,
    "propensity": fit_propensity,
    "tree": fit_tree,
    "objective": fit_objective,
}
CONSTANT = {
    **{"order_day_count_all": 3, "days_since_first_order": 700, "days_since_last_order": 90},
    **{"revenue_all": 100.0, "branch": "steel"},
}
EDGES = {
    "nobody": accounts(1).head(0),
    "one customer": accounts(1),
    "two customers": accounts(2),
    "constant": accounts(80, **CONSTANT),
    "all NULL": accounts(80, **dict.fromkeys(CONSTANT)),
    "one feature NULL": accounts(80, revenue_all=None),
    "all bought once": accounts(80, order_day_count_all=1),
    "revenue below zero": accounts(80, revenue_all=-5.0),
    "usual": accounts(80),
}
# What may be NULL in the parameters: bounds and stand-ins that are not declared, and columns that
# belong to another kind of row.
MAY_BE_NULL = {
    "clusters": {"category", "if_missing", "lower_bound", "upper_bound"},
    "tree": set(decision_trees.DTYPES),
    "objective": {"value", "target", "scale", "penalty", "support", "lift"},
}


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("name", FITS)
def test_a_fit_at_its_edge_is_finite_or_says_why_there_is_none(
    name: str, edge: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fitted = FITS[name](EDGES[edge])
    said = capsys.readouterr().out
    assert list(fitted.columns)[: len(frames.HEADER)] == list(frames.HEADER)
    if not len(fitted):
        assert " written" in said
        assert "no " in said
        return
    assert "version 1" in said
    needed = fitted.drop(columns=list(MAY_BE_NULL.get(name, set()) & set(fitted.columns)))
    assert not needed.isna().any(axis=None)
    numbers = fitted.select_dtypes("number").astype(float).to_numpy()
    assert not np.isinf(numbers).any()
    for column in ("parameters", "quality"):
        # JSON without NaN, which Python would read as well
        assert "NaN" not in fitted[column].iloc[0]
        assert "Infinity" not in fitted[column].iloc[0]


# Where a fit must not be written, and where it must: else a fit that always declines would pass.
DECLINED = {
    "rfm, quantiles": ["nobody", "all NULL", "one feature NULL"],
    "rfm, natural breaks": ["nobody", "all NULL", "one feature NULL"],
    "clusters": ["nobody"],
    "lifetime": ["nobody", "all NULL", "one feature NULL", "all bought once"],
    "propensity": ["nobody", "one customer", "two customers", "constant", "all NULL"],
    "tree": ["nobody", "one customer", "two customers", "constant", "all NULL"],
    "objective": ["nobody", "constant", "all NULL"],
}


@pytest.mark.parametrize("name", FITS)
def test_what_can_be_fitted_is(name: str) -> None:
    for edge in DECLINED[name]:
        assert not len(FITS[name](EDGES[edge])), edge
    if name not in ("tree", "propensity", "objective"):
        assert len(FITS[name](EDGES["usual"]))


@pytest.mark.parametrize("name", ["rfm, quantiles", "lifetime"])
def test_a_feature_without_any_value_is_named(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    FITS[name](EDGES["one feature NULL"])
    assert "the sample has 0 accounts with" in (said := capsys.readouterr().out)
    assert said.endswith("(setting fit_minimum_accounts); no account has revenue_all\n")
