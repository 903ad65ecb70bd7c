"""PostgreSQL for tests: one server a session, a database of its own for each test."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2

from crm_segmentation.postgres import Server, give_to_server

FOLDERS = "crm-segmentation-pytest"

# a collation of a user's server: capitals beside small letters, umlauts beside vowels
LOCALE = "de_DE"

# how such a server may be set beside that; nothing that is built may depend on it
HABITS = {
    "timezone": "America/St_Johns",
    "datestyle": "SQL, DMY",
    "intervalstyle": "sql_standard",
    "bytea_output": "escape",
    "extra_float_digits": "0",
}

# and the role that builds
HABITS_OF_A_BUILDER = {
    "search_path": "",
    "standard_conforming_strings": "off",
    "default_transaction_isolation": "serializable",
    "transform_null_equals": "on",
    "array_nulls": "off",
}


class NoCollationError(Exception):
    """There is no collation but C here."""


@dataclass(frozen=True)
class Database:
    """A database that one test may fill."""

    name: str
    environment: dict[str, str]

    def of(self, role: str) -> Database:
        """The database as somebody else sees it."""
        return Database(self.name, {**self.environment, "PGUSER": role})

    def connect(self, **options: Any) -> Any:
        """A connection that commits by itself."""
        connection = psycopg2.connect(
            **{
                "host": self.environment["PGHOST"],
                "port": self.environment.get("PGPORT"),
                "user": self.environment.get("PGUSER"),
                "password": self.environment.get("PGPASSWORD"),
                "dbname": self.name,
                **options,
            }
        )
        connection.autocommit = True
        return connection

    def execute(self, sql: str, parameters: Any = None, **options: Any) -> list[tuple[Any, ...]]:
        """Run a statement; its rows, none where it has no result."""
        connection = self.connect(**options)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    query = execute


@dataclass
class Databases:
    """Makes and drops databases on one server."""

    environment: dict[str, str]
    server: Server | None = None
    with_habits: set[str] = field(default_factory=set)
    numbers: itertools.count = field(default_factory=itertools.count)

    @property
    def maintenance(self) -> Database:
        name = "postgres" if self.server else os.environ.get("PGDATABASE", "postgres")
        return Database(name, {**self.environment, "PGDATABASE": name})

    def make(self, template: str | None = None, collation: bool = False) -> Database:
        """A new database; with `collation` one whose text order is not that of bytes.

        It has other habits of a user's server, too, and so has a copy of it.
        """
        name = f"pytest_{os.getpid()}_{next(self.numbers)}"
        sql = f"create database {name} template {template or 'template0'}"
        if template is None:
            sql += " encoding 'UTF8'"
        if collation:
            sql += self.collation()
        # copying files is several times as fast as logging each page
        self.maintenance.execute(f"{sql} strategy file_copy")
        if collation or template in self.with_habits:
            self.with_habits.add(name)
            for setting, value in HABITS.items():
                self.maintenance.execute(f"alter database {name} set {setting} = '{value}'")
        return Database(name, {**self.environment, "PGDATABASE": name})

    def collation(self) -> str:
        """What `create database` says for a collation that is not C."""
        rows = self.maintenance.query(
            "select collname from pg_collation where collname like 'de-%%icu' limit 1"
        )
        if rows:
            return " locale_provider icu icu_locale 'de-DE'"
        if self.server is None or not (self.server.folder / "locales").is_dir():
            raise NoCollationError(
                f"no collation but C: neither ICU in the server nor the sources of {LOCALE} "
                "beside localedef (Debian: package locales)"
            )
        return f" locale_provider libc locale '{LOCALE}.UTF-8'"

    def drop(self, database: Database) -> None:
        self.maintenance.execute(f"drop database if exists {database.name} with (force)")


def credentials_of(database: Database) -> Any:
    """What the adapter would read from a profile."""
    # dbt takes a second to import, which most tests need not spend
    from dbt.adapters.postgres_python.connections import PostgresPythonCredentials

    environment = database.environment
    return PostgresPythonCredentials(
        database=database.name,
        schema="any",
        host=environment["PGHOST"],
        port=environment.get("PGPORT"),
        user=environment.get("PGUSER"),
    )


def named_server() -> dict[str, str] | None:
    """The server that PGHOST and its siblings name."""
    if not os.environ.get("PGHOST"):
        return None
    return {name: value for name, value in os.environ.items() if name.startswith("PG")}


def start_server() -> Server:
    """A server in a folder of its own, the folder named by our process."""
    remove_left_over()
    folder = Path(tempfile.mkdtemp(prefix=f"{FOLDERS}-{os.getpid()}-"))
    give_to_server(folder)
    server = Server(folder)
    server.start(environment=locales(folder))
    return server


def locales(folder: Path) -> dict[str, str]:
    """A German locale for the server, made where its sources are on this machine."""
    if shutil.which("localedef") is None:
        return {}
    made = subprocess.run(
        ["localedef", "-i", LOCALE, "-f", "UTF-8", str(folder / f"{LOCALE}.UTF-8")],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        return {}
    (folder / "locales").mkdir(mode=0o755)
    (folder / f"{LOCALE}.UTF-8").rename(folder / "locales" / f"{LOCALE}.UTF-8")
    return {"LOCPATH": str(folder / "locales")}


def remove_left_over() -> None:
    """Servers of sessions that were killed before they could stop theirs."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDERS}-*"):
        process = folder.name.removeprefix(f"{FOLDERS}-").split("-")[0]
        if process.isdigit() and not is_alive(int(process)):
            Server(folder).remove()


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
