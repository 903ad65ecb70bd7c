"""One dbt project and one DuckDB for all tests of the language."""

from __future__ import annotations

from typing import Any

import pytest

from criteria.bench import Bench
from criteria.engine import Database, Engine
from criteria.postgres import PostgresDatabase


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(tmp_path_factory.mktemp("rules") / "project")


@pytest.fixture(scope="session")
def bench(engine: Engine) -> Bench:
    return Bench(engine, Database())


@pytest.fixture(scope="module")
def postgres_bench(tmp_path_factory: pytest.TempPathFactory, collated_database: Any) -> Any:
    """The same on PostgreSQL, in a database whose text order is not that of bytes."""
    engine = Engine(tmp_path_factory.mktemp("rules") / "project", target="postgres")
    connection = collated_database.connect()
    yield Bench(engine, PostgresDatabase(connection))
    connection.close()
