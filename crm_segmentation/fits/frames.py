"""What a dbt Python model hands over, as pandas frames, whatever the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


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


def read_settings(frame: pd.DataFrame) -> dict[str, str]:
    """The rows (setting, value) of the model `fit_settings` as a dict."""
    return dict(zip(frame["setting"], frame["value"], strict=True))


def wide_sample(frame: pd.DataFrame, features: list[str]) -> pd.DataFrame:
    """The sample with a row per account and a column per feature, rows in the order of their key.

    Rows and columns are sorted, so a fit does not depend on the order in which an engine returns
    them.
    """
    chosen = frame[frame["feature"].isin(features)]
    wide = chosen.assign(value=chosen["value"].astype(float)).pivot(
        index="sample_key", columns="feature", values="value"
    )
    return wide.reindex(columns=features).sort_index()


def empty_frame(dtypes: dict[str, str]) -> pd.DataFrame:
    """A frame without rows whose columns have a type, so that the table gets the right ones."""
    import pandas as pd

    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in dtypes.items()})


def is_due(recorded: pd.DataFrame | None, asked: bool) -> bool:
    """Whether to fit: at the first build, and when this very run asks for it."""
    return recorded is None or asked


def next_version(recorded: pd.DataFrame | None) -> int:
    return 1 if recorded is None else int(recorded["fit_version"].max()) + 1


def say(fit: str, what: str) -> None:
    """A line for the log of the run: dbt prints what a Python model prints."""
    print(f"{fit}: {what}", flush=True)
