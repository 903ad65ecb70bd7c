"""Calibrated probabilities that a customer churns or buys, fitted on the past and tested later.

The features of a customer stand at the end of a past month and the outcome in the months after it:
whether his last order, seen from the end of these months, lies in them. The model is tried as it
will be used: fitted on an older window and judged on a newer one, of which it has seen nothing; the
parameters that score come from the newer window, by the same procedure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm_segmentation.fits import frames

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

NAME = "propensity_parameters"
RANDOM_STATE = 20_250_101
RECENCY = "days_since_last_order"
# Beyond this many standard deviations a value says no more; the SQL that scores clips there, too.
CLIP = 5.0
BINS = 10
FOLDS = 5
# Of either outcome there must be as many, in either window.
LEAST_OF_OUTCOME = 10
# The rule that a model has to beat: the share among customers of the same recency, in days.
RECENCY_GROUPS = (30, 90, 180, 365)
DTYPES = {"parameter": "str", "name": "str", "value": "float64"}


class NotFittedError(ValueError):
    """The sample does not give a model; the text says why."""


@dataclass(frozen=True)
class Feature:
    """A declared feature: a KPI, how it is transformed, and what stands in for NULL."""

    feature: str
    transform: str
    if_missing: float | None


@dataclass(frozen=True)
class Model:
    """A declared model: what is predicted, of whom, and the three days that it learns from."""

    name: str
    outcome: str
    active_days: int | None
    older_day: str
    newer_day: str
    end_day: str


@dataclass(frozen=True)
class Window:
    """Features of customers at one day, and what they had done by a later one."""

    values: pd.DataFrame
    recency: np.ndarray
    outcome: np.ndarray
    weights: np.ndarray | None = None


@dataclass(frozen=True)
class Fitted:
    """Scaling, logistic regression and the sigmoid that calibrates it."""

    mean: np.ndarray
    scale: np.ndarray
    coefficient: np.ndarray
    intercept: float
    slope: float
    offset: float

    def probability(self, values: np.ndarray) -> np.ndarray:
        """From transformed values; what the SQL computes, in numpy."""
        from scipy.special import expit

        score = self.intercept + scaled(values, self.mean, self.scale) @ self.coefficient
        return expit(-(self.slope * score + self.offset))


def read_declarations(settings: Mapping[str, str]) -> tuple[list[Feature], list[Model]]:
    """What `fit_settings` says of the propensities, in order of the names."""
    features = [Feature(**item) for item in json.loads(settings["propensity_features"])]
    models = [Model(**item) for item in json.loads(settings["propensity_models"])]
    return sorted(features, key=lambda item: item.feature), models


def read_window(
    sample: pd.DataFrame, features: Sequence[Feature], model: Model, day: str, end: str
) -> Window:
    """Features from the rows of `day` alone, the outcome from those of `end`.

    Error: the outcome does not lie after the features.
    """
    import numpy as np

    if not day < end:
        raise ValueError(
            f"Outcome of model {model.name} not after its features: got features of {day} and an "
            f"outcome by {end}; allowed: a later day. Ask for the outcome at a later day."
        )
    names = [item.feature for item in features]
    wide = frames.wide_sample(sample, [*names, *([] if RECENCY in names else [RECENCY])], day)
    for item in features:
        if item.if_missing is not None:
            wide[item.feature] = wide[item.feature].fillna(item.if_missing)
    wide = wide.dropna()
    if model.active_days is not None:
        wide = wide[wide[RECENCY] <= model.active_days]
    since = frames.wide_sample(sample, [RECENCY], end)[RECENCY].reindex(wide.index)
    length = np.datetime64(end) - np.datetime64(day)
    bought = (since <= length.astype(int)).to_numpy()
    values = wide[names].copy()
    for item in features:
        values[item.feature] = transform(values[item.feature].to_numpy(), item.transform)
    return Window(
        values,
        wide[RECENCY].to_numpy(),
        bought if model.outcome == "order" else ~bought,
        frames.sampling_weights(sample, wide),
    )


def transform(values: np.ndarray, how: str) -> np.ndarray:
    """`log` is sign(x) ln(1 + |x|), for amounts and counts."""
    import numpy as np

    return np.sign(values) * np.log1p(np.abs(values)) if how == "log" else values


def scaled(values: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.clip((values - mean) / scale, -CLIP, CLIP)


def classifier() -> Any:
    """scikit-learn's logistic regression, calibrated by a sigmoid on folds that it did not see."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold

    return CalibratedClassifierCV(
        LogisticRegression(max_iter=1000, tol=1e-8),
        method="sigmoid",
        cv=StratifiedKFold(FOLDS, shuffle=True, random_state=RANDOM_STATE),
        ensemble=False,
    )


