"""Types of PostgreSQL and of pandas, one to the other, without losing anything on the way."""

from __future__ import annotations

import datetime
import decimal
import json
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg2.extensions import (
    PYDATE,
    PYDATETIME,
    PYDATETIMETZ,
    PYINTERVAL,
    PYTIME,
    new_type,
    register_type,
)

if TYPE_CHECKING:
    import pandas as pd

LONGEST_IDENTIFIER = 63

# type of PostgreSQL -> (dtype without NULL, dtype with NULL)
INTEGERS = {21: ("int16", "Int16"), 23: ("int32", "Int32"), 20: ("int64", "Int64")}
BOOLEAN = 16
FLOATS = {700: "float32", 701: "float64"}
TEXTS = {18, 19, 25, 1042, 1043}
DATE, TIMESTAMP, TIMESTAMPTZ = 1082, 1114, 1184
TIME, INTERVAL = 1083, 1186
JSON = (114, 3802)

# dtype -> type of PostgreSQL; what is not here is found from the values
DTYPES = {
    "bool": "boolean",
    "boolean": "boolean",
    "int8": "smallint",
    "int16": "smallint",
    "int32": "integer",
    "int64": "bigint",
    "uint8": "smallint",
    "uint16": "integer",
    "uint32": "bigint",
    "uint64": "numeric(20, 0)",
    "float16": "real",
    "float32": "real",
    "float64": "double precision",
}

# in this order: a boolean is an integer and a datetime is a date to Python
VALUES: list[tuple[type | tuple[type, ...], str]] = [
    (bool, "boolean"),
    (int, "bigint"),
    (float, "double precision"),
    (decimal.Decimal, "numeric"),
    (str, "text"),
    (datetime.datetime, "timestamp"),
    (datetime.date, "date"),
    (datetime.time, "time"),
    (datetime.timedelta, "interval"),
    ((bytes, bytearray, memoryview), "bytea"),
    (uuid.UUID, "uuid"),
    ((dict, list, tuple), "jsonb"),
]


@dataclass(frozen=True)
class Column:
    """A column of a table to be written."""

    name: str
    type: str


@dataclass(frozen=True)
class ReadColumn:
    """A column of a query."""

    name: str
    oid: int


def finite(cast: Any) -> Any:
    """A cast of psycopg2 that refuses `infinity`, which it turns into the last day there is."""

    def read(value: str | None, cursor: Any) -> Any:
        if value is not None and value.endswith("infinity"):
            raise ValueError(
                f"a date or time is {value!r}, which Python cannot hold. Cast it in the query, "
                "for instance by nullif(value, 'infinity')."
            )
        return cast(value, cursor)

    return read


def time_of_day(value: str | None, cursor: Any) -> Any:
    """A time of day that Python has: psycopg2 makes the day's last moment its first."""
    if value is not None and value.startswith("24:"):
        raise ValueError(
            f"a time of day is {value!r}, which Python cannot hold. Cast it to text in the query."
        )
    return PYTIME(value, cursor)


def timespan(value: str | None, cursor: Any) -> Any:
    """A timespan of days and less: psycopg2 takes a month for 30 days."""
    if value is not None and ("mon" in value or "year" in value):
        raise ValueError(
            f"a timespan is {value!r}, and nobody knows by how many days. Say days in the query, "
            "or cast it to text."
        )
    return PYINTERVAL(value, cursor)


def exact_float(text: str) -> float:
    value = float(text)
    if decimal.Decimal(repr(value)) != decimal.Decimal(text):
        raise ValueError(
            f"json holds {text}, which no float of Python is. Take it out in the query, for "
            "instance as a decimal."
        )
    return value


def from_json(value: str | None, cursor: Any) -> Any:
    return None if value is None else json.loads(value, parse_float=exact_float)


EXACT = [
    new_type((DATE,), "FINITE_DATE", finite(PYDATE)),
    new_type((TIMESTAMP,), "FINITE_TIMESTAMP", finite(PYDATETIME)),
    new_type((TIMESTAMPTZ,), "FINITE_TIMESTAMPTZ", finite(PYDATETIMETZ)),
    new_type((TIME,), "TIME_OF_DAY", time_of_day),
    new_type((INTERVAL,), "TIMESPAN", timespan),
    new_type(JSON, "EXACT_JSON", from_json),
]


