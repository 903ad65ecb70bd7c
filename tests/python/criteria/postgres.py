"""The tables of one world on PostgreSQL, beside those on DuckDB."""

from __future__ import annotations

import io
import random
from datetime import datetime
from typing import Any

from criteria.engine import NamesMembers
from criteria.oracle import World
from criteria.tables import tables


class PostgresDatabase(NamesMembers):
    """A schema `rules` in the database of a connection that commits by itself."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.made: set[str] = set()
        # plans of tiny tables are not worth compiling
        self.execute("set jit = off")
        self.execute("drop schema if exists rules cascade")
        self.execute("create schema rules")

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def place(self, name: str) -> str:
        return f"rules.{name}"

    def create(self, name: str, query: str) -> None:
        self.execute(f"drop table if exists rules.{name}")
        self.execute(f"create table rules.{name} as {query}")

    def load(self, world: World, shuffle: int | None = None) -> None:
        found = list(tables(world))
        for name, columns, _ in found:
            if name not in self.made:
                typed = ", ".join(f"{column} {kind}" for column, kind in columns.items())
                self.execute(f"create table rules.{name} ({typed})")
                self.made.add(name)
        self.execute(f"truncate {', '.join(self.place(name) for name, _, _ in found)}")
        for name, columns, rows in found:
            ordered = list(rows)
            if shuffle is not None:
                random.Random(shuffle).shuffle(ordered)
            lines = "".join("\t".join(map(copied, row)) + "\n" for row in ordered)
            with self.connection.cursor() as cursor:
                cursor.copy_expert(
                    f"copy rules.{name} ({', '.join(columns)}) from stdin", io.StringIO(lines)
                )

    def run(self, sql: str) -> None:
        self.query(sql)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        # rules are rendered for a database of another name
        return self.execute(sql.replace('"rule_consumer"."rules".', '"rules".'))


ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


def copied(value: Any) -> str:
    """A value as COPY reads it."""
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return "".join(ESCAPES.get(letter, letter) for letter in str(value))
