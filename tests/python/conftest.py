"""Shared fixtures: where real data lies, and dbt runs on databases of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest

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

    def manifest(self) -> dict[str, Any]:
        return json.loads((self.target / "manifest.json").read_text())

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@dataclass(frozen=True)
class DbtProject:
    """A dbt project with a DuckDB file and a target folder of its own."""

    folder: Path
    database: Path
    target: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(
        self, *arguments: str, vars: dict[str, Any] | None = None, check: bool = True
    ) -> DbtRun:
        """Run one dbt command; with `check`, a failure fails the test with dbt's own output."""
        command = [
            str(Path(sys.executable).with_name("dbt")),
            "--no-use-colors",
            *arguments,
            "--project-dir",
            str(self.folder),
            "--profiles-dir",
            str(self.folder),
        ]
        if vars:
            command += ["--vars", json.dumps(vars)]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={
                **os.environ,
                **self.environment,
                "CRM_SEGMENTATION_DUCKDB": str(self.database),
                # not an option, which `dbt deps` does not know
                "DBT_TARGET_PATH": str(self.target),
                "DBT_LOG_PATH": str(self.target.parent / "logs"),
                "OMP_NUM_THREADS": "1",
                "DO_NOT_TRACK": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        output = done.stdout + done.stderr
        if check and done.returncode:
            pytest.fail(f"dbt {' '.join(arguments)} failed:\n{output[-8000:]}")
        return DbtRun(done.returncode, output, self.database, self.target)


@pytest.fixture(scope="session")
def make_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., DbtProject]:
    """Make a project: `folder` None is this one, else a folder that is copied first."""

    def make(folder: Path | None = None, environment: dict[str, str] | None = None) -> DbtProject:
        place = tmp_path_factory.mktemp("dbt")
        if folder is not None:
            # what builds in the folder left behind stays there: dbt_packages links back
            # to this repository, which holds the folder
            built = shutil.ignore_patterns("dbt_packages", "target", "logs", "*.duckdb*")
            shutil.copytree(folder, place / "project", ignore=built)
        return DbtProject(
            folder=ROOT if folder is None else place / "project",
            # the file's name is the catalog's name, the same as in profiles.yml
            database=place / "crm_segmentation.duckdb",
            target=place / "target",
            environment=environment or {},
        )

    return make


@pytest.fixture(scope="session")
def demo_build(make_project: Callable[..., DbtProject]) -> DbtRun:
    """The demo company, built and tested once a session. Read it, never change it."""
    return make_project().run("build")


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