def read_exactly(cursor: Any) -> None:
    """Make a cursor refuse values that would change on the way to Python."""
    for cast in EXACT:
        register_type(cast, cursor)


def columns_of(cursor: Any) -> list[ReadColumn]:
    """The columns of a cursor that has fetched."""
    columns = [ReadColumn(one.name, one.type_code) for one in cursor.description]
    twice = [name for name, count in Counter(one.name for one in columns).items() if count > 1]
    if twice:
        raise ValueError(f"a query has two columns of one name: {', '.join(sorted(twice))}")
    return columns


def frame_of(rows: Sequence[tuple[Any, ...]], columns: list[ReadColumn]) -> pd.DataFrame:
    """Rows of a cursor as a frame."""
    import pandas as pd

    values = zip(*rows, strict=True) if rows else ((),) * len(columns)
    return pd.DataFrame(
        {column.name: series_of(some, column) for some, column in zip(values, columns, strict=True)}
    )


def series_of(values: Sequence[Any], column: ReadColumn) -> pd.Series:
    """A column, its dtype by its type: numbers stay exact, also beside NULL."""
    import pandas as pd

    oid = column.oid
    if oid in INTEGERS:
        whole, with_null = INTEGERS[oid]
        return pd.Series(values, dtype=with_null if None in values else whole)
    if oid == BOOLEAN:
        return pd.Series(values, dtype="boolean" if None in values else "bool")
    if oid in FLOATS:
        return pd.Series(values, dtype=FLOATS[oid])
    if oid in TEXTS:
        return pd.Series(values, dtype="str")
    if oid == TIMESTAMP:
        return pd.Series(values, dtype="datetime64[us]")
    if oid == TIMESTAMPTZ:
        utc = [None if one is None else one.astimezone(datetime.UTC) for one in values]
        return pd.Series(utc, dtype="datetime64[us, UTC]")
    # decimals stay decimals, dates dates, json what it holds
    return pd.Series(list(values), dtype="object")


def concatenate(frames: list[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


def as_chunks(result: Any) -> Iterator[pd.DataFrame]:
    """What a model returned, as pandas frames: a frame, an Arrow table, or a series of these."""
    import pandas as pd

    if isinstance(result, pd.DataFrame):
        yield result
    elif hasattr(result, "to_batches"):
        # a table or a reader of Arrow; its types survive in pandas' Arrow dtypes
        for batch in result.to_batches():
            yield batch.to_pandas(types_mapper=pd.ArrowDtype)
        if getattr(result, "num_rows", 1) == 0:
            yield result.to_pandas(types_mapper=pd.ArrowDtype)
    elif hasattr(result, "to_pandas"):
        yield result.to_pandas()
    elif isinstance(result, Iterable) and not isinstance(result, str | bytes | dict):
        for one in result:
            yield from as_chunks(one)
    else:
        raise TypeError(
            f"the model returned {type(result).__name__}; allowed: a pandas frame, a table of "
            "Arrow, what dbt.ref or session.query returns, or an iterable of frames"
        )


def columns_to_write(
    frame: pd.DataFrame, column_types: dict[str, str], known_types: dict[str, str]
) -> list[Column]:
    """Name and type of each column: the stated one, else the known one, else by its values."""
    if not len(frame.columns):
        raise ValueError("the model returned a frame without columns")
    names = list(frame.columns)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"a column is named {name!r}; allowed: text. Rename it.")
        if not 0 < len(name.encode()) <= LONGEST_IDENTIFIER:
            raise ValueError(
                f"the name of column {name!r} has {len(name.encode())} bytes; allowed: 1 to "
                f"{LONGEST_IDENTIFIER}"
            )
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"two columns have one name: {', '.join(sorted(twice))}")
    unknown = sorted(set(column_types) - set(names))
    if unknown:
        raise ValueError(
            f"column_types names no column of the result: {', '.join(unknown)}; there are: "
            f"{', '.join(names)}"
        )
    stated = {**known_types, **column_types}
    return [Column(name, stated.get(name) or type_of(frame[name], name)) for name in names]


