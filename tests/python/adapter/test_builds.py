"""Builds that meet, builds that are cut off, and readers who look on."""

from __future__ import annotations

import getpass
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from conftest import DbtProject
from dbt.adapters.postgres_python.build_lock import BuildLock, BuildLockError
from dbt_server import DbtServer
from postgres_databases import Database, credentials_of
from tiny_project import write_consumer

from crm_segmentation.postgres import Server, give_to_server

PROJECT = Path(__file__).parent / "builds"

THREADS = ThreadPoolExecutor(2)

GATE = 42
CONTROL = f"""
    create table control as select 1 as run_number, array[]::text[] as paused;
    create function pause(node text) returns int language plpgsql as $$
    begin
        if exists (select 1 from public.control where node = any(paused)) then
            perform pg_advisory_xact_lock_shared({GATE});
        end if;
        return 0;
    end $$;
"""

# what a reader may see of each table: rows, and the number of runs that they are from
WHOLE = {
    "replaced": "select count(*) = 1000 and count(distinct run_number) = 1 from main.replaced",
    "added_to": "select count(*) = 1000 * count(distinct run_number) from main.added_to",
    "fitted": "select count(*) = 1000 and count(distinct run_number) = 1 from main.fitted",
    "fitted_more": "select count(*) % 1000 = 0 and count(*) > 0 from main.fitted_more",
    "states": "select count(*) = 1000 from main.states where dbt_valid_to is null",
}


@dataclass
class Reader:
    """Looks at every table again and again, as a dashboard would."""

    database: Database
    looked: int = 0
    broken: list[str] = field(default_factory=list)
    gone: bool = False

    def look(self) -> None:
        connection = self.database.connect()
        known: set[str] = set()
        with connection.cursor() as cursor:
            while not self.gone:
                for table, sql in WHOLE.items():
                    try:
                        cursor.execute(sql)
                        is_whole = cursor.fetchone()[0]
                    except psycopg2.errors.UndefinedTable as error:
                        # before the first build there is nothing to see
                        if table in known:
                            self.broken.append(str(error))
                        continue
                    known.add(table)
                    self.looked += 1
                    if not is_whole:
                        self.broken.append(table)
        connection.close()


@pytest.fixture
def reader() -> Iterator[Callable[[Database], Reader]]:
    readers: list[tuple[Reader, threading.Thread]] = []

    def begin(database: Database) -> Reader:
        reader = Reader(database)
        thread = threading.Thread(target=reader.look, daemon=True)
        readers.append((reader, thread))
        thread.start()
        return reader

    yield begin
    for one, thread in readers:
        one.gone = True
        thread.join(10)


@pytest.fixture(scope="module")
def servers() -> Iterator[list[DbtServer]]:
    """Two dbt processes: what one of them runs meets what the other one runs."""
    both = [DbtServer(), DbtServer()]
    yield both
    for one in both:
        one.close()


@dataclass
class Started:
    """A dbt command in the background."""

    result: Future[tuple[int, str]]

    def finish(self, succeeds: bool = True) -> str:
        returncode, output = self.result.result(timeout=120)
        assert (returncode == 0) is succeeds, output[-4000:]
        return output


@dataclass
class Builder:
    """Builds a project in a process and folders of its own."""

    project: DbtProject
    server: DbtServer
    folder: Path

    def start(self, wait: int = 0) -> Started:
        assert self.project.postgres is not None
        environment = {
            **os.environ,
            **self.project.postgres.environment,
            "WAIT": str(wait),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder),
            "DO_NOT_TRACK": "1",
        }
        folder = str(self.project.folder)
        command = ["--no-use-colors", "build", "--project-dir", folder, "--profiles-dir", folder]
        return Started(THREADS.submit(self.server.run, command, self.folder, environment))


