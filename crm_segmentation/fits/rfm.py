"""Cut points of recency, frequency and monetary value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_segmentation.fits import frames

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

NAME = "rfm_cut_points"
DIMENSIONS = ("recency", "frequency", "monetary")
SHARES = (0.2, 0.4, 0.6, 0.8)
DTYPES = {
    "fit_version": "int64",
    "fitted_as_of": "str",
    "sample_size": "int64",
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


def fit(sample: pd.DataFrame, version: int, fitted_as_of: str) -> pd.DataFrame:
    """Parameters from a sample with one column per dimension and no NULL."""
    import pandas as pd

    rows = [
        (version, fitted_as_of, len(sample), dimension, number, cut)
        for dimension in DIMENSIONS
        for number, cut in enumerate(cut_points(sample[dimension].to_numpy()), start=1)
    ]
    return pd.DataFrame(rows, columns=list(DTYPES)).astype(DTYPES)


def refit(
    sample: Any, settings: Any, recorded: pd.DataFrame | None, asked: bool = False
) -> pd.DataFrame:
    """The new rows of the parameters: none while they are frozen or the sample is too small."""
    if not frames.is_due(recorded, asked):
        return frames.empty_frame(DTYPES)
    chosen = frames.read_settings(frames.to_frame(settings))
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
        return frames.empty_frame(DTYPES)
    version = frames.next_version(recorded)
    frames.say(NAME, f"version {version} fitted on {len(complete)} accounts")
    return fit(complete, version, chosen["as_of_date"])
