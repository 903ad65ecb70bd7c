"""The connection: every option of libpq, in the profile or in its own PG... variables."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.errors
import psycopg2.extensions
from dbt.adapters.contracts.connection import Connection
from dbt.adapters.events.logging import AdapterLogger
from dbt.adapters.postgres.connections import PostgresConnectionManager, PostgresCredentials
from dbt_common.exceptions import DbtRuntimeError

logger = AdapterLogger("PostgresPython")

# Fields of the profile that are dbt's own; every other one is an option of libpq.
OWN_FIELDS = ("database", "schema", "role", "search_path", "autocommit", "retries", "threads")


@dataclass
class PostgresPythonCredentials(PostgresCredentials):
    """As for `type: postgres`, but nothing beyond the schema is required.

    What the profile leaves out libpq takes from PGHOST, PGUSER, PGPASSFILE, PGSERVICE and the
    like, and then from its own defaults.
    """

    host: str | None = None  # type: ignore[assignment]
    user: str | None = None  # type: ignore[assignment]
    # text for a list of hosts: `host: a,b` with `port: "5432,5433"`
    port: int | str | None = None  # type: ignore[assignment]
    password: str | None = None  # type: ignore[assignment]
    connect_timeout: int | None = None  # type: ignore[assignment]
    application_name: str | None = None
    # keywords of libpq that have no field of their own
    libpq: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def translate_aliases(cls, kwargs: dict[str, Any], recurse: bool = False) -> dict[str, Any]:
        data = super().translate_aliases(kwargs, recurse)
        if data.get("database") in (None, ""):
            # dbt writes it into every name, so it has to know what libpq would take
            data["database"] = database_of_libpq(data)
        return data

    @classmethod
    def __pre_deserialize__(cls, data: dict[Any, Any]) -> dict[Any, Any]:
        data = super().__pre_deserialize__(dict(data))
        known = {one.name for one in fields(cls)} | {"type", "threads"}
        more = {name: data.pop(name) for name in list(data) if name not in known}
        data["libpq"] = {**data.get("libpq", {}), **more}
        return data

    def __post_init__(self) -> None:
        try:
            psycopg2.extensions.make_dsn(**dict.fromkeys(self.libpq, ""))
        except psycopg2.ProgrammingError as error:
            raise DbtRuntimeError(
                "Unknown field in the profile of type postgres_python: "
                f"{str(error).strip()}. Allowed: the fields of type postgres and every keyword "
                "of a libpq connection string."
            ) from error

    @property
    def type(self) -> str:
        return "postgres_python"

    @property
    def unique_field(self) -> str:
        return str(self.host or self.libpq.get("service") or "")

    def _connection_keys(self) -> tuple[str, ...]:
        return super()._connection_keys()

    def connect_arguments(self) -> dict[str, Any]:
        """What psycopg2 is called with: nothing that the profile leaves to libpq."""
        given = {
            "dbname": self.database,
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "connect_timeout": self.connect_timeout,
            # libpq's own "use the default" is the absence of the keyword
            "keepalives_idle": self.keepalives_idle or None,
            "sslmode": self.sslmode,
            "sslcert": self.sslcert,
            "sslkey": self.sslkey,
            "sslrootcert": self.sslrootcert,
            "application_name": self.application_name,
            **self.libpq,
        }
        arguments = {name: value for name, value in given.items() if value not in (None, "")}
        # a database or a terminal may be set to another, which lacks most letters of SQL and data
        arguments.setdefault("client_encoding", "UTF8")
        if "PGCONNECT_TIMEOUT" not in os.environ:
            arguments.setdefault("connect_timeout", 10)
        if "PGAPPNAME" not in os.environ:
            arguments.setdefault("application_name", "dbt")
        if self.search_path:
            # the keyword replaces PGOPTIONS, so what stands there comes along
            options = arguments.get("options", os.environ.get("PGOPTIONS", ""))
            escaped = self.search_path.replace("\\", "\\\\").replace(" ", "\\ ")
            arguments["options"] = f"{options} -c search_path={escaped}".strip()
        return arguments


def database_of_libpq(profile: Mapping[str, Any]) -> str:
    """The database where the profile names none, in libpq's order: service, variable, user."""
    service = profile.get("service") or os.environ.get("PGSERVICE")
    of_service = read_service(service) if service else {}
    return (
        of_service.get("dbname")
        or os.environ.get("PGDATABASE")
        or profile.get("user")
        or of_service.get("user")
        or os.environ.get("PGUSER")
        or getpass.getuser()
    )


def read_service(name: str) -> dict[str, str]:
    """What a service stands for; nothing where no file has it, which libpq then complains of."""
    own = os.environ.get("PGSERVICEFILE") or Path("~/.pg_service.conf").expanduser()
    files = [Path(own), Path(os.environ.get("PGSYSCONFDIR", "/etc")) / "pg_service.conf"]
    for file in files:
        found: dict[str, str] = {}
        inside = False
        lines = file.read_text(errors="replace").splitlines() if file.is_file() else []
        for line in map(str.strip, lines):
            if line.startswith("["):
                if inside:
                    break
                inside = line == f"[{name}]"
            elif inside and "=" in line and not line.startswith("#"):
                keyword, value = line.split("=", 1)
                # of a keyword said twice libpq takes the first
                found.setdefault(keyword.strip(), value.strip())
        if inside:
            return found
    return {}


class PostgresPythonConnectionManager(PostgresConnectionManager):
    TYPE = "postgres_python"

    @classmethod
    def open(cls, connection: Connection) -> Connection:
        if connection.state == "open":
            logger.debug("Connection is already open, skipping open.")
            return connection
        credentials = connection.credentials

        def connect() -> Any:
            return open_handle(credentials)

        return cls.retry_connection(
            connection,
            connect=connect,
            logger=logger,
            retry_limit=credentials.retries,
            # at once would meet what refused it: a server that starts, or has its hands full
            retry_timeout=lambda attempt: (attempt + 1) ** 2,
            retryable_exceptions=[psycopg2.errors.OperationalError],
        )


def open_handle(credentials: PostgresPythonCredentials) -> Any:
    """A connection of psycopg2 in the role of the profile."""
    handle = psycopg2.connect(**credentials.connect_arguments())
    if credentials.autocommit:
        handle.autocommit = True
    if credentials.role:
        with handle.cursor() as cursor:
            cursor.execute(f"set role {psycopg2.extensions.quote_ident(credentials.role, cursor)}")
        if not handle.autocommit:
            # a rollback would undo the role as well
            handle.commit()
    return handle


def collations_of(credentials: PostgresPythonCredentials) -> set[str]:
    """Names of the collations of a server; none of one that cannot be reached.

    On a connection of its own, since it is asked while SQL is rendered, in any thread.
    """
    try:
        handle = open_handle(credentials)
    except psycopg2.OperationalError:
        return set()
    try:
        with handle.cursor() as cursor:
            cursor.execute("select collname from pg_catalog.pg_collation")
            return {name for (name,) in cursor.fetchall()}
    finally:
        handle.close()
