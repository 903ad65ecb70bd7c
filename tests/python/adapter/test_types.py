"""Frames to tables and back: nothing is lost, and what cannot be stored is named."""

from __future__ import annotations

import datetime
import decimal
import os
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import psycopg2
import pyarrow as pa
import pytest
from dbt.adapters.postgres_python.session import Session
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from postgres_databases import Database, Databases
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

UTC = datetime.UTC
Decimal = decimal.Decimal
DAY = datetime.datetime(2024, 1, 1)


@pytest.fixture(scope="module")
def database(postgres: Databases) -> Iterator[Database]:
    """One for all the tables of this module."""
    database = postgres.make()
    yield database
    postgres.drop(database)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A session in a transaction that is undone."""
    connection = psycopg2.connect(
        host=database.environment["PGHOST"],
        port=database.environment.get("PGPORT"),
        user=database.environment.get("PGUSER"),
        dbname=database.name,
    )
    yield Session(connection, keep_transaction=True)
    connection.rollback()
    connection.close()


def types(session: Session, table: str = "written") -> dict[str, str]:
    rows = session.query(
        "select column_name::text, case when data_type = 'numeric' and numeric_precision > 0 "
        "then format('numeric(%s,%s)', numeric_precision, numeric_scale) else data_type end "
        f"from information_schema.columns where table_name = '{table}'"
    ).fetchall()
    return dict(rows)


def written(session: Session, result: Any, **options: Any) -> list[tuple[Any, ...]]:
    session.write(result, None, "written", temporary=True, **options)
    return session.query("select * from written").fetchall()


# values of a column -> the type of the table's column, and what SQL sees where it differs
FOUND: dict[str, tuple[Any, str, list[Any] | None]] = {
    "integer": (pd.Series([1, -2], dtype="int64"), "bigint", None),
    "small integer": (pd.Series([1, -2], dtype="int8"), "smallint", None),
    "unsigned": (pd.Series([2**64 - 1, 0], dtype="uint64"), "numeric(20,0)", None),
    "integer and NULL": (pd.Series([2**62 + 1, None], dtype="Int64"), "bigint", [2**62 + 1, None]),
    "integer objects and NULL": (pd.Series([1, None], dtype=object), "bigint", None),
    "integers of any size": (pd.Series([2**70, 1], dtype=object), "numeric", None),
    "float": (pd.Series([0.1, 1e300]), "double precision", None),
    "float, NaN is NULL": (pd.Series([0.1, np.nan]), "double precision", [0.1, None]),
    "float, infinite": (pd.Series([np.inf, -np.inf]), "double precision", None),
    "float32": (pd.Series([0.5, 1.25], dtype="float32"), "real", None),
    "boolean": (pd.Series([True, False]), "boolean", None),
    "boolean and NULL": (pd.Series([True, None], dtype="boolean"), "boolean", [True, None]),
    "boolean objects and NULL": (pd.Series([False, None], dtype=object), "boolean", None),
    "decimal": (
        [Decimal("99.99"), Decimal("-12345678901234567890.123456789")],
        "numeric",
        None,
    ),
    "decimal and NULL": ([Decimal("1E+3"), None], "numeric", [Decimal(1000), None]),
    "decimal and integer": ([Decimal("0.5"), 2], "numeric", [Decimal("0.5"), Decimal(2)]),
    "date": ([datetime.date(2024, 2, 29), datetime.date(9999, 12, 31)], "date", None),
    "time of day": ([datetime.time(23, 59, 59, 999999), None], "time without time zone", None),
    "timestamp": (
        pd.to_datetime(["2024-02-29 23:59:59.999999", None]),
        "timestamp without time zone",
        [datetime.datetime(2024, 2, 29, 23, 59, 59, 999999), None],
    ),
    "timestamp of nanoseconds": (
        pd.Series(["2024-01-01 00:00:00.123456789"], dtype="datetime64[ns]").repeat(2),
        "timestamp without time zone",
        [datetime.datetime(2024, 1, 1, 0, 0, 0, 123456)] * 2,
    ),
    "timestamp objects": (
        pd.Series([datetime.datetime(1900, 1, 1), None], dtype=object),
        "timestamp without time zone",
        None,
    ),
    "timestamp with zone": (
        pd.to_datetime(["2024-07-01 12:00+02:00", None], utc=True).tz_convert("Europe/Berlin"),
        "timestamp with time zone",
        [datetime.datetime(2024, 7, 1, 10, tzinfo=UTC), None],
    ),
    "timespan": (
        pd.to_timedelta(["1 days 00:00:01.000001", None]),
        "interval",
        [datetime.timedelta(days=1, seconds=1, microseconds=1), None],
    ),
    "text": (["plain", None], "text", None),
    "text of objects": (pd.Series(["plain", np.nan], dtype=object), "text", ["plain", None]),
    "category": (pd.Categorical(["b", None]), "text", ["b", None]),
    "category of numbers": (pd.Categorical([10, 20]), "bigint", None),
    "category of numbers and NULL": (
        pd.Categorical([2**62 + 1, None]),
        "bigint",
        [2**62 + 1, None],
    ),
    "category of days": (
        pd.Categorical(pd.to_datetime(["2024-01-01", None])),
        "timestamp without time zone",
        [DAY, None],
    ),
    "nothing but NULL": ([None, None], "text", None),
    "bytes": ([b"\x00\\\xff", None], "bytea", None),
    "uuid": ([uuid.UUID(int=5), None], "uuid", [str(uuid.UUID(int=5)), None]),
    "json": ([{"a": ["\\", "\t", None]}, [1]], "jsonb", None),
}


@pytest.mark.parametrize("name", FOUND)
def test_a_column_gets_the_type_that_holds_its_values(session: Session, name: str) -> None:
    values, kind, expected = FOUND[name]
    rows = written(session, pd.DataFrame({"value": values}).reset_index(drop=True))
    assert types(session) == {"value": kind}
    got = [bytes(row[0]) if isinstance(row[0], memoryview) else row[0] for row in rows]
    assert got == (list(values) if expected is None else expected), name
    # 1 == 1.0 == True == Decimal(1)
    for left, right in zip(got, list(values) if expected is None else expected, strict=True):
        assert isinstance(left, type(right)) or not isinstance(right, bool | Decimal | str)


ARROW = {
    "i": (pa.array([1, None], pa.int32()), "integer"),
    "d": (pa.array([Decimal("1.10"), None], pa.decimal128(18, 2)), "numeric(18,2)"),
    "t": (pa.array(["\\N", None]), "text"),
    "b": (pa.array([True, None]), "boolean"),
    "day": (pa.array([datetime.date(2024, 1, 1), None]), "date"),
    "at": (pa.array([datetime.datetime(2024, 1, 1), None]), "timestamp without time zone"),
    "f": (pa.array([0.5, None]), "double precision"),
    "n": (pa.array([None, None]), "text"),
}


def test_a_table_of_arrow_keeps_its_types(session: Session) -> None:
    table = pa.table({name: values for name, (values, _) in ARROW.items()})
    rows = written(session, table)
    assert types(session) == {name: kind for name, (_, kind) in ARROW.items()}
    first, second = rows
    assert first[:6] == tuple(values[0].as_py() for values, _ in ARROW.values())[:6]
    assert second == (None,) * len(ARROW)


HARD_TEXTS = [
    "",
    "\\N",
    "\\.",
    "\\",
    "\\\\N",
    "\t",
    "a\tb\nc\rd\r\n",
    "'\"`$$",
    "%s %(x)s",
    "ä\u2028\u0085\ufeff",
    "\U0001f600",
    "\x01\x1f\x7f",
    "NULL",
    "{a,b}",
    " leading and trailing ",
]


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
        min_size=1,
        max_size=30,
    )
)
@example(HARD_TEXTS)
def test_any_text_comes_back(session: Session, texts: list[str | None]) -> None:
    frame = pd.DataFrame({"number": range(len(texts)), "words": pd.Series(texts, dtype="str")})
    session.write(frame, None, "texts", temporary=True)
    back = session.query("select words from texts order by number").fetchall()
    session.execute("drop table texts")
    assert [row[0] for row in back] == texts


@pytest.mark.parametrize("number", range(1, len(HARD_TEXTS)))
def test_a_name_of_any_characters_is_quoted(session: Session, number: int) -> None:
    text = HARD_TEXTS[number]
    session.write(pd.DataFrame({text: [1]}), None, text, temporary=True)
    quoted = '"' + text.replace('"', '""') + '"'
    assert session.query(f"select {quoted} from {quoted}").fetchall() == [(1,)]


REFUSED: dict[str, tuple[Any, str]] = {
    "NUL": (
        pd.DataFrame({"a": ["fine", "not\0fine"]}),
        r"column 'a', row 2 holds the character NUL.*'not\\x00fine'",
    ),
    "half a character": (
        pd.DataFrame({"a": pd.Series(["\ud800"], dtype=object)}),
        "half of a surrogate pair",
    ),
    "two types": (pd.DataFrame({"a": [1, "x"]}), "column 'a' holds values of different types"),
    "zones": (
        pd.DataFrame(
            {
                "a": pd.Series(
                    [datetime.datetime(2024, 1, 1), datetime.datetime.now(UTC)], dtype=object
                )
            }
        ),
        "with a time zone and without",
    ),
    "no type": (pd.DataFrame({"a": [1j]}), "complex128|complex"),
    "a name that is no text": (pd.DataFrame({7: [1]}), "a column is named 7"),
    "a name too long": (pd.DataFrame({"ä" * 32: [1]}), "64 bytes; allowed: 1 to 63"),
    "a name twice": (pd.DataFrame([[1, 2]], columns=["a", "a"]), "two columns have one name: a"),
    "no columns": (pd.DataFrame(), "without columns"),
    "no frame": ({"a": [1]}, "returned dict; allowed: a pandas frame"),
    "nothing": (None, "returned NoneType; allowed"),
    "no frames": (iter(()), "no frame at all"),
    "columns change": (
        iter([pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]})]),
        "differ in their columns",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_stored_is_named(session: Session, name: str) -> None:
    result, message = REFUSED[name]
    with pytest.raises((ValueError, TypeError), match=message):
        session.write(result, None, "refused", temporary=True)


def test_stated_types_win(session: Session) -> None:
    frame = pd.DataFrame({"a": [1.0, np.nan], "b": [None, None], "c": ["1.5", "2"]})
    rows = written(session, frame, column_types={"a": "bigint", "b": "date", "c": "decimal(9, 3)"})
    assert types(session) == {"a": "bigint", "b": "date", "c": "numeric(9,3)"}
    assert rows == [(1, None, Decimal("1.500")), (None, None, Decimal("2.000"))]


def test_a_stated_type_for_no_column_is_named(session: Session) -> None:
    with pytest.raises(ValueError, match="names no column of the result: b; there are: a"):
        session.write(pd.DataFrame({"a": [1]}), None, "x", column_types={"b": "date"})


def test_a_broken_number_is_no_integer(session: Session) -> None:
    frame = pd.DataFrame({"a": [1.5, np.nan]})
    with pytest.raises(ValueError, match=r"column 'a' is bigint and holds 1\.5"):
        session.write(frame, None, "x", temporary=True, column_types={"a": "bigint"})


def test_a_frame_without_rows_has_types(session: Session) -> None:
    frame = pd.DataFrame({"a": pd.Series(dtype="int64"), "b": pd.Series(dtype="str")})
    assert written(session, frame) == []
    assert types(session) == {"a": "bigint", "b": "text"}


READ = """
    select * from (values
        (1::bigint, 2::int, 3::smallint, true, 1.10::decimal(9, 2), 0.5::float8, 'x'::text,
            'c'::char(3), date '2024-02-29', timestamp '2024-01-01 12:00:00.000001',
            timestamptz '2024-07-01 12:00+02', 9007199254740993::bigint, '{"a": 1}'::json),
        (null, null, null, null, null, null, null, null, null, null, null, null, null)
    ) as read (i8, i4, i2, bool, dec, f8, text, char3, day, at, at_zone, large, json)