def builders(project: DbtProject, servers: list[DbtServer]) -> list[Builder]:
    folders = [project.target.parent / f"builder{number}" for number in range(len(servers))]
    for folder in folders:
        folder.mkdir()
    return [
        Builder(project, server, folder) for server, folder in zip(servers, folders, strict=True)
    ]


def until(is_so: Callable[[], bool], build: Started) -> None:
    end = time.monotonic() + 60
    while not is_so():
        if build.result.done():
            pytest.fail(f"dbt ended too early:\n{build.result.result()[1][-4000:]}")
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def waiting(database: Database, count: int) -> Callable[[], bool]:
    sql = (
        "select count(*) from pg_locks where locktype = 'advisory' and not granted and database = "
        "(select oid from pg_database where datname = current_database())"
    )
    return lambda: database.query(sql)[0][0] >= count


def blocked(database: Database, count: int) -> Callable[[], bool]:
    """Statements wait for those of another session to end, the one who has the gate aside."""
    sql = (
        "select count(*) from pg_locks where not granted and locktype <> 'advisory' "
        "and (database is null or database = "
        "(select oid from pg_database where datname = current_database()))"
    )
    return lambda: database.query(sql)[0][0] >= count


def pause(database: Database, run_number: int, *nodes: str) -> Any:
    """Let the nodes wait half way, until the connection that is returned closes."""
    database.execute("update control set run_number = %s, paused = %s", (run_number, list(nodes)))
    gate = database.connect()
    with gate.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", (GATE,))
    return gate


def left_over(database: Database) -> list[tuple[str]]:
    return database.query("select relname from pg_class where relname like '%%\\_\\_dbt%%'")


def runs_of(database: Database, table: str) -> list[int]:
    rows = database.query(f"select distinct run_number from main.{table} order by 1")
    return [row[0] for row in rows]


def test_the_second_of_two_builds_stops_or_waits(
    make_project: Callable[..., DbtProject],
    servers: list[DbtServer],
    postgres_database: Database,
    reader: Callable[[Database], Reader],
) -> None:
    database = postgres_database
    database.execute(CONTROL)
    one, other = builders(make_project(PROJECT, postgres=database), servers)
    watching = reader(database)

    gate = pause(database, 1, "replaced")
    first = one.start()
    until(waiting(database, 1), first)

    refused = other.start().finish(succeeds=False)
    assert "Another build of schema 'main' is under way in database" in refused
    assert f"dbt build by {getpass.getuser()} on " in refused
    assert "before it built anything" in refused
    assert "START" not in refused

    # the other one looked at the database before any table was there
    second = other.start(wait=100)
    until(waiting(database, 2), second)
    gate.close()
    first.finish()
    second.finish()

    assert watching.broken == []
    assert watching.looked > 50
    assert left_over(database) == []
    assert database.query("select count(*)::int from main.added_to") == [(1000,)]
    assert database.query("select count(*)::int from main.fitted_more") == [(2000,)]
    assert database.query("select count(*)::int from main.states") == [(1000,)]


@pytest.fixture
def mortal() -> Iterator[Server]:
    """A server that a test may kill."""
    folder = Path(tempfile.mkdtemp(prefix=f"crm-segmentation-pytest-{os.getpid()}-"))
    give_to_server(folder)
    server = Server(folder)
    server.start()
    yield server
    server.remove()


def test_a_killed_server_leaves_what_was_there_and_the_next_build_ends_right(
    make_project: Callable[..., DbtProject],
    servers: list[DbtServer],
    mortal: Server,
    reader: Callable[[Database], Reader],
) -> None:
    database = Database("crm_segmentation", mortal.environment())
    database.execute(CONTROL)
    builder = builders(make_project(PROJECT, postgres=database), servers)[0]
    builder.start().finish()

    nodes = ("replaced", "added_to", "fitted", "states")
    gate = pause(database, 2, *nodes)
    killed = builder.start()
    until(waiting(database, len(nodes)), killed)
    mortal.kill()
    killed.finish(succeeds=False)
    gate.close()
    mortal.start()

    for table, sql in WHOLE.items():
        assert database.query(sql) == [(True,)], table
    assert {table: runs_of(database, table) for table in nodes} == {
        "replaced": [1],
        "added_to": [1],
        "fitted": [1],
        "states": [1],
    }

    watching = reader(database)
    database.execute("update control set paused = '{}'")
    builder.start().finish()
    assert watching.broken == []
    assert watching.looked > 50
    assert left_over(database) == []
    assert runs_of(database, "replaced") == runs_of(database, "fitted") == [2]
    assert runs_of(database, "added_to") == [1, 2]
    current = "select distinct run_number from main.states where dbt_valid_to is null"
    assert database.query(current) == [(2,)]


