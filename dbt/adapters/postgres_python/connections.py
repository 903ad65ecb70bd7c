"""The connection: every option of libpq, in the profile or in its own PG... variables."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
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
    """As for `type: postgres`, but nothing beyond database and schema is required.

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
            retry_timeout=lambda attempt: attempt * attempt,
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
