"""Frames as the text format of COPY."""

from __future__ import annotations

import datetime
import decimal
import io
import json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import psycopg2
from dbt.adapters.postgres_python.frames import Column, is_missing
from psycopg2.extensions import quote_ident

if TYPE_CHECKING:
    import pandas as pd

NULL = "\\N"
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
ROWS_AT_A_TIME = 10_000
INTEGER_TYPES = {"smallint", "integer", "int", "bigint", "int2", "int4", "int8"}


def copy(cursor: Any, table: str, columns: list[Column], chunks: Iterable[pd.DataFrame]) -> int:
    """Load frames into a table; the number of rows.

    A COPY for each frame: a frame may be read from the same connection, which a COPY occupies.
    """
    names = ", ".join(quote_ident(column.name, cursor) for column in columns)
    sql = f"copy {table} ({names}) from stdin with (format text, encoding 'UTF8')"
    rows = 0
    for chunk in chunks:
        blocks = Blocks(lines_of(columns, chunk, rows))
        try:
            cursor.copy_expert(sql, io.BufferedReader(blocks, 1 << 18))
        except psycopg2.Error:
            # what went wrong here, not what PostgreSQL was told about it
            if blocks.error is not None:
                raise blocks.error from None
            raise
        rows += len(chunk)
    return rows


class Blocks(io.RawIOBase):
    """A file to read from, made of blocks of bytes; holds one at a time."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self.blocks = blocks
        self.error: Exception | None = None
        self.rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.rest:
            try:
                block = next(self.blocks, None)
            except Exception as error:
                self.error = error
                raise
            if block is None:
                return 0
            self.rest = memoryview(block)
        size = min(len(buffer), len(self.rest))
        buffer[:size] = self.rest[:size]
        self.rest = self.rest[size:]
        return size


def lines_of(columns: list[Column], frame: pd.DataFrame, above: int) -> Iterator[bytes]:
    """Blocks of lines, each of some thousand rows; `above` rows were before them."""
    names = [column.name for column in columns]
    if sorted(frame.columns) != sorted(names):
        raise ValueError(
            f"the frames of the model differ in their columns: first {names}, then "
            f"{list(frame.columns)}"
        )
    for start in range(0, len(frame), ROWS_AT_A_TIME):
        some = frame.iloc[start : start + ROWS_AT_A_TIME]
        texts = [texts_of(some[column.name], column, above + start) for column in columns]
        lines = "\n".join(map("\t".join, zip(*texts, strict=True)))
        yield encoded(lines + "\n")


def encoded(lines: str) -> bytes:
    try:
        return lines.encode("utf-8")
    except UnicodeEncodeError as error:
        around = lines[max(0, error.start - 20) : error.end + 20]
        raise ValueError(
            f"a text holds half of a surrogate pair, which is no character: {around!r}"
        ) from error


def texts_of(series: pd.Series, column: Column, above: int) -> list[str]:
    """The values of a column as COPY wants them; `above` rows were before them."""
    import pandas as pd

    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        # through the codes: integers have no value for NULL
        texts = [*texts_of(pd.Series(dtype.categories), column, above), NULL]
        return [texts[code] for code in series.cat.codes]
    if isinstance(dtype, pd.DatetimeTZDtype):
        plain = series.dt.tz_convert("UTC").dt.tz_localize(None)
        return [NULL if text == NULL else text + "+00" for text in times_of(plain)]
    if str(dtype).startswith("datetime64"):
        return times_of(series)
    if str(dtype).startswith("timedelta64"):
        return [
            NULL if is_missing(value) else f"{value // datetime.timedelta(microseconds=1)} us"
            for value in series
        ]
    if str(dtype).lower().startswith("float"):
        return floats_of(series, column)
    return [
        NULL if is_missing(value) else text_of(value, column.name, above + number)
        for number, value in enumerate(series.array, start=1)
    ]


def times_of(series: pd.Series) -> list[str]:
    texts = series.to_numpy().astype("datetime64[us]").astype(str)
    return [NULL if text == "NaT" else text for text in texts.tolist()]


def floats_of(series: pd.Series, column: Column) -> list[str]:
    """Floats; in an integer column, where NULLs made them of integers, as integers again."""
    values = series.astype("Float64").array if series.hasnans else series.array
    if column.type.lower() not in INTEGER_TYPES:
        return [NULL if is_missing(value) else float_text(float(value)) for value in values]
    broken = [value for value in values if not is_missing(value) and value != int(value)]
    if broken:
        raise ValueError(f"column {column.name!r} is {column.type} and holds {broken[0]}")
    return [NULL if is_missing(value) else str(int(value)) for value in values]


def float_text(value: float) -> str:
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(value)


def text_of(value: Any, column: str, row: int) -> str:
    """One value that is not NULL."""
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError(
                f"column {column!r}, row {row} holds the character NUL (U+0000) in {value!r}, "
                "which PostgreSQL cannot store. Remove or replace it."
            )
        return value.translate(ESCAPES)
    for classes, write in WRITERS:
        if isinstance(value, classes):
            return write(value)
    if hasattr(value, "item"):
        # a scalar of numpy
        return text_of(value.item(), column, row)
    return text_of(str(value), column, row)


def json_text(value: Any) -> str:
    return json.dumps(value, default=str, ensure_ascii=False).translate(ESCAPES)


WRITERS: list[tuple[Any, Callable[[Any], str]]] = [
    (bool, lambda value: "t" if value else "f"),
    (int, str),
    (float, float_text),
    (decimal.Decimal, str),
    (datetime.datetime, lambda value: value.isoformat(sep=" ")),
    ((datetime.date, datetime.time), lambda value: value.isoformat()),
    (
        datetime.timedelta,
        lambda value: f"{value // datetime.timedelta(microseconds=1)} us",
    ),
    ((bytes, bytearray, memoryview), lambda value: "\\\\x" + bytes(value).hex()),
    ((dict, list, tuple), json_text),
]