def test_a_killed_dbt_leaves_what_was_there_and_the_next_build_ends_right(
    make_project: Callable[..., DbtProject],
    servers: list[DbtServer],
    postgres_database: Database,
    reader: Callable[[Database], Reader],
) -> None:
    """The server goes on with what the dead process asked of it, and then takes it back."""
    database = postgres_database
    database.execute(CONTROL)
    builder = builders(make_project(PROJECT, postgres=database), servers)[0]
    builder.start().finish()
    watching = reader(database)

    nodes = ("replaced", "added_to", "fitted", "states")
    gate = pause(database, 2, *nodes)
    killed = builder.start()
    until(waiting(database, len(nodes)), killed)
    os.kill(builder.server.child(), signal.SIGKILL)
    killed.finish(succeeds=False)
    assert waiting(database, len(nodes))()

    database.execute("update control set run_number = 3, paused = '{}'")
    following = builder.start()
    # neither refused nor mixed up with the statements that the dead one left running
    until(blocked(database, 1), following)
    gate.close()
    following.finish()

    assert watching.broken == []
    assert watching.looked > 50
    assert left_over(database) == []
    assert {table: runs_of(database, table) for table in nodes} == {
        "replaced": [3],
        "added_to": [1, 3],
        "fitted": [3],
        "states": [1, 3],
    }
    current = "select distinct run_number from main.states where dbt_valid_to is null"
    assert database.query(current) == [(3,)]


def test_a_lock_is_taken_once_and_given_back(postgres_database: Database) -> None:
    credentials = credentials_of(postgres_database)
    lock = BuildLock.take(credentials, "main", wait=0)
    with pytest.raises(BuildLockError, match=r"server process \d+, since 20.* UTC\. Two at once"):
        BuildLock.take(credentials, "main", wait=0)
    with pytest.raises(BuildLockError, match="stopped after waiting 1 seconds"):
        BuildLock.take(credentials, "main", wait=1)
    # another schema is another build
    BuildLock.take(credentials, "other", wait=0).release()
    lock.release()
    BuildLock.take(credentials, "main", wait=0).release()


def test_a_build_ends_when_its_lock_is_lost(postgres_database: Database) -> None:
    lock = BuildLock.take(credentials_of(postgres_database), "main", wait=0)
    lock.check()
    postgres_database.execute("select pg_terminate_backend(%s)", (lock.handle.info.backend_pid,))
    with pytest.raises(
        BuildLockError, match=r"(?s)is lost, since its connection is: .*Nothing more"
    ):
        lock.check()
    lock.release()


HOLD = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""


def test_a_second_writer_of_a_file_of_duckdb_is_told_of_the_first(tmp_path: Path) -> None:
    """DuckDB gives the file to one process and names it: no lock of ours is needed."""
    vars = {"as_of_date": "2026-01-01"}
    project = write_consumer(tmp_path / "project", {"one": "select 1 as a"}, vars=vars)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(project.database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holding:
        assert holding.stdout is not None and holding.stdout.readline() == "open\n"
        refused = project.run("run", check=False)
        # which ends it
        holding.communicate()
    assert refused.returncode != 0
    assert "Could not set lock on file" in refused.output
    assert f"PID {holding.pid}" in refused.output
