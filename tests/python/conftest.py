"""Shared fixtures: where real data lies, and dbt runs on databases of their own."""

from __future__ import annotations

import fcntl
import functools
import hashlib
import json
import os
import pickle
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt_server import DbtServer
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from postgres_databases import (
    HABITS_OF_A_BUILDER,
    Database,
    Databases,
    NoCollationError,
    named_server,
    start_server,
)

# Hypothesis also tries constants that it finds in the source of whatever is imported, so what a
# seed draws would follow from the tests that ran before.
providers._get_local_constants = Constants

ROOT = Path(__file__).resolve().parents[2]

# Options for a project that installs this one: every warning is an error but the one
# that it silences in its dbt_project.yml, which dbt does not combine with --warn-error.
AS_INSTALLED = (
    "--show-all-deprecations",
    "--warn-error-options",
    '{"error": "all", "silence": ["PackageNodeDependsOnRootProjectNode"]}',
)


@dataclass(frozen=True)
class DbtRun:
    """What a dbt command left behind."""

    returncode: int
    output: str
    database: Path
    target: Path
    postgres: Database | None = None

    def manifest(self) -> dict[str, Any]:
        return json.loads((self.target / "manifest.json").read_text())

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        if self.postgres:
            return self.postgres.query(sql)
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@dataclass(frozen=True)
class DbtProject:
    """A dbt project with a database and a target folder of its own.

    The database is a DuckDB file, or one of PostgreSQL where there is one.
    """

    folder: Path
    database: Path
    target: Path
    environment: dict[str, str] = field(default_factory=dict)
    postgres: Database | None = None

    def run(
        self, *arguments: str, vars: dict[str, Any] | None = None, check: bool = True
    ) -> DbtRun:
        """Run one dbt command; with `check`, a failure fails the test with dbt's own output."""
        command = [
            "--no-use-colors",
            *arguments,
            "--project-dir",
            str(self.folder),
            "--profiles-dir",
            str(self.folder),
        ]
        if vars:
            command += ["--vars", json.dumps(vars)]
        if self.postgres and arguments[0] not in ("deps", "clean"):
            command += ["--target", "postgres"]
        environment = {
            **os.environ,
            **(self.postgres.environment if self.postgres else {}),
            **self.environment,
            # relative, since a project parsed for one connection is not read for another
            "CRM_SEGMENTATION_DUCKDB": self.database.name,
            # not an option, which `dbt deps` does not know
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(self.target.parent / "logs"),
            "DBT_LOG_LEVEL_FILE": "none",
            "OMP_NUM_THREADS": "1",
            "DO_NOT_TRACK": "1",
        }
        parsed, kept = self.target / "partial_parse.msgpack", self.kept_parse(vars)
        if kept and kept.exists():
            parsed.parent.mkdir(exist_ok=True)
            shutil.copy(kept, parsed)
        returncode, output = dbt_server().run(command, self.database.parent, environment)
        if kept and parsed.exists() and not kept.exists():
            kept.parent.mkdir(exist_ok=True)
            # in one step, since the other worker may look for it
            shutil.copy(parsed, unfinished := kept.with_suffix(f".{os.getpid()}"))
            unfinished.replace(kept)
        if check and returncode:
            pytest.fail(f"dbt {' '.join(arguments)} failed:\n{output[-8000:]}")
        return DbtRun(returncode, output, self.database, self.target, self.postgres)

    def kept_parse(self, vars: dict[str, Any] | None) -> Path | None:
        """Where this project as parsed with these vars lies, for the next database of it."""
        if self.folder != ROOT or self.postgres:
            return None
        key = json.dumps([vars, self.environment], sort_keys=True)
        name = hashlib.md5(key.encode()).hexdigest() + ".msgpack"
        for_all = 2 if "PYTEST_XDIST_WORKER" in os.environ else 1
        return self.target.parents[for_all] / "parsed" / name


# What takes long begins first, so that no worker is left alone with it at the end: groups by
# the seconds that they take. The first two need different demos, of PostgreSQL and of DuckDB.
LONG_GROUPS = (
    "postgres_demo",
    "test_attributes",
    "test_kpis",
    "test_examples",
    "test_consumer",
    "batch_builds",
    "test_refits",
    "test_identity",
    "test_scoring",
    "test_staging",
    "test_history",
    "test_builds",
    "test_random_rules",
    "test_manifest",
)


# first, since xdist reads the groups in a hook of the same name
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file goes to one worker, and so do the fixtures that it shares.

    A test that shares none may go elsewhere: `@pytest.mark.xdist_group("a name of its own")`.
    """
    rank = {name: position for position, name in enumerate(LONG_GROUPS)}

    def group(item: pytest.Item) -> str:
        mark = item.get_closest_marker("xdist_group")
        return mark.args[0] if mark else item.path.stem

    for item in items:
        item.add_marker(pytest.mark.xdist_group(group(item)))
    items.sort(key=lambda item: rank.get(group(item), len(rank)))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Without groups each worker would build what files share, in silence and twice."""
    if hasattr(session.config, "workerinput") and session.items:
        ungrouped = [item.nodeid for item in session.items if "@" not in item.nodeid]
        if ungrouped:
            raise pytest.UsageError(
                f"xdist has put {len(ungrouped)} tests into no group, {ungrouped[0]} for one. "
                "It has with the versions of pytest and pytest-xdist in constraints.txt."
            )


