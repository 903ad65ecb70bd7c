"""One dbt project and one DuckDB for all tests of the language."""

from __future__ import annotations

import pytest

from criteria.bench import Bench
from criteria.engine import Database, Engine


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(tmp_path_factory.mktemp("rules") / "project")


@pytest.fixture(scope="session")
def bench(engine: Engine) -> Bench:
    return Bench(engine, Database())
