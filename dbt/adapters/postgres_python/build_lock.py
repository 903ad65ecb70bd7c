"""One build at a time: a lock that lasts as long as a build, on a connection of its own."""

from __future__ import annotations

import getpass
import hashlib
import socket
from dataclasses import dataclass
from typing import Any

import psycopg2
from dbt.adapters.postgres_python.connections import PostgresPythonCredentials, open_handle
from dbt_common.exceptions import DbtRuntimeError

LONGEST_APPLICATION_NAME = 63

HOLDER = """
    select
        pg_stat_activity.pid,
        pg_stat_activity.usename,
        pg_stat_activity.application_name,
        to_char(
            pg_stat_activity.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'
        ) as since
    from pg_locks
    inner join pg_stat_activity on pg_locks.pid = pg_stat_activity.pid
    where
        pg_locks.locktype = 'advisory'
        and pg_locks.granted
        and pg_locks.objsubid = 1
        and pg_locks.database
        = (select oid from pg_database where datname = current_database())
        and (pg_locks.classid::bigint << 32) | pg_locks.objid::bigint = %s
"""


class BuildLockError(DbtRuntimeError):
    """Another build is under way, or this one's lock is gone."""


def key_of(name: str) -> int:
    """A number of 64 bits with sign, as advisory locks have them."""
    digest = hashlib.md5(f"dbt build of {name}".encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def own_name() -> str:
    """Who builds, for the one who finds the lock taken: nothing but this is seen by everybody."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown user"
    text = f"dbt build by {user} on {socket.gethostname()}"
    return text.encode()[:LONGEST_APPLICATION_NAME].decode(errors="ignore")


@dataclass
class BuildLock:
    """A lock that is held until `release`, or until its connection ends."""

    name: str
    handle: Any

    @classmethod
    def take(cls, credentials: PostgresPythonCredentials, name: str, wait: int) -> BuildLock:
        """Take the lock, waiting at most `wait` seconds for another build to end."""
        handle = open_handle(credentials.replace(application_name=own_name()))
        handle.autocommit = True
        with handle.cursor() as cursor:
            # it idles while the build goes on
            cursor.execute("set idle_session_timeout = 0")
            cursor.execute("set statement_timeout = 0")
            cursor.execute("select pg_try_advisory_lock(%s)", (key_of(name),))
            if cursor.fetchone()[0]:
                return cls(name, handle)
            holder = holder_of(cursor, name)
            if wait > 0:
                cursor.execute("select set_config('lock_timeout', %s, false)", (f"{wait}s",))
                try:
                    cursor.execute("select pg_advisory_lock(%s)", (key_of(name),))
                    return cls(name, handle)
                except psycopg2.errors.LockNotAvailable:
                    holder = holder_of(cursor, name)
        handle.close()
        raise BuildLockError(
            f"Another build of schema {name!r} is under way in database "
            f"{credentials.database!r}: {holder}. Two at once would mix their tables, so this one "
            + (f"stopped after waiting {wait} seconds" if wait else "stopped")
            + " before it built anything. Call it again when the other has ended."
        )

    def check(self) -> None:
        """Stop the build if the lock is gone, since another one may have begun."""
        try:
            with self.handle.cursor() as cursor:
                cursor.execute("select 1")
        except psycopg2.Error as error:
            raise BuildLockError(
                f"The lock on builds of schema {self.name!r} is lost, since its connection is: "
                f"{str(error).strip()}. Nothing more is built, because another build may have "
                "begun. Call this one again."
            ) from error

    def release(self) -> None:
        self.handle.close()


def holder_of(cursor: Any, name: str) -> str:
    """Who holds the lock, as far as the server says."""
    cursor.execute(HOLDER, (key_of(name),))
    row = cursor.fetchone()
    if row is None:
        return "it has ended just now"
    pid, user, application, since = row
    begun = f", since {since} UTC" if since else ""
    return f"{application or 'unnamed'}, user {user}, server process {pid}{begun}"