def check(window: Window, model: Model, least: int, day: str) -> None:
    """Error: too few customers, or too few of one outcome, to fit or to judge."""
    found, positive = len(window.outcome), int(window.outcome.sum())
    if found < least:
        raise NotFittedError(
            f"{found} customers of the sample could {model.name} as of {day}, at least {least} "
            "are needed (setting fit_minimum_accounts)"
        )
    if min(positive, found - positive) < LEAST_OF_OUTCOME:
        raise NotFittedError(
            f"of {found} customers as of {day} {positive} did {model.name}; at least "
            f"{LEAST_OF_OUTCOME} who did and {LEAST_OF_OUTCOME} who did not are needed"
        )


def fit(window: Window) -> Fitted:
    """One thread: sums in another order would differ in the last bit."""
    import numpy as np
    from threadpoolctl import threadpool_limits

    values = window.values.to_numpy(dtype=float)
    constant = values.min(axis=0) == values.max(axis=0)
    average, deviation = frames.mean_and_deviation(values, window.weights)
    mean = np.where(constant, values[0], average)
    scale = np.where(constant | (deviation == 0), 1.0, deviation)
    with threadpool_limits(limits=1):
        fitted = classifier().fit(
            scaled(values, mean, scale), window.outcome, sample_weight=window.weights
        )
    inner = fitted.calibrated_classifiers_[0]
    return Fitted(
        mean,
        scale,
        inner.estimator.coef_[0],
        float(inner.estimator.intercept_[0]),
        float(inner.calibrators[0].a_),
        float(inner.calibrators[0].b_),
    )


def bins(probability: np.ndarray, outcome: np.ndarray) -> pd.DataFrame:
    """Customers in ten groups of equal size by probability: how many, foretold, and come true."""
    import numpy as np
    import pandas as pd

    order = np.argsort(probability, kind="stable")
    groups = [group for group in np.array_split(order, BINS) if len(group)]
    return pd.DataFrame(
        {
            "accounts": [len(group) for group in groups],
            "predicted": [float(probability[group].mean()) for group in groups],
            "observed": [float(outcome[group].mean()) for group in groups],
        }
    )


def calibration_error(probability: np.ndarray, outcome: np.ndarray) -> float:
    """How far foretold and observed shares of the ten groups lie apart, weighted by size."""
    table = bins(probability, outcome)
    apart = (table["predicted"] - table["observed"]).abs()
    return float((apart * table["accounts"]).sum() / table["accounts"].sum())


def error_by_chance(probability: np.ndarray) -> float:
    """The calibration error to expect were each probability exactly right.

    An observed share is about normal around the foretold one; its mean distance from there is
    sqrt(2 / pi) standard deviations.
    """
    import numpy as np

    groups = np.array_split(np.sort(probability), BINS)
    deviations = [np.sqrt((group * (1 - group)).sum()) for group in groups]
    return float(np.sqrt(2 / np.pi) * sum(deviations) / len(probability))


def at_level(probability: np.ndarray, share: float) -> np.ndarray:
    """The probabilities with all log odds moved alike, so that their mean is the share."""
    import numpy as np
    from scipy.optimize import brentq
    from scipy.special import expit, logit

    odds = logit(np.clip(probability, 1e-9, 1 - 1e-9))
    return np.asarray(expit(odds + brentq(lambda move: expit(odds + move).mean() - share, -50, 50)))


def recency_rule(older: Window, newer: Window) -> np.ndarray:
    """The share of the older window among customers of the same recency, at least half known."""
    import numpy as np

    groups = np.digitize(older.recency, RECENCY_GROUPS, right=True)
    overall = older.outcome.mean()
    shares = np.array(
        [
            (older.outcome[groups == group].sum() + overall) / ((groups == group).sum() + 1)
            for group in range(len(RECENCY_GROUPS) + 1)
        ]
    )
    return shares[np.digitize(newer.recency, RECENCY_GROUPS, right=True)]


