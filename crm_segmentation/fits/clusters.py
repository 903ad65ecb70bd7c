"""k-means on standardised, weighted features, with cluster ids that survive a refit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm_segmentation.fits import frames

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

NAME = "cluster_parameters"
MODEL = "clusters"
RANDOM_STATE = 20_250_101
# Beyond this many standard deviations a value is no further out: one giant account would otherwise
# be a cluster of its own. The SQL that places accounts clips at the same point.
CLIP = 5.0
TRIM = (0.02, 0.98)
DTYPES = {
    "cluster_id": "int64",
    "cluster_label": "str",
    "feature": "str",
    "transform": "str",
    "feature_mean": "float64",
    "feature_scale": "float64",
    "weight": "float64",
    "centroid": "float64",
}


@dataclass(frozen=True)
class Feature:
    """One declared feature: a KPI, how it is transformed, weighted, and called when extreme."""

    name: str
    transform: str
    weight: float
    if_missing: float | None
    low_label: str
    high_label: str


@dataclass(frozen=True)
class Scaling:
    """What turns transformed values into coordinates: `(x - mean) / scale`, clipped, weighted."""

    mean: np.ndarray
    scale: np.ndarray
    weight: np.ndarray

    def coordinates(self, values: np.ndarray) -> np.ndarray:
        import numpy as np

        return np.clip((values - self.mean) / self.scale, -CLIP, CLIP) * self.weight

    def values(self, coordinates: np.ndarray) -> np.ndarray:
        return coordinates / self.weight * self.scale + self.mean


def read_features(frame: pd.DataFrame) -> list[Feature]:
    """The rows of the model `cluster_features`, in the order of the name."""
    import pandas as pd

    return [
        Feature(
            name=row.feature,
            transform=row.transform,
            weight=float(row.weight),
            if_missing=None if pd.isna(row.if_missing) else float(row.if_missing),
            low_label=row.low_label,
            high_label=row.high_label,
        )
        for row in frame.sort_values("feature").itertuples()
    ]


def transform(values: np.ndarray, how: str) -> np.ndarray:
    """`log` tames amounts and counts whose largest is a thousand times their median."""
    import numpy as np

    return np.sign(values) * np.log1p(np.abs(values)) if how == "log" else values


def prepare(wide: pd.DataFrame, features: list[Feature]) -> pd.DataFrame:
    """Transformed values of the accounts that have every feature, missing ones filled first."""
    filled = wide[[feature.name for feature in features]].copy()
    for feature in features:
        if feature.if_missing is not None:
            filled[feature.name] = filled[feature.name].fillna(feature.if_missing)
    complete = filled.dropna()
    for feature in features:
        complete = complete.assign(
            **{feature.name: transform(complete[feature.name].to_numpy(), feature.transform)}
        )
    return complete


def fit_scaling(values: np.ndarray, weight: np.ndarray) -> Scaling:
    """Mean and standard deviation, the outermost values drawn in to the 2nd and 98th percentile.

    Else one giant account would stretch the scale until all others looked alike. A feature that is
    constant but for these keeps its plain deviation; a constant one gets the scale 1 and counts for
    nothing.
    """
    import numpy as np

    low, high = np.quantile(values, TRIM, axis=0, method="inverted_cdf")
    trimmed = np.clip(values, low, high)
    constant = values.min(axis=0) == values.max(axis=0)
    scale = np.where(low == high, values.std(axis=0), trimmed.std(axis=0))
    # nearly constant values can have a deviation that underflows to zero
    scale = np.where(constant | (scale == 0), 1.0, scale)
    return Scaling(np.where(constant, values[0], trimmed.mean(axis=0)), scale, weight)


def fit_centroids(coordinates: np.ndarray, count: int) -> np.ndarray:
    """Centroids of k-means, the largest cluster first; fewer where points are fewer.

    One thread: sums in another order would differ in the last bit.
    """
    import numpy as np
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    distinct = len(np.unique(coordinates, axis=0))
    with threadpool_limits(limits=1):
        model = KMeans(n_clusters=min(count, distinct), n_init=10, random_state=RANDOM_STATE).fit(
            coordinates
        )
    sizes = np.bincount(model.labels_, minlength=len(model.cluster_centers_))
    order = sorted(
        range(len(sizes)), key=lambda label: (-sizes[label], *model.cluster_centers_[label])
    )
    return model.cluster_centers_[order]


def match_ids(
    centroids: np.ndarray, old_centroids: np.ndarray, old_ids: list[int], next_id: int
) -> list[int]:
    """An id per centroid: the old one's where matched at the least total distance, else a new one.

    Both sets stand in the same coordinates.
    """
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    new, old = linear_sum_assignment(cdist(centroids, old_centroids, "sqeuclidean"))
    matched = {int(i): old_ids[j] for i, j in zip(new, old, strict=True)}
    fresh = iter(range(next_id, next_id + len(centroids)))
    return [matched[i] if i in matched else next(fresh) for i in range(len(centroids))]


def recorded_centroids(
    recorded: pd.DataFrame, features: list[Feature]
) -> tuple[list[int], np.ndarray, list[int]] | None:
    """Ids, centroids in transformed values, and positions of the features that the newest fit had.

    None where it shares no feature with the declared ones: then nothing can be matched.
    """
    newest = recorded[recorded["fit_version"] == recorded["fit_version"].max()]
    transforms = dict(zip(newest["feature"], newest["transform"], strict=True))
    shared = [i for i, f in enumerate(features) if transforms.get(f.name) == f.transform]
    if not shared:
        return None
    newest = newest.assign(
        value=newest["centroid"] / newest["weight"] * newest["feature_scale"]
        + newest["feature_mean"]
    )
    wide = newest.pivot(index="cluster_id", columns="feature", values="value").sort_index()
    names = [features[i].name for i in shared]
    return [int(i) for i in wide.index], wide[names].to_numpy(), shared


def label(centroid: np.ndarray, features: list[Feature], words: int) -> str:
    """The `words` most extreme features of a centroid, given as standard deviations, in words."""
    extreme = sorted(
        (i for i in range(len(features)) if abs(centroid[i]) >= 0.25),
        key=lambda i: (-abs(centroid[i]), i),
    )
    chosen = [
        features[i].high_label if centroid[i] > 0 else features[i].low_label
        for i in extreme[:words]
    ]
    return ", ".join(chosen) or "average"


def labels(centroids: np.ndarray, features: list[Feature]) -> list[str]:
    """A label per centroid: two words, more words where two clusters would be called the same."""
    words = [2] * len(centroids)
    for _ in features:
        found = [
            label(centroid, features, count)
            for centroid, count in zip(centroids, words, strict=True)
        ]
        words = [count + (found.count(text) > 1) for count, text in zip(words, found, strict=True)]
    return [
        f"{text} ({found[: i + 1].count(text)})" if found.count(text) > 1 else text
        for i, text in enumerate(found)
    ]


def fit(
    values: np.ndarray,
    features: list[Feature],
    count: int,
    recorded: pd.DataFrame | None,
) -> pd.DataFrame:
    """Parameters from transformed values, one column per feature and no NULL."""
    import numpy as np
    import pandas as pd

    scaling = fit_scaling(values, np.array([feature.weight for feature in features]))
    centroids = fit_centroids(scaling.coordinates(values), count)
    ids = list(range(1, len(centroids) + 1))
    old = None if recorded is None else recorded_centroids(recorded, features)
    if recorded is not None:
        next_id = int(recorded["cluster_id"].max()) + 1
        ids = list(range(next_id, next_id + len(centroids)))
        if old is not None:
            old_ids, old_values, shared = old
            within = Scaling(scaling.mean[shared], scaling.scale[shared], scaling.weight[shared])
            ids = match_ids(centroids[:, shared], within.coordinates(old_values), old_ids, next_id)
    texts = labels(centroids / scaling.weight, features)
    rows = [
        (
            ids[c],
            texts[c],
            feature.name,
            feature.transform,
            scaling.mean[f],
            scaling.scale[f],
            scaling.weight[f],
            centroids[c, f],
        )
        for c in sorted(range(len(ids)), key=lambda c: ids[c])
        for f, feature in enumerate(features)
    ]
    return pd.DataFrame(rows, columns=list(DTYPES)).astype(DTYPES)


def refit(
    sample: Any,
    features: Any,
    settings: Any,
    recorded: pd.DataFrame | None,
    asked: Sequence[str] | str | bool | None = False,
) -> pd.DataFrame:
    """The new rows of the parameters: none while they are frozen or the sample is too small."""
    chosen = frames.read_settings(frames.to_frame(settings))
    reason = frames.reason_to_fit(MODEL, recorded, chosen, asked, sample)
    if reason is None:
        return frames.no_rows(DTYPES)
    declared = read_features(frames.to_frame(features))
    wide = frames.wide_sample(frames.to_frame(sample), [feature.name for feature in declared])
    complete = prepare(wide, declared)
    least = int(chosen["fit_minimum_accounts"])
    if len(complete) < least:
        blank = [f.name for f in declared if len(wide) and wide[f.name].isna().all()]
        why = f"; no account has {', '.join(blank)}" if blank else ""
        frames.say(
            NAME,
            f"no parameters written: {len(complete)} accounts of the sample have every feature, "
            f"at least {least} are needed (setting fit_minimum_accounts){why}",
        )
        return frames.no_rows(DTYPES)
    earlier = frames.rows_of_model(recorded, MODEL)
    fitted = fit(complete.to_numpy(), declared, int(chosen["cluster_count"]), earlier)
    record = frames.new_fit(
        MODEL, reason, recorded, chosen, complete, random_state=RANDOM_STATE, features=wide
    )
    found = fitted["cluster_id"].nunique()
    frames.say(
        NAME,
        f"version {record.fit_version}: {found} clusters of {len(complete)} accounts ({reason})",
    )
    return frames.with_header(record, fitted, DTYPES)