"""


def test_what_is_read_is_exact(session: Session) -> None:
    frame = session.query(READ).df()
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == {
        "i8": "Int64",
        "i4": "Int32",
        "i2": "Int16",
        "bool": "boolean",
        "dec": "object",
        "f8": "float64",
        "text": "str",
        "char3": "str",
        "day": "object",
        "at": "datetime64[us]",
        "at_zone": "datetime64[us, UTC]",
        "large": "Int64",
        "json": "object",
    }
    first, second = frame.iloc[0], frame.iloc[1]
    assert first["large"] == 9007199254740993
    assert (first["dec"], first["day"]) == (Decimal("1.10"), datetime.date(2024, 2, 29))
    assert first["at_zone"] == pd.Timestamp("2024-07-01 10:00", tz="UTC")
    assert second.isna().all()


def test_without_null_dtypes_are_plain(session: Session) -> None:
    frame = session.query(f"select * from ({READ}) as rows where i8 is not null").df()
    assert [str(frame[name].dtype) for name in ("i8", "i4", "i2", "bool")] == [
        "int64",
        "int32",
        "int16",
        "bool",
    ]


def test_no_rows_have_dtypes_too(session: Session) -> None:
    frame = session.query(f"select * from ({READ}) as rows where false").df()
    assert len(frame) == 0 and len(frame.columns) == 13
    assert str(frame["i8"].dtype) == "int64" and str(frame["text"].dtype) == "str"


def test_a_table_comes_back_as_it_was(session: Session) -> None:
    """What was read, written again, is the same table with the same types."""
    session.execute(f"create temporary table before as {READ}")
    columns = [name for name in types(session, "before") if name not in ("json", "char3")]
    session.write(
        session.query(f"select {', '.join(columns)} from before").df(), None, "written", True
    )
    was, now = types(session, "before"), types(session)
    # pandas has no word for the precision of a decimal
    assert {name: now[name] for name in columns} == {
        name: "numeric" if name == "dec" else was[name] for name in columns
    }
    difference = session.query(
        f"(select {', '.join(columns)} from before except select * from written) union all "
        f"(select * from written except select {', '.join(columns)} from before)"
    ).fetchall()
    assert difference == []


@pytest.mark.parametrize(
    "value", ["timestamp 'infinity'", "date '-infinity'", "timestamptz 'infinity'"]
)
def test_infinity_is_not_taken_for_a_day(session: Session, value: str) -> None:
    with pytest.raises(ValueError, match="infinity', which Python cannot hold"):
        session.query(f"select {value} as until").df()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("interval '1 month'", "timespan is '1 mon', .* by how many days"),
        ("interval '-1 year 2 days'", "timespan is '-1 years \\+2 days'"),
        ("time '24:00'", "time of day is '24:00:00'"),
        ("""'{"a": 12345678901234567890.123}'::jsonb""", "json holds 12345678901234567890.123"),
        ("""'[0.1000000000000000001]'::json""", "json holds 0.1000000000000000001"),
    ],
)
def test_what_would_change_on_the_way_to_python_is_refused(
    session: Session, value: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        session.query(f"select {value} as found").df()


def test_what_looks_like_it_is_read(session: Session) -> None:
    found = session.query(
        "select interval '3 days 04:05:06.000007', interval '-30 days', time '23:59:59', "
        """'{"a": 0.10, "b": 1e2, "c": 12345678901234567890}'::jsonb, null::interval, null::jsonb"""
    ).fetchall()
    assert found == [
        (
            datetime.timedelta(days=3, hours=4, minutes=5, seconds=6, microseconds=7),
            datetime.timedelta(days=-30),
            datetime.time(23, 59, 59),
            {"a": 0.1, "b": 100.0, "c": 12345678901234567890},
            None,
            None,
        )
    ]


def test_what_a_server_writes_in_its_own_way_is_read_alike(session: Session) -> None:
    """psycopg2 asks for days as ISO has them, and takes timespans and floats as they come."""
    for setting in ("intervalstyle = sql_standard", "extra_float_digits = -3"):
        session.execute(f"set {setting}")
    query = "select interval '-3 days 01:00', interval '-30 days', 0.1::float8 + 0.2::float8"
    assert session.query(query).fetchall() == [
        (datetime.timedelta(days=-3, hours=1), datetime.timedelta(days=-30), 0.1 + 0.2)
    ]


def test_rows_are_read_where_each_statement_commits_itself(database: Database) -> None:
    """`autocommit: true` in the profile, where a cursor of the server needs a transaction too."""
    connection = database.connect()
    session = Session(connection)
    numbers = session.query("select n from generate_series(1, 30) as n")
    try:
        assert session.write(numbers.chunks(10), None, "numbers", temporary=True) == 30
        with pytest.raises(psycopg2.errors.DivisionByZero):
            session.query("select 1 / 0 as a").df()
        assert session.query("select count(*)::int as a from numbers").df()["a"].tolist() == [30]
        assert connection.info.transaction_status == TRANSACTION_STATUS_IDLE
    finally:
        connection.close()


def test_two_columns_of_one_name_are_refused(session: Session) -> None:
    with pytest.raises(ValueError, match="two columns of one name: a"):
        session.query("select 1 as a, 2 as a").df()


def test_rows_come_in_chunks_through_a_cursor_of_the_server(session: Session) -> None:
    sizes = []
    for chunk in session.query("select * from generate_series(1, 2500) as numbers(n)").chunks(1000):
        sizes.append(len(chunk))
        assert session.query("select count(*)::int from pg_cursors").fetchall()[0][0] >= 1
    assert sizes == [1000, 1000, 500]


def test_a_query_becomes_a_table_without_leaving_the_server(session: Session) -> None:
    rows = session.write(session.query("select 1.10::decimal(5, 2) as a"), None, "written", True)
    assert rows == 1
    assert types(session) == {"a": "numeric(5,2)"}


def test_frames_one_after_the_other_are_one_table(session: Session) -> None:
    frames = (pd.DataFrame({"n": [start, start + 1], "w": "x"}) for start in range(0, 10, 2))
    assert [row[0] for row in written(session, frames)] == list(range(10))


def test_the_result_is_encoded_for_a_database_that_is_not_utf8(postgres: Databases) -> None:
    database = Database(f"pytest_latin1_{os.getpid()}", postgres.environment)
    postgres.maintenance.execute(
        f"create database {database.name} template template0 encoding 'LATIN1' "
        "locale_provider libc locale 'C'"
    )
    connection = database.connect()
    try:
        session = Session(connection, keep_transaction=True)
        connection.autocommit = False
        assert written(session, pd.DataFrame({"a": ["Größe"]})) == [("Größe",)]
    finally:
        connection.close()
        postgres.drop(database)


def peak_of(run: Callable[[], Any]) -> int:
    import tracemalloc

    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_rows(session: Session) -> None:
    """Read in chunks and returned in chunks: many times the rows take no more memory."""

    def pass_on(rows: int) -> None:
        # numbers, since memory of Arrow, which holds texts, is not traced
        numbers = "n::float8 as a, n::float8 as b, n::float8 as c, n::float8 as d"
        query = session.query(f"select {numbers} from generate_series(1, {rows}) as n")
        session.write(query.chunks(2000), None, f"passed_{rows}", temporary=True)

    pass_on(10)
    small = peak_of(lambda: pass_on(6_000))
    large = peak_of(lambda: pass_on(40_000))
    assert large < 1.5 * small, (small, large)