def type_of(series: pd.Series, name: str) -> str:
    """The type of PostgreSQL that holds every value of a column."""
    import pandas as pd
    from pandas.api.types import is_object_dtype

    dtype = series.dtype
    if isinstance(dtype, pd.ArrowDtype):
        return type_of_arrow(dtype.pyarrow_dtype, name)
    if isinstance(dtype, pd.CategoricalDtype):
        return type_of(pd.Series(series.cat.categories), name)
    if isinstance(dtype, pd.DatetimeTZDtype):
        return "timestamp with time zone"
    kind = str(dtype).lower()
    if kind in DTYPES:
        return DTYPES[kind]
    if kind.startswith("datetime64"):
        return "timestamp"
    if kind.startswith("timedelta64"):
        return "interval"
    if isinstance(dtype, pd.StringDtype):
        return "text"
    if is_object_dtype(dtype):
        return type_of_values(series, name)
    raise TypeError(f"column {name!r} has the dtype {dtype}, which no type of PostgreSQL holds")


def type_of_arrow(arrow: Any, name: str) -> str:
    import pyarrow.types as is_

    if is_.is_dictionary(arrow):
        return type_of_arrow(arrow.value_type, name)
    if is_.is_decimal(arrow):
        return f"numeric({arrow.precision}, {arrow.scale})"
    if is_.is_timestamp(arrow):
        return "timestamp with time zone" if arrow.tz else "timestamp"
    tests = [
        (is_.is_date, "date"),
        (is_.is_time, "time"),
        (is_.is_duration, "interval"),
        (is_.is_string, "text"),
        (is_.is_large_string, "text"),
        (is_.is_string_view, "text"),
        (is_.is_binary, "bytea"),
        (is_.is_large_binary, "bytea"),
        (is_.is_nested, "jsonb"),
        (is_.is_null, "text"),
    ]
    for holds, kind in tests:
        if holds(arrow):
            return kind
    kind = {"double": "float64", "float": "float32", "halffloat": "float16"}.get(
        str(arrow), str(arrow)
    )
    if kind in DTYPES:
        return DTYPES[kind]
    raise TypeError(f"column {name!r} has the type {arrow}, which no type of PostgreSQL holds")


def is_missing(value: Any) -> bool:
    """Whether a value means NULL. A decimal that is not a number is a value of its own."""
    import pandas as pd

    return (
        value is None
        or value is pd.NA
        or value is pd.NaT
        or (isinstance(value, float) and value != value)
    )


def type_of_values(series: pd.Series, name: str) -> str:
    """The type of a column of Python objects; text where all are NULL."""
    kinds = {type(value) for value in series if not is_missing(value)}
    found = {type_of_class(kind, name) for kind in kinds}
    if not found:
        return "text"
    if found == {"bigint"}:
        inside = all(-(2**63) <= int(value) < 2**63 for value in series if not is_missing(value))
        return "bigint" if inside else "numeric"
    if found == {"timestamp"}:
        zones = {value.tzinfo is not None for value in series if not is_missing(value)}
        if len(zones) > 1:
            raise TypeError(f"column {name!r} holds times with a time zone and without one")
        return "timestamp with time zone" if zones == {True} else "timestamp"
    # all integers are decimals, but not all decimals are floats
    if found == {"bigint", "numeric"}:
        return "numeric"
    if found == {"bigint", "double precision"}:
        return "double precision"
    if len(found) > 1:
        raise TypeError(
            f"column {name!r} holds values of different types: "
            f"{', '.join(sorted(kind.__name__ for kind in kinds))}. Convert them to one."
        )
    return found.pop()


def type_of_class(kind: type, name: str) -> str:
    import numpy as np

    for classes, found in VALUES:
        if issubclass(kind, classes):
            return found
    for classes, found in (
        (np.bool_, "boolean"),
        (np.integer, "bigint"),
        (np.floating, "double precision"),
        (np.ndarray, "jsonb"),
    ):
        if issubclass(kind, classes):
            return found
    raise TypeError(
        f"column {name!r} holds values of type {kind.__name__}, which no type of PostgreSQL holds"
    )
