"""k-means on transformed, weighted features and categories, with ids that survive a refit.

Declared clusterings (the model `clusterings`) are fitted one by one. A number is filled where it
is missing, drawn in to declared quantiles, transformed, standardised and weighted; a category is a
column per value, so weighted that two customers of different values lie `weight` standard
deviations apart. What the SQL that places accounts needs of this stands in the parameters.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from crm_segmentation.fits import frames

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd

NAME = "cluster_parameters"
# starts of k-means; of these the one with the least inertia counts
STARTS = 10
# starts are compared on so many accounts at most; the best one goes on with all of them
ACCOUNTS_FOR_STARTS = 20_000
# k is chosen on so many accounts at most, whatever the size of the sample: the silhouette
# compares all pairs
ACCOUNTS_FOR_CHOICE = 4000
RESAMPLES = 10
STARTS_OF_RESAMPLE = 3
# the adjusted Rand index from which on clusters count as found again
STABLE = 0.75
# a centroid so many standard deviations from the mean is worth a word
WORTH_A_WORD = 0.25
MOSTLY = 0.5

DTYPES = {
    "cluster_id": "int64",
    "cluster_label": "str",
    "cluster_size": "int64",
    "feature": "str",
    "category": "str",
    "transform": "str",
    "if_missing": "float64",
    "lower_bound": "float64",
    "upper_bound": "float64",
    "feature_mean": "float64",
    "feature_scale": "float64",
    "weight": "float64",
    "centroid": "float64",
}


@dataclass(frozen=True)
class Feature:
    """One declared feature: an attribute, how it is transformed, weighted, and called."""

    name: str
    type: str
    weight: float
    missing: str | float = "exclude"
    transform: str = "none"
    winsorise: tuple[float, float] | None = None
    standardise: bool = True
    low_label: str = ""
    high_label: str = ""
    words: str = "mostly {}"

    @property
    def is_category(self) -> bool:
        return self.type == "category"


@dataclass(frozen=True)
class Clustering:
    """One declared clustering."""

    name: str
    features: tuple[Feature, ...]
    k_least: int
    k_most: int
    seed: int
    base: dict[str, Any] = field(default_factory=dict)

    @property
    def model_name(self) -> str:
        return f"cluster_{self.name}"

    @property
    def read(self) -> list[str]:
        """The attributes that the fit reads, each once."""
        return list(dict.fromkeys([*(feature.name for feature in self.features), *self.base]))


@dataclass(frozen=True)
class Column:
    """One coordinate: a number, or one value of a category, and what turns a value into it."""

    feature: Feature
    category: str | None
    mean: float
    scale: float
    weight: float
    if_missing: float | None = None
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True)
class Candidate:
    """How well one k does: None where it cannot be said."""

    k: int
    silhouette: float | None
    stability: float | None
    inertia: float

    def as_json(self) -> dict[str, Any]:
        return {
            "k": self.k,
            "silhouette": rounded(self.silhouette),
            "stability": rounded(self.stability),
            "inertia": rounded(self.inertia),
        }


def rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 6)


def quantiles(pair: list[float] | None) -> tuple[float, float] | None:
    if not pair:
        return None
    low, high = pair
    return float(low), float(high)


def read_clustering(name: str, declaration: str) -> Clustering:
    """A row of the model `clusterings`."""
    given = json.loads(declaration)
    features = tuple(
        Feature(
            name=one["feature"],
            type=one["type"],
            weight=float(one["weight"]),
            missing=one["missing"],
            transform=one["transform"],
            winsorise=quantiles(one["winsorise"]),
            standardise=one["standardise"],
            low_label=one["low_label"],
            high_label=one["high_label"],
            words=one["category_label"],
        )
        for one in given["features"]
    )
    return Clustering(
        name=name,
        features=tuple(sorted(features, key=lambda feature: feature.name)),
        k_least=int(given["k"][0]),
        k_most=int(given["k"][1]),
        seed=int(given["seed"]),
        base=given["base"],
    )


# from attributes to coordinates


def in_base(wide: pd.DataFrame, base: dict[str, Any]) -> pd.DataFrame:
    """The accounts for which every condition holds; a condition on an unknown value does not."""
    import numpy as np

    holds = np.ones(len(wide), dtype=bool)
    compare = {"gt": "__gt__", "gte": "__ge__", "lt": "__lt__", "lte": "__le__"}
    for name, condition in base.items():
        column = wide[name]
        if "values" in condition:
            holds &= column.isin(condition["values"]).to_numpy()
        for operator, bound in condition.get("operators", {}).items():
            holds &= getattr(column.astype(float), compare[operator])(bound).to_numpy()
    return wide[holds]


def complete(wide: pd.DataFrame, features: Sequence[Feature]) -> pd.DataFrame:
    """The accounts that have every feature for which nothing stands in."""
    needed = [feature.name for feature in features if feature.missing == "exclude"]
    return wide.dropna(subset=needed)


def median_of(values: np.ndarray, weights: np.ndarray | None = None) -> float:
    """The middle value, the lower one of two; 0 of no values."""
    import numpy as np

    known = ~np.isnan(values)
    if not known.any():
        return 0.0
    return float(
        frames.quantile(values[known], 0.5, weights if weights is None else weights[known])
    )


def transform(values: np.ndarray, how: str) -> np.ndarray:
    """`log` tames amounts and counts whose largest is a thousand times their median."""
    import numpy as np

    return np.sign(values) * np.log1p(np.abs(values)) if how == "log" else values


def prepared(values: np.ndarray, column: Column) -> np.ndarray:
    """Values of a number, filled, drawn in and transformed."""
    import numpy as np

    if column.if_missing is not None:
        values = np.where(np.isnan(values), column.if_missing, values)
    if column.lower is not None:
        values = np.clip(values, column.lower, column.upper)
    return transform(values, column.feature.transform)


def fit_number(values: np.ndarray, feature: Feature, weights: np.ndarray | None = None) -> Column:
    """What scales a number.

    A feature that winsorising would make constant is not drawn in: few accounts have it, and they
    are told apart by it. One that is constant in the sample counts for nothing, also where a later
    account has another value.
    """
    import numpy as np

    missing = feature.missing
    fill = median_of(values, weights) if missing == "median" else missing
    column = Column(
        feature, None, 0.0, 1.0, feature.weight, None if fill == "exclude" else float(fill)
    )
    filled = prepared(values, replace(column, feature=replace(feature, transform="none")))
    least, most = float(filled.min()), float(filled.max())
    if least == most:
        only = float(transform(np.array([least]), feature.transform)[0])
        return replace(column, mean=only, lower=least, upper=most)
    if feature.winsorise:
        lower, upper = frames.quantile(filled, feature.winsorise, weights)
        if lower < upper:
            column = replace(column, lower=float(lower), upper=float(upper))
    if not feature.standardise:
        return column
    mean, deviation = frames.mean_and_deviation(prepared(values, column), weights)
    # nearly constant values can have a deviation that underflows to zero
    return replace(column, mean=float(mean), scale=float(deviation) or 1.0)


def filled_categories(values: pd.Series, feature: Feature) -> pd.Series:
    return values if feature.missing == "exclude" else values.fillna(str(feature.missing))


def fit_category(values: pd.Series, feature: Feature) -> list[Column]:
    """A column per value, in the order of bytes.

    Two different values are one apart in two columns, so their distance is the square root of 2
    times the weight of a column: divided by it, it is the declared weight.
    """
    found = sorted(set(filled_categories(values, feature)), key=lambda value: value.encode())
    return [Column(feature, value, 0.0, 1.0, feature.weight / 2**0.5) for value in found]


def fit_columns(
    accounts: pd.DataFrame, features: Sequence[Feature], weights: np.ndarray | None = None
) -> list[Column]:
    columns: list[Column] = []
    for feature in features:
        values = accounts[feature.name]
        if feature.is_category:
            columns += fit_category(values, feature)
        else:
            columns.append(fit_number(values.to_numpy(dtype=float), feature, weights))
    return columns


def coordinates(accounts: pd.DataFrame, columns: Sequence[Column]) -> np.ndarray:
    """A row per account, a column per coordinate."""
    import numpy as np

    placed = []
    for column in columns:
        values = accounts[column.feature.name]
        if column.category is None:
            value = prepared(values.to_numpy(dtype=float), column)
        else:
            value = (filled_categories(values, column.feature) == column.category).to_numpy(float)
        placed.append((value - column.mean) / column.scale * column.weight)
    return np.column_stack(placed)


# k-means, and how many clusters


def fit_kmeans(
    points: np.ndarray, k: int, starts: int, seed: int, weights: np.ndarray | None = None
) -> tuple[Any, np.ndarray]:
    """The model and its centroids, the largest cluster first.

    An account counts as often as its weight says. The accounts stand in the order of a hash, so
    the first ones, on which the starts are compared, are a sample of them. One thread: sums in
    another order would differ in the last bit.
    """
    import numpy as np
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    few = points[:ACCOUNTS_FOR_STARTS]
    with threadpool_limits(limits=1):
        model = KMeans(n_clusters=k, n_init=starts, random_state=seed)
        model.fit(few, sample_weight=None if weights is None else weights[: len(few)])
        if len(few) < len(points):
            model = KMeans(n_clusters=k, init=model.cluster_centers_, n_init=1)
            model.fit(points, sample_weight=weights)
    sizes = np.bincount(model.labels_, weights=weights, minlength=k)
    order = sorted(range(k), key=lambda label: (-sizes[label], *model.cluster_centers_[label]))
    return model, model.cluster_centers_[order]


def nearest(points: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    """Number of the nearest centroid of each point, the lower one of two."""
    import numpy as np

    squared = np.stack([((points - centroid) ** 2).sum(axis=1) for centroid in centroids], axis=1)
    return squared.argmin(axis=1)


def judge(points: np.ndarray, k: int, seed: int, weights: np.ndarray | None = None) -> Candidate:
    """Silhouette of k clusters, and how alike they come out of resampled accounts.

    Both of the accounts of the sample as they are, whatever number each stands for.
    Stability is the mean adjusted Rand index between the clusters of all accounts and those that a
    fit on as many accounts, drawn with replacement, gives to all accounts.
    """
    import numpy as np
    from sklearn.metrics import adjusted_rand_score, silhouette_score
    from threadpoolctl import threadpool_limits

    model, centroids = fit_kmeans(points, k, STARTS, seed, weights)
    if k == 1:
        return Candidate(k, None, None, float(model.inertia_))
    labels = nearest(points, centroids)
    draw = np.random.default_rng(seed)
    with threadpool_limits(limits=1):
        # as many clusters as points: nobody has a neighbour
        silhouette = silhouette_score(points, labels) if len(points) > k else None
        alike = []
        for _ in range(RESAMPLES):
            drawn = draw.integers(0, len(points), len(points))
            again = points[drawn]
            if len(np.unique(again, axis=0)) < k:
                continue
            of_drawn = None if weights is None else weights[drawn]
            _, other = fit_kmeans(again, k, STARTS_OF_RESAMPLE, seed, of_drawn)
            alike.append(adjusted_rand_score(labels, nearest(points, other)))
    return Candidate(k, silhouette, float(np.mean(alike)) if alike else None, float(model.inertia_))


def choose(candidates: Sequence[Candidate]) -> Candidate:
    """The best silhouette among the stable ones; where none is stable, the most stable one.

    Ties go to fewer clusters.
    """
    stable = [one for one in candidates if (one.stability or 0.0) >= STABLE]
    if stable:
        return max(stable, key=lambda one: (one.silhouette or -1.0, -one.k))
    return max(candidates, key=lambda one: (one.stability or -1.0, -one.k))


def choose_k(
    points: np.ndarray, clustering: Clustering, weights: np.ndarray | None = None
) -> tuple[Candidate, list[Candidate]]:
    """The k to take and all that were tried: no more clusters than different accounts.

    The accounts stand in the order of a hash, so the first ones are a sample of them.
    """
    import numpy as np

    few = points[:ACCOUNTS_FOR_CHOICE]
    distinct = len(np.unique(few, axis=0))
    tried = range(min(clustering.k_least, distinct), min(clustering.k_most, distinct) + 1)
    of_few = None if weights is None else weights[: len(few)]
    candidates = [judge(few, k, clustering.seed, of_few) for k in tried]
    return choose(candidates), candidates


# ids and labels


def match_ids(
    centroids: np.ndarray, old_centroids: np.ndarray, old_ids: list[int], next_id: int
) -> list[int]:
    """An id per centroid: see `frames.matched_ids`. Both sets stand in the same coordinates."""
    from scipy.spatial.distance import cdist

    apart = cdist(centroids, old_centroids, "sqeuclidean")
    return frames.matched_ids(apart, old_ids, next_id)


def recorded_centroids(
    recorded: pd.DataFrame, columns: Sequence[Column]
) -> tuple[list[int], np.ndarray, list[int]] | None:
    """Ids, centroids in today's coordinates, and positions of the columns that the newest fit had.

    A category that it did not know had no share in any cluster. None where it shares no feature
    with the declared ones: then nothing can be matched.
    """
    import numpy as np

    newest = recorded[recorded["fit_version"] == recorded["fit_version"].max()]
    ids = sorted({int(number) for number in newest["cluster_id"]})
    kinds = {
        (row.feature, isinstance(row.category, str)): row.transform for row in newest.itertuples()
    }
    shared = [
        i
        for i, column in enumerate(columns)
        if kinds.get((column.feature.name, column.category is not None)) == column.feature.transform
    ]
    if not shared:
        return None
    values = {
        (
            int(row.cluster_id),
            row.feature,
            row.category if isinstance(row.category, str) else None,
        ): row.centroid / row.weight * row.feature_scale + row.feature_mean
        for row in newest.itertuples()
    }
    old = np.array(
        [
            [
                (
                    values.get((number, columns[i].feature.name, columns[i].category), 0.0)
                    - columns[i].mean
                )
                / columns[i].scale
                * columns[i].weight
                for i in shared
            ]
            for number in ids
        ]
    )
    return ids, old, shared


@dataclass(frozen=True)
class Trait:
    """What may be said of a cluster: how far it is from all accounts, and the words."""

    deviations: float
    words: str


def traits_of(
    centroid: np.ndarray, mean: np.ndarray, deviation: np.ndarray, columns: Sequence[Column]
) -> list[Trait]:
    """What sets a centroid apart, the furthest first.

    A number by its distance from the mean in standard deviations; a category where at least half
    of the cluster has it, by its share against that of all accounts. What stands in for a missing
    category says nothing.
    """
    found = []
    for i, column in enumerate(columns):
        away = (centroid[i] - mean[i]) / deviation[i] if deviation[i] > 0 else 0.0
        if column.category is None:
            words = column.feature.high_label if away > 0 else column.feature.low_label
            if abs(away) >= WORTH_A_WORD:
                found.append(Trait(abs(away), words))
        elif column.category == column.feature.missing:
            continue
        elif centroid[i] / column.weight >= MOSTLY and away >= WORTH_A_WORD:
            found.append(Trait(away, column.feature.words.replace("{}", column.category)))
    return sorted(found, key=lambda trait: -trait.deviations)


def labels(clusters: Sequence[Sequence[Trait]]) -> list[str]:
    """A label per cluster: two words, more words where two clusters would be called the same."""
    words = [2] * len(clusters)
    found = [""] * len(clusters)
    for _ in range(1 + max((len(traits) for traits in clusters), default=0)):
        found = [
            ", ".join(trait.words for trait in traits[:count]) or "average"
            for traits, count in zip(clusters, words, strict=True)
        ]
        words = [count + (found.count(text) > 1) for count, text in zip(words, found, strict=True)]
    return [
        f"{text} ({found[: i + 1].count(text)})" if found.count(text) > 1 else text
        for i, text in enumerate(found)
    ]


# a fit


@dataclass(frozen=True)
class Fitted:
    """Parameters without their header, and what the header says of the fit."""

    rows: pd.DataFrame
    sample_size: int
    quality: dict[str, Any]


def fit(
    accounts: pd.DataFrame,
    clustering: Clustering,
    recorded: pd.DataFrame | None,
    weights: np.ndarray | None = None,
) -> Fitted:
    """Parameters from accounts that have every feature, at least one."""
    import numpy as np
    import pandas as pd

    columns = fit_columns(accounts, clustering.features, weights)
    points = coordinates(accounts, columns)
    chosen, candidates = choose_k(points, clustering, weights)
    model, centroids = fit_kmeans(points, chosen.k, STARTS, clustering.seed, weights)
    sizes = np.bincount(nearest(points, centroids), minlength=len(centroids))
    ids = list(range(1, len(centroids) + 1))
    if recorded is not None:
        next_id = int(recorded["cluster_id"].max()) + 1
        ids = list(range(next_id, next_id + len(centroids)))
        old = recorded_centroids(recorded, columns)
        if old is not None:
            old_ids, old_centroids, shared = old
            ids = match_ids(centroids[:, shared], old_centroids, old_ids, next_id)
    mean, deviation = frames.mean_and_deviation(points, weights)
    texts = labels([traits_of(centroid, mean, deviation, columns) for centroid in centroids])
    rows = [
        (
            *(ids[c], texts[c], int(sizes[c]), column.feature.name, column.category),
            *(column.feature.transform, column.if_missing, column.lower, column.upper),
            *(column.mean, column.scale, column.weight, float(centroids[c, i])),
        )
        for c in sorted(range(len(ids)), key=lambda c: ids[c])
        for i, column in enumerate(columns)
    ]
    quality = {**chosen.as_json(), "inertia": rounded(model.inertia_)}
    quality["candidates"] = [one.as_json() for one in candidates]
    frame = pd.DataFrame(rows, columns=list(DTYPES)).astype(DTYPES)
    return Fitted(frame, len(accounts), quality)


def read_accounts(sample: pd.DataFrame, clustering: Clustering) -> pd.DataFrame:
    """The accounts of the sample with what the clustering reads, a column per attribute."""
    categories = {feature.name for feature in clustering.features if feature.is_category}
    categories |= {name for name, one in clustering.base.items() if one["type"] == "category"}
    wide = frames.wide_sample(sample, [name for name in clustering.read if name not in categories])
    if not categories:
        return wide
    texts = frames.wide_categories(sample, [name for name in clustering.read if name in categories])
    return wide.join(texts, how="outer").sort_index()


def fit_one(
    clustering: Clustering,
    reason: str,
    sample: pd.DataFrame,
    settings: dict[str, str],
    recorded: pd.DataFrame | None,
) -> pd.DataFrame:
    """The new rows of one clustering: none where the sample is too small."""
    wide = in_base(read_accounts(sample, clustering), clustering.base)
    accounts = complete(wide, clustering.features)
    least = int(settings["fit_minimum_accounts"])
    if len(accounts) < least:
        needed = [one.name for one in clustering.features if one.missing == "exclude"]
        frames.say(
            NAME,
            f"no parameters written of {clustering.name}: the sample has "
            f"{frames.counted(len(accounts), 'account')} of its base with every feature, needed: "
            f"{least} (setting fit_minimum_accounts){frames.nobody_has(wide, needed)}",
        )
        return frames.no_rows(DTYPES)
    fitted = fit(
        accounts,
        clustering,
        frames.rows_of_model(recorded, clustering.model_name),
        frames.sampling_weights(sample, accounts),
    )
    record = frames.new_fit(
        clustering.model_name,
        reason,
        recorded,
        settings,
        accounts,
        random_state=clustering.seed,
        parameters={
            "k": [clustering.k_least, clustering.k_most],
            "starts": STARTS,
            "resamples": RESAMPLES,
            "accounts_for_choice": min(ACCOUNTS_FOR_CHOICE, len(accounts)),
        },
        quality=fitted.quality,
        sample=sample,
        features=[one.name for one in clustering.features if not one.is_category],
    )
    found = fitted.quality["k"]
    frames.say(
        NAME,
        f"{clustering.name}, version {record.fit_version}: {frames.counted(found, 'cluster')} of "
        f"{frames.counted(len(accounts), 'account')} ({reason})"
        + "".join(
            f", {name} {fitted.quality[name]:.3f}"
            for name in ("silhouette", "stability")
            if fitted.quality[name] is not None
        ),
    )
    return frames.with_header(record, fitted.rows, DTYPES)


def refit(
    sample: Any,
    clusterings: Any,
    settings: Any,
    recorded: pd.DataFrame | None,
    asked: Sequence[str] | str | bool | None = False,
) -> pd.DataFrame:
    """The new rows of the parameters: none while they are frozen or the sample is too small."""
    import pandas as pd

    chosen = frames.read_settings(frames.to_frame(settings))
    declared = frames.to_frame(clusterings).sort_values("clustering")
    seen = frames.to_frame(sample)
    fits = []
    for row in declared.itertuples():
        clustering = read_clustering(row.clustering, row.declaration)
        reason = frames.reason_to_fit(clustering.model_name, recorded, chosen, asked, seen)
        if reason is not None:
            fits.append(fit_one(clustering, reason, seen, chosen, recorded))
    written = [one for one in fits if len(one)]
    return pd.concat(written, ignore_index=True) if written else frames.no_rows(DTYPES)
