"""What a Python model gets and gives: `session`, the tables of `dbt.ref`, and the result."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg2
from dbt.adapters.postgres_python import copying, frames
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, quote_ident

# rows that are in memory at a time as Python objects
CHUNK = 20_000

# until the end of the transaction; psycopg2 itself asks for days as ISO has them
AS_PYTHON_READS = """
    select
        set_config('intervalstyle', 'postgres', true),
        set_config('extra_float_digits', '1', true)
"""


class Rows:
    """A query that has not run yet; `dbt.ref`, `dbt.source` and `session.query` return one.

    Its rows come through a server-side cursor, a chunk at a time.
    """

    def __init__(self, session: Session, sql: str) -> None:
        self.session = session
        self.sql = sql

    def chunks(self, size: int = CHUNK) -> Iterator[Any]:
        """The rows as pandas frames of at most `size` rows; at least one, if an empty one."""
        with self.session.reading(self.sql, size) as cursor:
            first = cursor.fetchmany(size)
            columns = frames.columns_of(cursor)
            yield frames.frame_of(first, columns)
            while len(first) == size:
                first = cursor.fetchmany(size)
                if first:
                    yield frames.frame_of(first, columns)

    def df(self) -> Any:
        """All rows as one pandas frame."""
        return frames.concatenate(list(self.chunks()))

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows as tuples."""
        with self.session.reading(self.sql, CHUNK) as cursor:
            return list(cursor)

    # as the adapters of other engines call it
    to_pandas = df


class Session:
    """The connection of the node, as a Python model sees it."""

    def __init__(self, handle: Any, keep_transaction: bool = False) -> None:
        self.handle = handle
        self.keep_transaction = keep_transaction
        self.cursor_numbers = itertools.count(1)

    def table(self, name: str) -> Rows:
        """The rows of a table, named as dbt renders it."""
        return self.query(f"select * from {name}")

    def query(self, sql: str) -> Rows:
        """The rows of a query."""
        return Rows(self, sql)

    def execute(self, sql: str, parameters: Any = None) -> int:
        """Run a statement; the number of rows it touched."""
        with self.handle.cursor() as cursor:
            cursor.execute(sql, parameters)
            touched = cursor.rowcount
        self.end_transaction()
        return int(touched)

    def outlast_idleness(self) -> None:
        """A server may end sessions that ask nothing for a while, as one does during a fit."""
        self.execute("set idle_session_timeout = 0")

    def end_transaction(self) -> None:
        """A fit may take an hour: it holds no transaction open unless a hook wants it to."""
        if not self.keep_transaction:
            self.handle.commit()

    @contextmanager
    def reading(self, sql: str, size: int) -> Iterator[Any]:
        """A server-side cursor over a query, and the end of its transaction."""
        began = self.handle.info.transaction_status == TRANSACTION_STATUS_IDLE
        # such a cursor lives in a transaction, which `autocommit: true` begins for nobody
        is_own = began and self.handle.autocommit
        if is_own:
            self.say("begin")
        try:
            self.say(AS_PYTHON_READS)
            name = f"python_model_{next(self.cursor_numbers)}"
            # else psycopg2 takes it for one outside of transactions
            cursor = self.handle.cursor(name, withhold=self.handle.autocommit)
            cursor.itersize = size
            frames.read_exactly(cursor)
            cursor.execute(sql)
            yield cursor
            cursor.close()
        except BaseException:
            if is_own:
                with suppress(psycopg2.Error):
                    self.say("rollback")
            raise
        if is_own:
            self.say("commit")
        elif began:
            self.end_transaction()

    def say(self, sql: str) -> None:
        with self.handle.cursor() as cursor:
            cursor.execute(sql)

    def write(
        self,
        result: Any,
        schema: str | None,
        identifier: str,
        temporary: bool = False,
        unlogged: bool = False,
        column_types: dict[str, str] | None = None,
        known_types: dict[str, str] | None = None,
    ) -> int:
        """Create the table and fill it with what a model returned; the number of rows.

        `column_types` is what the model states, `known_types` what an older table says.
        """
        self.keep_transaction = True
        with self.handle.cursor() as cursor:
            parts = [part for part in (schema, identifier) if part]
            table = ".".join(quote_ident(part, cursor) for part in parts)
            kind = "temporary" if temporary else "unlogged" if unlogged else ""
            create = f"create {kind} table {table}"
            if isinstance(result, Rows):
                cursor.execute(f"{create} as {result.sql}")
                return int(cursor.rowcount)
            chunks = iter(frames.as_chunks(result))
            first = next(chunks, None)
            if first is None:
                raise TypeError("the model returned no frame at all, not even an empty one")
            columns = frames.columns_to_write(first, column_types or {}, known_types or {})
            definitions = ", ".join(
                f"{quote_ident(column.name, cursor)} {column.type}" for column in columns
            )
            cursor.execute(f"{create} ({definitions})")
            return copying.copy(cursor, table, columns, itertools.chain([first], chunks))
