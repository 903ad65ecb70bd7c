"""What dbt knows of the rules of a project: the vocabulary, the catalogues, the profiles."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any


class RulesError(Exception):
    """What is wrong, where, and how to mend it."""


def ask_dbt(
    project: Path,
    macro: str,
    dbt_arguments: Sequence[str] = (),
    arguments: dict[str, Any] | None = None,
    *,
    reads_data: bool = False,
) -> Any:
    """What a macro of the package prints as `<name>: <JSON>`."""
    command = [
        str(Path(sys.executable).with_name("dbt")),
        "--quiet",
        "--no-use-colors",
        "run-operation",
        f"crm_segmentation.print_{macro}",
        *dbt_arguments,
    ]
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ)
        if not reads_data:
            # dbt opens its database for any operation; a build may hold the one of this project
            environment["CRM_SEGMENTATION_DUCKDB"] = str(Path(folder) / "crm_segmentation.duckdb")
        if arguments is not None:
            command += ["--args", json.dumps(arguments)]
        done = subprocess.run(
            command, cwd=project, env=environment, capture_output=True, text=True, check=False
        )
    marker = f"{macro}: "
    for line in done.stdout.splitlines():
        if marker in line:
            return json.loads(line.split(marker, 1)[1])
    output = (done.stdout + done.stderr).strip()[-6000:]
    raise RulesError(
        f"dbt cannot read {project}: got\n{output}\nMend what it says, then call again."
    )


def rule_project(project: Path, dbt_arguments: Sequence[str] = ()) -> dict[str, Any]:
    found: dict[str, Any] = ask_dbt(project, "rule_project", dbt_arguments)
    return found
