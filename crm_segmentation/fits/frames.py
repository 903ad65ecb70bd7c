"""What a dbt Python model hands over, as pandas frames, and what every fit records of itself."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib import metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

LIBRARIES = ("numpy", "pandas", "scikit-learn", "scipy")
# The feature of a stratified sample that says how many customers an account stands for.
WEIGHT = "sampling_weight"
# The columns with which every table of parameters begins.
HEADER = {
    "model_name": "str",
    "fit_version": "int64",
    "fitted_as_of": "str",
    "sample_size": "int64",
    "reason": "str",
    "declaration_hash": "str",
    "feature_hash": "str",
    "sample_hash": "str",
    "random_state": "int64",
    "parameters": "str",
    "quality": "str",
    "libraries": "str",
}


@dataclass(frozen=True)
class Fit:
    """One fit, as it is recorded in the first columns of each of its rows."""

    model_name: str
    fit_version: int
    fitted_as_of: str
    reason: str
    declaration_hash: str
    feature_hash: str
    sample_size: int
    sample_hash: str
    random_state: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    quality: Mapping[str, Any] = field(default_factory=dict)

    def header(self) -> dict[str, Any]:
        """The values of the columns of HEADER."""
        return {
            "model_name": self.model_name,
            "fit_version": self.fit_version,
            "fitted_as_of": self.fitted_as_of,
            "sample_size": self.sample_size,
            "reason": self.reason,
            "declaration_hash": self.declaration_hash,
            "feature_hash": self.feature_hash,
            "sample_hash": self.sample_hash,
            "random_state": self.random_state,
            "parameters": as_json(self.parameters),
            "quality": as_json(self.quality),
            "libraries": as_json(library_versions()),
        }


def as_json(values: Mapping[str, Any]) -> str:
    """JSON without NaN, keys sorted: the same text for the same values."""
    return json.dumps(values, sort_keys=True, allow_nan=False, default=float)


def library_versions() -> dict[str, str]:
    versions = {name: metadata.version(name) for name in LIBRARIES}
    return {"python": platform.python_version(), **versions}


def with_header(fit: Fit, rows: pd.DataFrame, dtypes: Mapping[str, str]) -> pd.DataFrame:
    """The rows of a fit behind the columns that say which fit they are of."""
    columns = {name: [value] * len(rows) for name, value in fit.header().items()}
    whole = rows.assign(**columns)
    return whole[[*HEADER, *dtypes]].astype({**HEADER, **dtypes})


def no_rows(dtypes: Mapping[str, str]) -> pd.DataFrame:
    """What a frozen fit adds: nothing, in columns of the right type."""
    return empty_frame({**HEADER, **dtypes})


def to_frame(relation: Any) -> pd.DataFrame:
    """A relation of `dbt.ref` as a pandas frame: DuckDB hands over its own, others pandas."""
    import pandas as pd

    return relation if isinstance(relation, pd.DataFrame) else relation.df()


def recorded_rows(dbt: Any, session: Any) -> pd.DataFrame | None:
    """The parameters that earlier fits wrote, None before the first or after none succeeded."""
    if not dbt.is_incremental:
        return None
    frame = to_frame(session.query(f"select * from {dbt.this!r}"))
    return frame if len(frame) else None


def rows_of_model(recorded: pd.DataFrame | None, model_name: str) -> pd.DataFrame | None:
    """What earlier fits of this one model wrote, None before the first."""
    if recorded is None or "model_name" not in recorded:
        return None
    rows = recorded[recorded["model_name"] == model_name]
    return rows if len(rows) else None


def read_settings(frame: pd.DataFrame) -> dict[str, str]:
    """The rows (setting, value) of the model `fit_settings` as a dict."""
    return dict(zip(frame["setting"], frame["value"], strict=True))


def day_of_sample(frame: pd.DataFrame, day: str | None = None) -> pd.DataFrame:
    """The rows of one day of the sample, given as YYYY-MM-DD; of the newest unless told another."""
    if "as_of_date" not in frame or not len(frame):
        return frame
    days = frame["as_of_date"].astype(str).str[:10]
    return frame[days == (day or days.max())]


def wide_sample(
    frame: pd.DataFrame, features: Sequence[str], day: str | None = None
) -> pd.DataFrame:
    """Numbers of one day of the sample, a row per account and a column per feature.

    Rows are in the order of their key and columns as asked, so a fit does not depend on the order
    in which an engine returns them.
    """
    chosen = day_of_sample(frame, day)
    chosen = chosen[chosen["feature"].isin(features)]
    wide = chosen.assign(value=chosen["value"].astype(float)).pivot(
        index="sample_key", columns="feature", values="value"
    )
    return wide.reindex(columns=list(features)).sort_index()


def wide_categories(
    frame: pd.DataFrame, features: Sequence[str], day: str | None = None
) -> pd.DataFrame:
    """Categories of one day of the sample, a row per account and a column per feature."""
    chosen = day_of_sample(frame, day)
    chosen = chosen[chosen["feature"].isin(features)]
    wide = chosen.pivot(index="sample_key", columns="feature", values="category")
    return wide.reindex(columns=list(features)).sort_index()


def sampling_weights(sample: pd.DataFrame, accounts: pd.DataFrame) -> np.ndarray | None:
    """How many customers each of these accounts stands for, in parts of their mean.

    None where all stand for as many, as in every sample without strata: such a fit is the same to
    the bit as one that knows no weights.
    """
    if not len(accounts) or not (sample["feature"] == WEIGHT).any():
        return None
    weights = wide_sample(sample, [WEIGHT])[WEIGHT].reindex(accounts.index).to_numpy(dtype=float)
    if weights.min() == weights.max():
        return None
    return weights / weights.mean()


def quantile(values: np.ndarray, shares: Any, weights: np.ndarray | None = None) -> Any:
    """The smallest values with at least these shares of the customers at or below them."""
    import numpy as np

    if weights is None:
        return np.quantile(values, shares, method="inverted_cdf")
    order = np.argsort(values, kind="stable")
    below = weights[order].cumsum()
    # a share that is reached but for the last bits of a sum is reached
    wanted = np.asarray(shares) * below[-1] * (1 - 1e-12)
    return values[order][np.searchsorted(below, wanted, side="left")]


def mean_and_deviation(values: np.ndarray, weights: np.ndarray | None = None) -> Any:
    """Of each column of the values, over the customers for whom the accounts stand."""
    import numpy as np

    if weights is None:
        return values.mean(axis=0), values.std(axis=0)
    mean = np.average(values, axis=0, weights=weights)
    return mean, np.sqrt(np.average((values - mean) ** 2, axis=0, weights=weights))


def distinct_rows(*columns: np.ndarray, weights: np.ndarray | None = None) -> Any:
    """Each combination of values once, in their order, and how many customers have it."""
    import numpy as np

    if weights is None:
        return np.unique(np.stack(columns), axis=1, return_counts=True)
    distinct, place = np.unique(np.stack(columns), axis=1, return_inverse=True)
    return distinct, np.bincount(place.ravel(), weights=weights)


def hash_of(wide: pd.DataFrame) -> str:
    """A hash of what a fit saw: keys, features and values, to the bit."""
    digest = hashlib.md5(usedforsecurity=False)
    digest.update("\n".join([*map(str, wide.columns), "", *map(str, wide.index)]).encode())
    for name in wide.columns:
        column = wide[name]
        if column.dtype.kind == "f":
            digest.update(column.to_numpy().tobytes())
        else:
            digest.update("\n".join(map(str, column.fillna(""))).encode())
    return digest.hexdigest()


def empty_frame(dtypes: Mapping[str, str]) -> pd.DataFrame:
    """A frame without rows whose columns have a type, so that the table gets the right ones."""
    import pandas as pd

    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in dtypes.items()})


def distribution(wide: pd.DataFrame) -> dict[str, Any]:
    """How each feature is spread over tenths of the sample, to compare a later sample with.

    The bounds of the tenths are rounded to three digits, so that no one account's value is kept.
    """
    import numpy as np

    found = {}
    for name in wide.columns:
        values = wide[name].dropna().to_numpy(dtype=float)
        if len(values):
            tenths = np.quantile(values, np.arange(1, 10) / 10, method="inverted_cdf")
            bounds = sorted({float(f"{bound:.3g}") for bound in tenths})
            found[str(name)] = {"bounds": bounds, "shares": shares(wide[name], bounds)}
    return found


def shares(values: pd.Series, bounds: Sequence[float]) -> list[float]:
    """Shares of the values up to each bound and above the last one; the last is of missing ones."""
    import numpy as np

    known = values.dropna().to_numpy(dtype=float)
    counts = np.bincount(np.searchsorted(bounds, known), minlength=len(bounds) + 1)
    counts = np.append(counts, len(values) - len(known))
    return [round(float(count) / max(len(values), 1), 6) for count in counts]


def stability_index(before: Sequence[float], after: Sequence[float]) -> float:
    """The population stability index of two distributions over the same bins.

    An empty bin counts as a share of 0.0001: its logarithm would be infinite.
    """
    import math

    pairs = [(max(old, 0.0001), max(new, 0.0001)) for old, new in zip(before, after, strict=True)]
    return sum((new - old) * math.log(new / old) for old, new in pairs)


def drift(reference: Mapping[str, Any], sample: pd.DataFrame) -> tuple[float, str]:
    """The largest stability index of a feature since the fit, and the feature."""
    wide = wide_sample(sample, list(reference))
    found = [
        (stability_index(known["shares"], shares(wide[name], known["bounds"])), name)
        for name, known in sorted(reference.items())
        if len(wide)
    ]
    return max(found, default=(0.0, ""))


def declared_hash(settings: Mapping[str, str], model_name: str) -> str:
    """The hash of its declaration. Error: the settings are of a run that knew no such model."""
    name = f"declaration_hash.{model_name}"
    if name not in settings:
        declared = ", ".join(sorted(key.split(".")[1] for key in settings if "declaration" in key))
        raise ValueError(
            f"Model not declared in fit_settings: got {model_name}; allowed: {declared}. The table "
            "is of an earlier run: build what the fit reads with it, by a + before its name."
        )
    return settings[name]


def definitions(settings: Mapping[str, str], model_name: str) -> dict[str, str]:
    """What the model reads, like `attribute revenue_365d`, with a hash of what it means today."""
    lines = settings.get(f"definitions.{model_name}", "").splitlines()
    return dict(line.rsplit("=", 1) for line in lines)


def feature_hash(settings: Mapping[str, str], model_name: str) -> str:
    """One hash of all that the model reads; the model `model_versions` makes the same."""
    text = settings.get(f"definitions.{model_name}", "")
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def tell_of_definitions(
    model_name: str, newest: Mapping[str, Any], settings: Mapping[str, str]
) -> None:
    """Say what means something else today than for the newest fit, which stays as it is.

    Nothing is said of a fit that was recorded before definitions were.
    """
    recorded = json.loads(newest["parameters"]).get("definitions")
    if recorded is None or newest.get("feature_hash") == feature_hash(settings, model_name):
        return
    today = definitions(settings, model_name)
    changed = sorted({*today.items()} ^ {*recorded.items()})
    names = ", ".join(dict.fromkeys(name for name, _ in changed))
    say(
        model_name,
        f"version {newest['fit_version']} was fitted on other definitions of {names}, and stays. "
        f"To fit it anew: --vars '{{refit: [{model_name}]}}'",
    )


def reason_to_fit(
    model_name: str,
    recorded: pd.DataFrame | None,
    settings: Mapping[str, str],
    asked: Sequence[str] | str | bool | None = (),
    sample: Any = None,
) -> str | None:
    """Why to fit now, None while the parameters stay frozen.

    `first` without a fit, `declaration` where the newest one is of another declaration, `asked`
    where this very run names the model, `age` and `drift` where the newest one is older, or its
    sample further from `sample`, than the settings allow. A changed definition of what the model
    reads is told, and is no reason.
    """
    rows = rows_of_model(recorded, model_name)
    if rows is None:
        return "first"
    newest = rows[rows["fit_version"] == rows["fit_version"].max()].iloc[0]
    if newest["declaration_hash"] != declared_hash(settings, model_name):
        return "declaration"
    if is_asked(model_name, asked):
        return "asked"
    version = newest["fit_version"]
    allowed_days = settings.get(f"refit_after_days.{model_name}")
    days = days_between(newest["fitted_as_of"], settings["as_of_date"])
    if allowed_days is not None and days >= int(allowed_days):
        say(model_name, f"version {version} is {days} days old, {allowed_days} are allowed")
        return "age"
    allowed_drift = settings.get(f"refit_above_drift.{model_name}")
    reference = json.loads(newest["parameters"]).get("distribution")
    if allowed_drift is not None and reference and sample is not None:
        found, feature = drift(reference, to_frame(sample))
        if found > float(allowed_drift):
            say(
                model_name,
                f"{feature} drifted by {found:.3f} since version {version}, "
                f"{allowed_drift} is allowed",
            )
            return "drift"
    tell_of_definitions(model_name, newest, settings)
    return None


def is_asked(model_name: str, asked: Sequence[str] | str | bool | None) -> bool:
    """Whether the setting `refit` asks for this model: true, or a list that names it."""
    if not asked or isinstance(asked, bool):
        return bool(asked)
    if isinstance(asked, str):
        return asked.lower() == "true" or asked == model_name
    return model_name in asked


def days_between(first: str, last: str) -> int:
    return (date.fromisoformat(last) - date.fromisoformat(first)).days


def next_version(recorded: pd.DataFrame | None, model_name: str) -> int:
    rows = rows_of_model(recorded, model_name)
    return 1 if rows is None else int(rows["fit_version"].max()) + 1


def new_fit(
    model_name: str,
    reason: str,
    recorded: pd.DataFrame | None,
    settings: Mapping[str, str],
    wide: pd.DataFrame,
    random_state: int = 0,
    parameters: Mapping[str, Any] | None = None,
    quality: Mapping[str, Any] | None = None,
    sample: pd.DataFrame | None = None,
    features: Sequence[str] = (),
) -> Fit:
    """The record of a fit on these accounts.

    `features` are the numbers of `sample` that are compared with those of a later one, over all of
    its accounts: a fit without them never drifts.
    """
    spread: dict[str, Any] = {}
    if sample is not None and features:
        spread = {"distribution": distribution(wide_sample(sample, features))}
    weights = None if sample is None else sampling_weights(sample, wide)
    if weights is not None:
        spread["weights"] = [round(float(one), 6) for one in (weights.min(), weights.max())]
    return Fit(
        model_name=model_name,
        fit_version=next_version(recorded, model_name),
        fitted_as_of=settings["as_of_date"],
        reason=reason,
        declaration_hash=declared_hash(settings, model_name),
        feature_hash=feature_hash(settings, model_name),
        sample_size=len(wide),
        sample_hash=hash_of(wide),
        random_state=random_state,
        parameters={
            **(parameters or {}),
            **spread,
            "definitions": definitions(settings, model_name),
        },
        quality=quality or {},
    )


def matched_ids(
    apart: np.ndarray, old_ids: Sequence[int], next_id: int, beyond: float = float("inf")
) -> list[int]:
    """Ids of what a refit found, so that they stay with the customers whom they named before.

    `apart` has a row per new one, a column per old one. Each takes the id of the old one to which
    it is matched at the least total distance. Who is left over, or `beyond` that distance or more
    from his match, takes one that never was.
    """
    from scipy.optimize import linear_sum_assignment

    new, old = linear_sum_assignment(apart)
    matched = {
        int(i): old_ids[j] for i, j in zip(new, old, strict=True) if float(apart[i, j]) < beyond
    }
    fresh = iter(range(next_id, next_id + len(apart)))
    return [matched[i] if i in matched else next(fresh) for i in range(len(apart))]


def nobody_has(wide: pd.DataFrame, features: Sequence[str]) -> str:
    """The end of a sentence: of which of these features there is no value at all."""
    blank = [name for name in features if len(wide) and wide[name].isna().all()]
    return f"; no account has {', '.join(blank)}" if blank else ""


def counted(count: int, what: str) -> str:
    """1 account, 2 accounts."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def say(fit: str, what: str) -> None:
    """A line for the log of the run: dbt prints what a Python model prints."""
    print(f"{fit}: {what}", flush=True)
