"""Tiny projects that install this one, written where a test wants them."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import yaml
from conftest import ROOT, DbtProject


def write_consumer(
    folder: Path,
    queries: dict[str, str],
    vars: dict[str, Any],
    rooms: tuple[str, ...] = (),
    **project: Any,
) -> DbtProject:
    """A project that installs the macros of this one, and the models and tests of `rooms`.

    The other rooms are left out, since dbt reads every file of a package at every run.
    `project` goes to the dbt_project.yml.
    """
    folder.mkdir()
    files = {
        "dbt_project.yml": yaml.safe_dump(
            {
                "name": "consumer",
                "version": "1.0.0",
                "profile": "consumer",
                "flags": {"send_anonymous_usage_stats": False},
                "vars": vars,
                **project,
            }
        ),
        "packages.yml": yaml.safe_dump({"packages": [{"local": "dbt_packages/crm_segmentation"}]}),
        "profiles.yml": (ROOT / "profiles.yml")
        .read_text()
        .replace("\ncrm_segmentation:", "\nconsumer:"),
        **{f"models/{name}.sql": text for name, text in queries.items()},
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(text)
    package = folder / "dbt_packages" / "crm_segmentation"
    # the sources are asked for by the hook before each run
    sources = "models/intermediate/history/_history__sources.yml"
    for name in ("dbt_project.yml", "macros", "tests/generic", sources, *rooms):
        (package / name).parent.mkdir(exist_ok=True, parents=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, package / name, dirs_exist_ok=True)
        else:
            shutil.copy(ROOT / name, package / name)
    return DbtProject(
        folder=folder,
        database=folder.parent / "crm_segmentation.duckdb",
        target=folder.parent / "target",
    )


def write_seed(folder: Path, name: str, columns: dict[str, str], rows: list[tuple[Any, ...]]):
    seeds = folder / "seeds"
    seeds.mkdir(exist_ok=True)
    with (seeds / f"{name}.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
    (seeds / f"{name}.yml").write_text(
        yaml.safe_dump({"seeds": [{"name": name, "config": {"column_types": columns}}]})
    )
