"""Propensities: nothing is learned from later days, and scores are scikit-learn's own."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from crm_segmentation.fits import frames, propensity

DAYS = {"older_day": "2025-01-01", "newer_day": "2025-07-01", "end_day": "2026-01-01"}
CHURN = propensity.Model("churn", "no_order", 365, **DAYS)
PURCHASE = propensity.Model("purchase", "order", None, **DAYS)
FEATURES = [
    propensity.Feature("days_since_last_order", "log", None),
    propensity.Feature("orders", "log", None),
    propensity.Feature("interval", "none", 365),
]


def company(size: int = 600, seed: int = 4) -> pd.DataFrame:
    """A sample of customers who order at a known probability, at the three days."""
    draw = np.random.default_rng(seed)
    readiness = draw.normal(size=size)
    rows = []
    last_order = -np.maximum(1, np.rint(np.exp(draw.normal(4.5, 0.8, size) - 0.4 * readiness)))
    orders = np.maximum(1, np.rint(np.exp(0.7 * readiness + draw.normal(0.7, 0.3, size))))
    start = np.datetime64("2025-01-01")
    for day in DAYS.values():
        now = int((np.datetime64(day) - start).astype(int))
        interval = np.where(orders > 1, np.rint(400 / orders), np.nan)
        for name, values in (
            ("days_since_last_order", now - last_order),
            ("orders", orders),
            ("interval", interval),
        ):
            rows.append(
                pd.DataFrame(
                    {
                        "sample_key": [f"{number:032x}" for number in range(size)],
                        "as_of_date": pd.Timestamp(day),
                        "feature": name,
                        "value": values,
                    }
                )
            )
        buys = draw.random(size) < expit(readiness - 0.5)
        last_order = np.where(buys, now + draw.integers(0, 180, size), last_order)
        orders = orders + buys
    return pd.concat(rows, ignore_index=True)


def settings(*models: propensity.Model, **changes: str) -> pd.DataFrame:
    chosen = {
        "as_of_date": "2026-01-01",
        "fit_minimum_accounts": "50",
        "propensity_features": json.dumps([vars(item) for item in FEATURES]),
        "propensity_models": json.dumps([vars(item) for item in models or (CHURN, PURCHASE)]),
        "declaration_hash.churn": "as declared",
        "declaration_hash.purchase": "as declared",
        **changes,
    }
    return pd.DataFrame({"setting": list(chosen), "value": list(chosen.values())})


def window(sample: pd.DataFrame, day: str, end: str) -> propensity.Window:
    return propensity.read_window(sample, FEATURES, PURCHASE, DAYS[day], DAYS[end])


def same(a: propensity.Window, b: propensity.Window) -> bool:
    return (
        a.values.equals(b.values)
        and np.array_equal(a.outcome, b.outcome)
        and np.array_equal(a.recency, b.recency)
    )


# time


def test_the_outcome_is_an_order_between_the_days() -> None:
    day, end = pd.Timestamp("2025-07-01"), pd.Timestamp("2026-01-01")
    since = {"on_the_day": 184, "day_before": 185, "last_day": 1, "never_again": 400}
    sample = pd.DataFrame(
        [(key, day, "days_since_last_order", 20.0) for key in since]
        + [(key, end, "days_since_last_order", float(days)) for key, days in since.items()],
        columns=["sample_key", "as_of_date", "feature", "value"],
    )
    found = {
        model.name: propensity.read_window(
            sample, FEATURES[:1], model, DAYS["newer_day"], DAYS["end_day"]
        )
        for model in (CHURN, PURCHASE)
    }
    keys = list(found["purchase"].values.index)
    bought = dict(zip(keys, found["purchase"].outcome, strict=True))
    assert bought == {
        "on_the_day": True, "day_before": False, "last_day": True, "never_again": False
    }  # fmt: skip
    assert list(found["churn"].outcome) == [not bought[key] for key in keys]


def test_only_active_customers_can_churn() -> None:
    day, end = pd.Timestamp("2025-07-01"), pd.Timestamp("2026-01-01")
    sample = pd.DataFrame(
        [
            (key, when, "days_since_last_order", float(days + later))
            for key, days in (("a", 365), ("b", 366), ("c", 1))
            for when, later in ((day, 0), (end, 184))
        ],
        columns=["sample_key", "as_of_date", "feature", "value"],
    )
    for model, keys in ((CHURN, ["a", "c"]), (PURCHASE, ["a", "b", "c"])):
        found = propensity.read_window(
            sample, FEATURES[:1], model, DAYS["newer_day"], DAYS["end_day"]
        )
        assert list(found.values.index) == keys


@pytest.mark.parametrize("end", ["older_day", "newer_day"])
def test_an_outcome_that_is_not_later_is_refused(end: str) -> None:
    with pytest.raises(ValueError, match="not after its features"):
        window(company(), "newer_day", end)


def test_what_comes_after_the_split_changes_nothing_in_the_fit() -> None:
    """Each row after the features, but the one fact of the outcome, is spoiled or removed."""
    sample = company()
    older = window(sample, "older_day", "newer_day")
    later = sample["as_of_date"] > DAYS["older_day"]
    is_outcome = (sample["as_of_date"] == DAYS["newer_day"]) & (
        sample["feature"] == "days_since_last_order"
    )
    spoiled = sample.copy()
    spoiled.loc[later & ~is_outcome, "value"] = 12345.0
    removed = sample[~later | is_outcome]
    for other in (spoiled, removed):
        assert same(older, window(other, "older_day", "newer_day"))
    # the comparison can fail: a row of the day itself does change it
    own = sample.copy()
    own.loc[own["as_of_date"] == DAYS["older_day"], "value"] += 1
    assert not same(older, window(own, "older_day", "newer_day"))


def test_a_feature_that_knows_the_future_gains_nothing_from_later_days() -> None:
    """A KPI that is the outcome itself, but only at days after the features."""
    sample = company()
    honest = window(sample, "older_day", "newer_day")
    knowing = sample.copy()
    for day, end in (("older_day", "newer_day"), ("newer_day", "end_day")):
        truth = window(sample, day, end)
        bought = dict(zip(truth.values.index, truth.outcome * 100.0, strict=True))
        there = (knowing["as_of_date"] == DAYS[end]) & (knowing["feature"] == "interval")
        knowing.loc[there, "value"] = knowing.loc[there, "sample_key"].map(bought)
    blind = window(knowing, "older_day", "newer_day")
    assert same(honest, blind)
    told = frames.wide_sample(knowing, ["interval"], DAYS["newer_day"])["interval"]
    assert np.array_equal(told.to_numpy() > 50, blind.outcome), "the planted feature does not leak"


def test_the_test_of_a_model_is_of_days_that_it_has_not_seen() -> None:
    """Other outcomes of the newer window change what scores, not what is tried on them."""
    sample = company()
    tried = propensity.fit(window(sample, "older_day", "newer_day"))
    other = sample.copy()
    last = other["as_of_date"] == DAYS["end_day"]
    other.loc[last, "value"] = other.loc[last, "value"].to_numpy()[::-1]
    again = propensity.fit(window(other, "older_day", "newer_day"))
    assert again.intercept == tried.intercept
    assert np.array_equal(again.coefficient, tried.coefficient)
    final = [propensity.fit(window(rows, "newer_day", "end_day")) for rows in (sample, other)]
    assert final[0].intercept != final[1].intercept


# the fit


def test_probabilities_are_those_of_scikit_learn() -> None:
    newer = window(company(), "newer_day", "end_day")
    values = newer.values.to_numpy()
    scaled = (values - values.mean(axis=0)) / values.std(axis=0)
    whole = CalibratedClassifierCV(
        LogisticRegression(max_iter=1000, tol=1e-8),
        method="sigmoid",
        cv=StratifiedKFold(5, shuffle=True, random_state=propensity.RANDOM_STATE),
        ensemble=False,
    ).fit(np.clip(scaled, -5, 5), newer.outcome)
    expected = whole.predict_proba(np.clip(scaled, -5, 5))[:, 1]
    assert propensity.fit(newer).probability(values) == pytest.approx(expected, abs=1e-12)


def test_a_fit_beats_the_base_rate_where_there_is_something_to_learn() -> None:
    fitted = propensity.refit(company(3000), settings(PURCHASE), None)
    quality = json.loads(fitted["quality"].iloc[0])
    assert quality["auc"] > quality["auc_recency_rule"] > 0.5
    for measure in ("brier", "log_loss"):
        assert quality[measure] < quality[f"{measure}_base_rate"]
        assert quality[measure] < quality[f"{measure}_recency_rule"]
    assert quality["calibration_error"] < 0.1
    counts = fitted.loc[fitted["parameter"] == "bin_accounts", "value"]
    assert list(counts) == [300.0] * 10


def test_measures_of_four_customers_by_hand() -> None:
    older = propensity.Window(
        pd.DataFrame(index=range(4)), np.array([1, 1, 400, 400]), np.array([1, 1, 0, 0], bool)
    )
    newer = propensity.Window(
        pd.DataFrame(index=range(4)), np.array([1, 400, 1, 400]), np.array([1, 0, 0, 1], bool)
    )
    found = propensity.quality(np.array([0.9, 0.1, 0.6, 0.4]), older, newer)
    assert found["auc"] == 0.75
    assert found["brier"] == pytest.approx((0.01 + 0.01 + 0.36 + 0.36) / 4)
    assert found["brier_base_rate"] == 0.25
    # shares of the two groups, drawn towards one half by one customer: 2.5 / 3 and 0.5 / 3
    high, low = 2.5 / 3, 0.5 / 3
    assert found["brier_recency_rule"] == pytest.approx(
        ((1 - high) ** 2 + low**2 + high**2 + (1 - low) ** 2) / 4, abs=1e-6
    )
    assert found["calibration_error"] == pytest.approx((0.1 + 0.1 + 0.6 + 0.6) / 4)
    assert found["foretold_share"] == 0.5
    assert found["calibration_error_at_level"] == found["calibration_error"]
    # one customer a group: sqrt(2 / pi) of the roots of p (1 - p)
    by_hand = 0.797885 * (2 * 0.3 + 2 * 0.489898) / 4
    assert found["calibration_error_by_chance"] == pytest.approx(by_hand, abs=1e-5)


def test_what_chance_does_to_a_calibration_is_what_draws_show() -> None:
    draw = np.random.default_rng(4)
    right = draw.beta(2, 5, size=700)
    drawn = [propensity.calibration_error(right, draw.random(700) < right) for _ in range(400)]
    assert propensity.error_by_chance(right) == pytest.approx(np.mean(drawn), rel=0.05)
    # and chance is all that is left of a model that errs in nothing but the level
    outcome = draw.random(700) < right
    wrong = expit(np.log(right / (1 - right)) - 1)
    level = propensity.at_level(wrong, outcome.mean())
    assert level.mean() == pytest.approx(outcome.mean())
    assert propensity.calibration_error(wrong, outcome) > 0.1
    assert propensity.calibration_error(level, outcome) < np.quantile(drawn, 0.99)
    assert (np.argsort(level) == np.argsort(wrong)).all()


def test_a_fit_is_the_same_to_the_bit_whatever_the_order_of_rows() -> None:
    sample = company()
    first = propensity.refit(sample, settings(), None)
    second = propensity.refit(sample.sample(frac=1, random_state=9), settings(), None)
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    assert set(first["model_name"]) == {"churn", "purchase"}


def test_parameters_are_frozen_until_a_refit_is_asked_for() -> None:
    first = propensity.refit(company(), settings(), None)
    assert set(first["fit_version"]) == {1}
    assert len(propensity.refit(company(seed=5), settings(), first)) == 0
    again = propensity.refit(company(seed=5), settings(), first, ["churn"])
    assert set(again["model_name"]) == {"churn"}
    assert set(again["fit_version"]) == {2}


# too little


def without(feature: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda rows: rows.assign(value=rows["value"].mask(rows["feature"] == feature))


def nobody_orders(rows: pd.DataFrame) -> pd.DataFrame:
    later = (rows["feature"] == "days_since_last_order") & (rows["as_of_date"] > DAYS["older_day"])
    return rows.assign(value=rows["value"].mask(later, 5000.0))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda rows: rows.head(0), "0 customers"),
        (lambda rows: rows[rows["sample_key"] == f"{0:032x}"], "1 customers|0 customers"),
        (lambda rows: rows[rows["sample_key"] < f"{40:032x}"], "at least 50"),
        (lambda rows: rows[rows["as_of_date"] > DAYS["older_day"]], "0 customers"),
        (nobody_orders, "who did not|who did"),
        (without("orders"), "0 customers"),
    ],
    ids=["no rows", "one", "few", "no history", "one outcome", "all NULL"],
)
def test_too_little_writes_nothing_and_says_so(change, why, capsys) -> None:
    fitted = propensity.refit(change(company()), settings(PURCHASE), None)
    assert len(fitted) == 0
    assert list(fitted.dtypes) == list(propensity.refit(company(), settings(), None).dtypes)
    said = capsys.readouterr().out
    assert "no parameters written of purchase" in said
    pd.Series([said]).str.contains(why, regex=True).all()
    assert pd.Series([said]).str.contains(why, regex=True).all(), said


def test_constant_and_missing_features_say_nothing_and_nothing_is_nan() -> None:
    sample = company()
    sample.loc[sample["feature"] == "orders", "value"] = 3.0
    sample = without("interval")(sample)
    fitted = propensity.refit(sample, settings(), None)
    assert set(fitted["model_name"]) == {"churn", "purchase"}
    assert np.isfinite(fitted["value"]).all()
    coefficients = fitted[fitted["parameter"] == "coefficient"].set_index(["model_name", "name"])
    for name in ("orders", "interval"):
        assert coefficients.loc[("purchase", name), "value"] == pytest.approx(0, abs=1e-9)


def test_outcomes_that_a_feature_tells_apart_stay_finite() -> None:
    sample = company()
    newer = window(sample, "newer_day", "end_day")
    values = newer.values.assign(orders=newer.outcome * 1.0)
    fitted = propensity.fit(propensity.Window(values, newer.recency, newer.outcome))
    probability = fitted.probability(values.to_numpy())
    assert np.isfinite(probability).all()
    assert probability[newer.outcome].min() > probability[~newer.outcome].max()
