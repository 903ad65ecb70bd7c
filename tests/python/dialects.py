"""Macros of the package rendered for one engine, and their SQL asked of that engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
from criteria.engine import Engine
from postgres_databases import Database
from psycopg2.extras import execute_values


@dataclass(frozen=True)
class Dialect:
    """One engine: renders macros and answers for columns of values."""

    name: str
    engine: Engine
    connection: Any

    def render(self, macro: str, *arguments: Any, **named: Any) -> str:
        return str(self.engine.call(macro, *arguments, **named))

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        if isinstance(self.connection, duckdb.DuckDBPyConnection):
            return self.connection.execute(sql).fetchall()
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def load(
        self, columns: Mapping[str, str], rows: Sequence[Sequence[Any]], table: str = "given"
    ) -> None:
        """Write rows into a temporary table, in their order by the column `place`."""
        typed = {"place": "integer", **columns}
        self.query(f"drop table if exists {table}")
        self.query(
            f"create temporary table {table} "
            f"({', '.join(f'{name} {kind}' for name, kind in typed.items())})"
        )
        placed = [(place, *row) for place, row in enumerate(rows)]
        if isinstance(self.connection, duckdb.DuckDBPyConnection):
            values = list(zip(*placed, strict=True)) if placed else [()] * len(typed)
            self.connection.register("incoming", pa.table([*map(pa.array, values)], [*typed]))
            self.connection.execute(f"insert into {table} select * from incoming")
            self.connection.unregister("incoming")
        else:
            with self.connection.cursor() as cursor:
                execute_values(cursor, f"insert into {table} values %s", placed, page_size=1000)

    def answers(self, *expressions: str, table: str = "given") -> list[Any]:
        """Of each row the value of the expression, or a tuple where there are several."""
        rows = self.query(f"select {', '.join(expressions)} from {table} order by place")
        return [row[0] for row in rows] if len(expressions) == 1 else rows

    def of_texts(self, expression: str, texts: Sequence[str | None]) -> list[Any]:
        """The value of an expression over the column `x` for each text."""
        self.load({"x": "text"}, [(text,) for text in texts])
        return self.answers(expression)


def on_duckdb(engine: Engine) -> Dialect:
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    return Dialect("duckdb", engine, connection)


def on_postgres(engine: Engine, database: Database) -> Dialect:
    return Dialect("postgres", engine, database.connect())
