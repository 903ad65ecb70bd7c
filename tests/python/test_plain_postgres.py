"""A profile of `type: postgres`: SQL models are built, Python models say what they need."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from conftest import ROOT, DbtRun, dbt_server
from postgres_databases import Databases

pytestmark = pytest.mark.xdist_group("postgres_demo")

PROFILE = """
crm_segmentation:
  target: plain
  outputs:
    plain:
      type: postgres
      host: "{{ env_var('PGHOST') }}"
      port: "{{ env_var('PGPORT', '5432') | as_number }}"
      user: "{{ env_var('PGUSER') }}"
      password: "{{ env_var('PGPASSWORD', '') }}"
      dbname: "{{ env_var('PGDATABASE') }}"
      schema: crm
      threads: 2
"""


def test_sql_models_are_built_and_python_models_name_the_way(
    tmp_path: Path, postgres: Databases, postgres_demo: DbtRun
) -> None:
    assert postgres_demo.postgres
    (tmp_path / "profiles.yml").write_text(PROFILE)
    database = postgres.make(template=postgres_demo.postgres.name)
    try:
        models = ["rfm_cut_points", "account_rfm", "accounts"]
        folders = ["--project-dir", str(ROOT), "--profiles-dir", str(tmp_path)]
        returncode, output = dbt_server().run(
            ["--no-use-colors", "run", *folders, "--select", *models],
            tmp_path,
            {
                **os.environ,
                **database.environment,
                "DBT_TARGET_PATH": str(tmp_path / "target"),
                "DBT_LOG_PATH": str(tmp_path),
            },
        )
        count = "select count(*) from crm_fits.rfm_cut_points"
        assert database.query(count) == postgres_demo.query(count)
    finally:
        postgres.drop(database)
    assert returncode == 1
    assert "No Python on `type: postgres`, in the Python model rfm_cut_points" in output
    assert "allowed: type postgres_python" in output
    assert "OK created sql table model crm_marts.accounts" in output
    assert "PASS=" in output and "ERROR=1 SKIP=1" in output
    assert "No build lock on `type: postgres`: see to it that no other build" in output