@functools.cache
def dbt_server() -> DbtServer:
    return DbtServer()


@pytest.fixture(scope="session")
def make_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., DbtProject]:
    """Make a project: `folder` None is this one, else a folder that is copied first.

    With `postgres` it is built there, by the target of that name, instead of in a DuckDB file.
    """

    def make(
        folder: Path | None = None,
        environment: dict[str, str] | None = None,
        postgres: Database | None = None,
    ) -> DbtProject:
        place = tmp_path_factory.mktemp("dbt")
        if folder is not None:
            # what builds in the folder left behind stays there: dbt_packages links back
            # to this repository, which holds the folder
            built = shutil.ignore_patterns(
                *("dbt_packages", "target", "logs", "*.duckdb*"),
                *(".venv", ".git", ".postgres", "examples"),
            )
            shutil.copytree(folder, place / "project", ignore=built)
        return DbtProject(
            folder=ROOT if folder is None else place / "project",
            # the file's name is the catalog's name, the same as in profiles.yml
            database=place / "crm_segmentation.duckdb",
            target=place / "target",
            environment=environment or {},
            postgres=postgres,
        )

    return make


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Make a thing once for all workers: who asks first makes it, the others wait for it."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent

    def once(name: str, make: Callable[[], Any]) -> Any:
        made = folder / f"{name}.pickle"
        with (folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                made.write_bytes(pickle.dumps(make()))
        return pickle.loads(made.read_bytes())

    return once


@pytest.fixture(scope="session")
def demo_build(make_project: Callable[..., DbtProject], built_once: Callable[..., Any]) -> DbtRun:
    """The demo company, built and tested once a session. Read it, never change it."""
    return built_once("demo_build", lambda: make_project().run("build"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Databases]:
    """A PostgreSQL server: the one that PGHOST names, else one of this session's own.

    `postgres.make()` gives a database, with `template=` a copy of another one in some 20 ms;
    `postgres.drop()` takes it away. The fixture `postgres_database` does both for a test.
    """
    environment = named_server()
    if environment is not None:
        yield Databases(environment)
        return
    server = start_server()
    try:
        yield Databases(server.environment("postgres"), server)
    finally:
        server.remove()


@pytest.fixture
def postgres_database(postgres: Databases) -> Iterator[Database]:
    """An empty database for one test."""
    database = postgres.make()
    yield database
    postgres.drop(database)


@pytest.fixture(scope="session")
def collated_database(postgres: Databases) -> Iterator[Database]:
    """A database whose text order is a language's, as on a user's server, and not that of bytes."""
    try:
        database = postgres.make(collation=True)
    except NoCollationError as error:
        if os.environ.get("CRM_SEGMENTATION_NO_SKIPS"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    yield database
    postgres.drop(database)


@pytest.fixture(scope="session")
def consumer_role(collated_database: Database) -> Iterator[str]:
    """A role that may log in and owns nothing: somebody who reads the marts."""
    role = f"Consumer of {collated_database.name}"
    collated_database.execute(f'create role "{role}" login')
    yield role
    collated_database.execute(f'drop owned by "{role}"')
    collated_database.execute(f'drop role "{role}"')


@pytest.fixture(scope="session")
def builder_role(collated_database: Database) -> Iterator[str]:
    """A role with no more rights than README asks for a build, and with habits of its own."""
    role = f'"Builder" of {collated_database.name}'
    quoted = '"' + role.replace('"', '""') + '"'
    name = collated_database.name
    collated_database.execute(
        f"create role {quoted} login; revoke temporary on database {name} from public;"
        f"grant create, temporary on database {name} to {quoted}"
    )
    for setting, value in HABITS_OF_A_BUILDER.items():
        collated_database.execute(
            f"alter role {quoted} in database {name} set {setting} = '{value}'"
        )
    yield role
    collated_database.execute(f"drop owned by {quoted} cascade; drop role {quoted}")


@pytest.fixture(scope="session")
def postgres_demo(
    make_project: Callable[..., DbtProject],
    collated_database: Database,
    builder_role: str,
    consumer_role: str,
) -> DbtRun:
    """The demo company on PostgreSQL, built and tested once. Read it, never change it.

    A file that uses it says `pytestmark = pytest.mark.xdist_group("postgres_demo")`, so that
    one worker has it for all of them.
    """
    project = make_project(postgres=collated_database.of(builder_role))
    return project.run("build", vars={"consumer_roles": [consumer_role]})


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of public data sets, named by CRM_SEGMENTATION_DATA alone."""
    folder = os.environ.get("CRM_SEGMENTATION_DATA")
    if folder and Path(folder).is_dir():
        return Path(folder)
    # CI sets CRM_SEGMENTATION_NO_SKIPS where the data lies beside the clone
    if os.environ.get("CRM_SEGMENTATION_NO_SKIPS"):
        pytest.fail(f"CRM_SEGMENTATION_DATA names no folder: got {folder!r}")
    pytest.skip("set CRM_SEGMENTATION_DATA to the folder of public data sets")