def quality(probability: np.ndarray, older: Window, newer: Window) -> dict[str, Any]:
    """How the model of the older window foretold the newer one, beside two simpler ways to."""
    import numpy as np
    from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

    outcome = newer.outcome
    base = np.full(len(outcome), older.outcome.mean())
    rule = recency_rule(older, newer)
    level = at_level(probability, float(outcome.mean()))
    measures: dict[str, Any] = {
        "train_accounts": len(older.outcome),
        "train_share": float(older.outcome.mean()),
        "test_accounts": len(outcome),
        "test_share": float(outcome.mean()),
        "auc": float(roc_auc_score(outcome, probability)),
        "auc_recency_rule": float(roc_auc_score(outcome, rule)),
        "foretold_share": float(probability.mean()),
        "calibration_error": calibration_error(probability, outcome),
        "calibration_error_at_level": calibration_error(level, outcome),
        "calibration_error_by_chance": error_by_chance(probability),
    }
    for name, foretold in (("", probability), ("_base_rate", base), ("_recency_rule", rule)):
        measures[f"brier{name}"] = float(brier_score_loss(outcome, foretold))
        measures[f"log_loss{name}"] = float(log_loss(outcome, foretold))
    return {
        name: round(value, 6) if isinstance(value, float) else value
        for name, value in measures.items()
    }


def parameter_rows(
    fitted: Fitted, features: Sequence[Feature], calibration: pd.DataFrame
) -> pd.DataFrame:
    import pandas as pd

    rows: list[tuple[str, str, float]] = [
        ("intercept", "-", fitted.intercept),
        ("calibration_slope", "-", fitted.slope),
        ("calibration_offset", "-", fitted.offset),
    ]
    for i, item in enumerate(features):
        rows += [
            ("coefficient", item.feature, fitted.coefficient[i]),
            ("mean", item.feature, fitted.mean[i]),
            ("scale", item.feature, fitted.scale[i]),
        ]
    for number, line in enumerate(calibration.itertuples(), start=1):
        rows += [
            ("bin_accounts", f"{number:02}", line.accounts),
            ("bin_predicted", f"{number:02}", line.predicted),
            ("bin_observed", f"{number:02}", line.observed),
        ]
    return pd.DataFrame(rows, columns=list(DTYPES)).astype(DTYPES)


def refit_one(
    sample: pd.DataFrame,
    settings: Mapping[str, str],
    features: Sequence[Feature],
    model: Model,
    recorded: pd.DataFrame | None,
    reason: str,
) -> pd.DataFrame:
    """The rows of one model. Error: NotFittedError."""
    least = int(settings["fit_minimum_accounts"])
    older = read_window(sample, features, model, model.older_day, model.newer_day)
    check(older, model, least, model.older_day)
    newer = read_window(sample, features, model, model.newer_day, model.end_day)
    check(newer, model, least, model.newer_day)
    probability = fit(older).probability(newer.values.to_numpy(dtype=float))
    final = fit(newer)
    record = frames.new_fit(
        model.name,
        reason,
        recorded,
        settings,
        newer.values.assign(outcome=newer.outcome.astype(float)),
        random_state=RANDOM_STATE,
        parameters={
            "outcome": model.outcome,
            "older_day": model.older_day,
            "newer_day": model.newer_day,
            "end_day": model.end_day,
        },
        quality=quality(probability, older, newer),
        sample=sample,
        features=[one.feature for one in features],
    )
    frames.say(
        NAME,
        f"{model.name}, version {record.fit_version}: fitted on {len(newer.outcome)} customers "
        f"as of {model.newer_day} ({reason})",
    )
    rows = parameter_rows(final, features, bins(probability, newer.outcome))
    return frames.with_header(record, rows, DTYPES)


def refit(
    sample: Any,
    settings: Any,
    recorded: pd.DataFrame | None,
    asked: Sequence[str] | str | bool | None = False,
) -> pd.DataFrame:
    """The new rows of all models: none of one that is frozen or that the sample does not give."""
    import pandas as pd

    chosen = frames.read_settings(frames.to_frame(settings))
    features, models = read_declarations(chosen)
    rows = frames.to_frame(sample)
    found = []
    for model in models:
        reason = frames.reason_to_fit(model.name, recorded, chosen, asked, rows)
        if reason is None:
            continue
        try:
            found.append(refit_one(rows, chosen, features, model, recorded, reason))
        except NotFittedError as error:
            frames.say(NAME, f"no parameters written of {model.name}: {error}")
    return pd.concat(found, ignore_index=True) if found else frames.no_rows(DTYPES)
