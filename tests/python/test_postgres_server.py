"""The server for tests and for trying out: databases of their own, on two collations."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from postgres_databases import Database, Databases

from crm_segmentation.postgres import NAMES_OF_A_SERVER, Server, main

IN_ORDER = "select string_agg(word, ' ' order by word) from unnest(array['b', 'a', 'B', 'ä']) word"


def test_each_database_is_its_own(postgres: Databases, postgres_database: Database) -> None:
    postgres_database.execute("create table only_here as select 1 as one")
    copy = postgres.make(template=postgres_database.name)
    empty = postgres.make()
    count = "select count(*) from pg_tables where tablename = 'only_here'"
    try:
        assert copy.query(count) == [(1,)]
        assert empty.query(count) == [(0,)]
    finally:
        postgres.drop(copy)
        postgres.drop(empty)


def test_one_database_sorts_by_bytes_and_one_by_a_language(
    postgres_database: Database, collated_database: Database
) -> None:
    assert postgres_database.query(IN_ORDER) == [("B a b ä",)]
    assert collated_database.query(IN_ORDER) == [("a ä b B",)]


def test_a_file_left_behind_is_not_taken_for_a_server(tmp_path: Path) -> None:
    """After a restart of the machine its number is that of some other process."""
    server = Server(tmp_path)
    server.data.mkdir()
    (server.data / "postmaster.pid").write_text(f"{os.getppid()}\n")
    assert server.pid() is None
    # or that process would be ended
    assert not server.stop()


def test_of_two_starts_at_once_both_find_a_server() -> None:
    # as root the server is run by another user, who has to get there
    with tempfile.TemporaryDirectory(prefix="crm-segmentation-start-") as folder:
        Path(folder).chmod(0o755)
        server = Server(Path(folder) / "server")
        try:
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(lambda _: server.start(), range(2)))
            assert server.pid() is not None
        finally:
            server.remove()


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that any user may enter, as that of a project; no server is named."""
    for name in NAMES_OF_A_SERVER:
        monkeypatch.delenv(name, raising=False)
    project = Path(tempfile.mkdtemp())
    project.chmod(0o755)
    yield project / ".postgres"
    Server(project / ".postgres").remove()
    shutil.rmtree(project)


def test_the_command_starts_names_stops_and_removes_a_server(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--folder", str(folder)]
    assert main(["status", *where]) == 3
    assert main(["env", *where]) == 0
    exports = capsys.readouterr().out.splitlines()[1:]
    assert exports == [
        f"export PGHOST={folder}",
        "export PGPORT=5432",
        "export PGUSER=postgres",
        "export PGDATABASE=crm_segmentation",
    ]
    database = Database("crm_segmentation", Server(folder).environment())
    database.execute("create table kept as select 1 as one")

    assert main(["start", *where]) == 0
    assert main(["stop", *where]) == 0
    assert main(["stop", *where]) == 0
    assert main(["status", *where]) == 3
    assert main(["start", *where]) == 0
    assert database.query("select one from kept") == [(1,)]

    assert main(["remove", *where]) == 0
    assert not folder.exists()
    said = capsys.readouterr().out
    assert "runs in" in said and "stopped\nwas not running\ndoes not run\n" in said


def test_a_server_that_is_named_is_taken(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PGHOST", "warehouse.example")
    assert main(["env", "--folder", str(folder)]) == 0
    assert capsys.readouterr().out == ""
    assert not folder.exists()


def test_a_long_path_has_its_socket_elsewhere(folder: Path) -> None:
    deep = folder.with_name("x" * 100)
    server = Server(deep)
    try:
        server.start()
        environment = server.environment()
        assert len(environment["PGHOST"]) < 90
        assert Database("crm_segmentation", environment).query("select 1") == [(1,)]
    finally:
        server.remove()
    assert not server.socket_folder.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
def test_a_folder_that_the_server_cannot_get_to_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.parent.chmod(0o700)
    assert main(["start", "--folder", str(folder)]) == 1
    assert f"the user 'nobody' that it is run as cannot get to {folder}" in capsys.readouterr().err


def test_what_does_not_start_shows_the_log(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = Server(folder)
    server.start()
    server.stop()
    configuration = server.data / "postgresql.conf"
    configuration.write_text("no_such_setting = 1\n")
    assert main(["start", "--folder", str(folder)]) == 1
    error = capsys.readouterr().err
    assert "does not start" in error and 'unrecognized configuration parameter "no_such' in error
