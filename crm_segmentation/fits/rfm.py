"""Cut points of recency, frequency, monetary value and what else is declared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm_segmentation.fits import frames

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

NAME = "rfm_cut_points"
MODEL = "rfm"
DTYPES = {
    "dimension": "str",
    "kpi": "str",
    "method": "str",
    "bins": "int64",
    "cut_number": "int64",
    "cut_point": "float64",
    "sample_count": "int64",
}


@dataclass(frozen=True)
class Dimension:
    """One declared dimension; `thresholds` are its cut points where it is not fitted."""

    name: str
    kpi: str
    bins: int
    method: str
    thresholds: tuple[float, ...]
    is_descending: bool


def read_dimensions(frame: pd.DataFrame) -> list[Dimension]:
    """The rows of the model `rfm_dimensions`, in the order of the name."""
    return [
        Dimension(
            name=row.dimension,
            kpi=row.kpi,
            bins=int(row.bins),
            method=row.method,
            thresholds=tuple(float(cut) for cut in row.thresholds.split(", ") if cut),
            is_descending=bool(row.is_descending),
        )
        for row in frame.sort_values("dimension").itertuples()
    ]


def quantile_cuts(values: np.ndarray, bins: int, weights: np.ndarray | None = None) -> list[float]:
    """The smallest values with at least 1/bins, 2/bins, .. of all at or below them.

    They occur, so equal values score equal and money stays exact.
    """
    shares = [number / bins for number in range(1, bins)]
    return [float(cut) for cut in frames.quantile(values, shares, weights)]


def natural_classes(values: np.ndarray, counts: np.ndarray, classes: int) -> list[int]:
    """Where each class of the natural breaks (Jenks) ends: positions in the ascending `values`.

    Fisher's exact optimum: the least sum of squared distances to the class means. With the sums of
    the first j values it is least(k, j) = min over i of least(k - 1, i) + cost(i, j); the best i
    never falls as j grows, so a layer is found by halving, all middles of one depth at a time.
    """
    import numpy as np

    n = len(values)
    centred = (values - np.average(values, weights=counts)).astype(np.longdouble)
    scale = np.abs(centred).max()
    centred = centred / (scale if scale > 0 else 1)
    weight = np.concatenate([[0], np.cumsum(counts.astype(np.longdouble))])
    first = np.concatenate([[0], np.cumsum(counts * centred)])
    second = np.concatenate([[0], np.cumsum(counts * centred * centred)])

    def cost(begin: np.ndarray, end: np.ndarray) -> np.ndarray:
        total = first[end] - first[begin]
        return np.maximum(
            second[end] - second[begin] - total * total / (weight[end] - weight[begin]), 0
        )

    least = np.full(n + 1, np.inf, dtype=np.longdouble)
    least[1:] = cost(np.zeros(n, dtype=int), np.arange(1, n + 1))
    began = []
    for layer in range(1, classes):
        better = np.full(n + 1, np.inf, dtype=np.longdouble)
        best = np.zeros(n + 1, dtype=int)
        # ranges of ends, each with the range in which its best beginning lies
        low, high = np.array([layer + 1]), np.array([n])
        from_, to = np.array([layer]), np.array([n - 1])
        while len(low):
            middle = (low + high) // 2
            until = np.minimum(to, middle - 1)
            size = until - from_ + 1
            starts = np.concatenate([[0], np.cumsum(size)[:-1]])
            begin = np.arange(size.sum()) - np.repeat(starts - from_, size)
            end = np.repeat(middle, size)
            found = least[begin] + cost(begin, end)
            lowest = np.minimum.reduceat(found, starts)
            # the first of equals, so that the answer is one
            position = np.where(found == np.repeat(lowest, size), begin, n)
            chosen = np.minimum.reduceat(position, starts)
            better[middle], best[middle] = lowest, chosen
            left, right = low < middle, middle < high
            low, high, from_, to = (
                np.concatenate([low[left], middle[right] + 1]),
                np.concatenate([middle[left] - 1, high[right]]),
                np.concatenate([from_[left], chosen[right]]),
                np.concatenate([chosen[left], to[right]]),
            )
        least = better
        began.append(best)
    ends = [n]
    for best in reversed(began):
        ends.append(int(best[ends[-1]]))
    return [end - 1 for end in reversed(ends)]


def natural_cuts(values: np.ndarray, bins: int, weights: np.ndarray | None = None) -> list[float]:
    """The largest value of each class but the last.

    Fewer distinct values than bins: each is a class, and the scores are spread from 1 to bins.
    """
    (distinct,), counts = frames.distinct_rows(values, weights=weights)
    classes = min(bins, len(distinct))
    ends = natural_classes(distinct, counts, classes)
    scores = [1 + round(place * (bins - 1) / (classes - 1)) for place in range(classes)]
    return [
        float(distinct[end])
        for end, score, following in zip(ends, scores, scores[1:], strict=False)
        for _ in range(score, following)
    ]


def cut_points(
    values: np.ndarray, dimension: Dimension, weights: np.ndarray | None = None
) -> list[float]:
    """The bins - 1 cut points, ascending; a value scores by the cuts below it.

    A constant dimension tells nobody apart: its value gets the middle score, the lower of two.
    """
    if dimension.method == "thresholds":
        return list(dimension.thresholds)
    if values.min() == values.max():
        only = float(values[0])
        middle = (dimension.bins + 1) // 2
        below = dimension.bins - middle if dimension.is_descending else middle - 1
        return [only - 1] * below + [only] * (dimension.bins - 1 - below)
    cuts = natural_cuts if dimension.method == "natural_breaks" else quantile_cuts
    return cuts(values, dimension.bins, weights)


def interval_counts(
    values: np.ndarray, cuts: Sequence[float], weights: np.ndarray | None = None
) -> list[int]:
    """How many values lie up to each cut point and, last, above all of them.

    With weights: how many of as many accounts would, drawn without strata.
    """
    import numpy as np

    below = np.searchsorted(np.asarray(cuts, dtype=float), values, side="left")
    counts = np.bincount(below, weights=weights, minlength=len(cuts) + 1)
    # rounded as sums, so that they add up to all
    return [int(count) for count in np.diff(np.rint(counts.cumsum()), prepend=0)]


def fit(
    sample: pd.DataFrame, dimensions: list[Dimension], weights: np.ndarray | None = None
) -> pd.DataFrame:
    """Cut points from a sample with one column per KPI and no NULL."""
    import pandas as pd

    rows = []
    for dimension in dimensions:
        values = sample[dimension.kpi].to_numpy()
        cuts = cut_points(values, dimension, weights)
        # what lies above the last cut is the rest of the sample
        counts = interval_counts(values, cuts, weights)[:-1]
        for number, (cut, count) in enumerate(zip(cuts, counts, strict=True), start=1):
            rows.append(
                (
                    dimension.name,
                    dimension.kpi,
                    dimension.method,
                    dimension.bins,
                    number,
                    cut,
                    count,
                )
            )
    return pd.DataFrame(rows, columns=list(DTYPES)).astype(DTYPES)


def quality(fitted: pd.DataFrame, size: int) -> dict[str, Any]:
    """Largest share of the sample that one score of a dimension holds: ties make it large."""
    found = {}
    for name, rows in fitted.groupby("dimension"):
        counts = [*rows["sample_count"], size - int(rows["sample_count"].sum())]
        found[f"largest_share_{name}"] = round(max(counts) / size, 6)
    return found


def refit(
    sample: Any,
    dimensions: Any,
    settings: Any,
    recorded: pd.DataFrame | None,
    asked: Sequence[str] | str | bool | None = False,
) -> pd.DataFrame:
    """The new rows of the parameters: none while they are frozen or the sample is too small."""
    chosen = frames.read_settings(frames.to_frame(settings))
    reason = frames.reason_to_fit(MODEL, recorded, chosen, asked, sample)
    if reason is None:
        return frames.no_rows(DTYPES)
    declared = read_dimensions(frames.to_frame(dimensions))
    kpis = list(dict.fromkeys(dimension.kpi for dimension in declared))
    seen = frames.to_frame(sample)
    wide = frames.wide_sample(seen, kpis)
    complete = wide.dropna()
    least = int(chosen["fit_minimum_accounts"])
    if len(complete) < least:
        frames.say(
            NAME,
            f"no parameters written: the sample has {frames.counted(len(complete), 'account')} "
            f"with all of {', '.join(kpis)}, needed: {least} (setting fit_minimum_accounts)"
            + frames.nobody_has(wide, kpis),
        )
        return frames.no_rows(DTYPES)
    fitted = fit(complete, declared, frames.sampling_weights(seen, complete))
    record = frames.new_fit(
        MODEL,
        reason,
        recorded,
        chosen,
        complete,
        quality=quality(fitted, len(complete)),
        sample=seen,
        features=kpis,
    )
    frames.say(
        NAME,
        f"version {record.fit_version} fitted on {frames.counted(len(complete), 'account')} "
        f"({reason})",
    )
    return frames.with_header(record, fitted, DTYPES)
