from __future__ import annotations

import dataclasses
import datetime

import pandas as pd


@dataclasses.dataclass
class Run:
    """A dataclass looks its module up by name."""

    run: int
    amount: float | None
    note: str
    first_seen: datetime.date | None
    status: int


def model(dbt, session):
    dbt.config(
        materialized="incremental",
        unique_key="run",
        column_types={"amount": "decimal(9, 2)", "note": "varchar(40)"},
    )
    run = 1
    if dbt.is_incremental:
        known = session.query(f"select max(run) as run from {dbt.this!r}").df()
        run = int(known["run"].iloc[0]) + 1
    # later runs bring no value for a day, whose column stays one of days
    day = None if dbt.is_incremental else datetime.date(2024, 2, 29)
    # whether the fit holds a transaction open: 0 is idle
    status = session.handle.info.transaction_status
    # the last run once more, with another note: it is replaced
    runs = [Run(number, None, f"seen by {run}", day, status) for number in (run - 1, run)]
    return pd.DataFrame(runs)
