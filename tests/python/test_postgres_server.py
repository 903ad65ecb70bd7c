"""The server for tests and for trying out: databases of their own, on two collations."""

from __future__ import annotations

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from postgres_databases import Database, Databases

from crm_segmentation.postgres import Server

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
