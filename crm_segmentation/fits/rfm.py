"""Cut points of recency, frequency and monetary value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from crm_segmentation.fits import frames

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

NAME = "rfm_cut_points"
MODEL = "rfm"
DIMENSIONS = ("recency", "frequency", "monetary")
SHARES = (0.2, 0.4, 0.6, 0.8)
DTYPES = {
    "dimension": "str",
    "cut_number": "int64",
    "cut_point": "float64",
}


def cut_points(values: np.ndarray) -> list[float]:
    """Four values of the sample that cut it into fifths; a value scores by the cuts below it.

    Cut points are values that occur (the smallest with at least that share at or below it), so
    equal values score equal and money stays exact. A constant dimension tells nobody apart: two
    cuts lie below its value, which scores 3, the middle.
    """
    import numpy as np

    if values.min() == values.max():
        only = float(values[0])
        return [only - 1, only - 1, only, only]
    return [float(cut) for cut in np.quantile(values, SHARES, method="inverted_cdf")]


def fit(sample: pd.DataFrame) -> pd.DataFrame:
    """Cut points from a sample with one column per dimension and no NULL."""
    import pandas as pd

    rows = [
        (dimension, number, cut)
        for dimension in DIMENSIONS
        for number, cut in enumerate(cut_points(sample[dimension].to_numpy()), start=1)
    ]
    return pd.DataFrame(rows, columns=list(DTYPES)).astype(DTYPES)


def refit(
    sample: Any,
    settings: Any,
    recorded: pd.DataFrame | None,
    asked: Sequence[str] | bool | None = False,
) -> pd.DataFrame:
    """The new rows of the parameters: none while they are frozen or the sample is too small."""
    chosen = frames.read_settings(frames.to_frame(settings))
    reason = frames.reason_to_fit(MODEL, recorded, chosen, asked)
    if reason is None:
        return frames.no_rows(DTYPES)
    columns = {chosen[f"rfm_{dimension}"]: dimension for dimension in DIMENSIONS}
    wide = frames.wide_sample(frames.to_frame(sample), list(columns))
    complete = wide.rename(columns=columns).dropna()
    least = int(chosen["fit_minimum_accounts"])
    if len(complete) < least:
        frames.say(
            NAME,
            f"no parameters written: {len(complete)} accounts of the sample have all of "
            f"{', '.join(columns)}, at least {least} are needed (setting fit_minimum_accounts)",
        )
        return frames.no_rows(DTYPES)
    record = frames.new_fit(MODEL, reason, recorded, chosen, complete)
    frames.say(NAME, f"version {record.fit_version} fitted on {len(complete)} accounts ({reason})")
    return frames.with_header(record, fit(complete), DTYPES)
