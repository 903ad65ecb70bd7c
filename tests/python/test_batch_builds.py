"""Profiles in batches through dbt: each is a model as it is without them, on both engines.

What a batch holds, and that a later one takes its place, is tested without dbt in
criteria/test_profile_batches.py; here is what dbt does with it, in as few runs as show it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import AS_INSTALLED, DbtProject, DbtRun
from postgres_databases import Database, Databases
from tiny_project import write_consumer

pytestmark = pytest.mark.xdist_group("batch_builds")

DAY = "2026-01-01"
# text and number; account 7 knows nothing of itself
ACCOUNTS = """
select
    cast('A' || numbers.value as text) as account_id,
    cast(
        case when numbers.value <> 7 then chr(cast(65 + numbers.value % 4 as integer)) end as text
    ) as sector,
    cast(case when numbers.value <> 7 then numbers.value end as integer) as headcount
from generate_series(1, 40) as numbers (value)
"""
ATTRIBUTES = {
    "sector": {"type": "text"},
    "headcount": {"type": "number", "sql_type": "integer"},
    # declared, and in no table
    "missing_one": {"type": "text"},
}
PROFILES = {
    "large": "headcount: {gte: 30}",
    "in_a_or_b": "any: [{sector: [a, b]}, {sector: {is_null: true}}]",
    "drawn": "bucket: {salt: spring, below_percent: 40}",
    "by_hand": "sql: {expression: 'headcount > 35', reason: a test}",
    "of_large": "member_of: large",
}
YAML = """
models:
  - name: {name}
    config:
      contract:
        enforced: true
      indexes: "{{{{ [] if target.type == 'duckdb' else [{{'columns': ['account_id']}}] }}}}"
    columns:
      - name: account_id
        data_type: text
        constraints:
          # the view of a batch holds no constraint
          - type: not_null
            warn_unsupported: false
        data_tests:
          - not_null
          - unique
      - name: as_of_date
        data_type: date
      - name: rule_hash
        data_type: text
"""


def write_profile(project: DbtProject, name: str, rule: str) -> None:
    call = "{% call crm_segmentation.profile(base='account_attributes') %}"
    models = project.folder / "models"
    (models / f"{name}.sql").write_text(f"{call}\n{rule}\n{{% endcall %}}\n")
    (models / f"{name}.yml").write_text(YAML.format(name=name))


class Batches:
    """A project of profiles, and what it built."""

    def __init__(self, folder: Path, postgres: Database | None) -> None:
        written = write_consumer(
            folder / "project",
            {"account_attributes": ACCOUNTS},
            vars={
                "extra_attributes": {
                    name: {
                        **declared,
                        "label": name,
                        "description": name,
                        "model": "account_attributes",
                    }
                    for name, declared in ATTRIBUTES.items()
                },
            },
            models={"+materialized": "table"},
        )
        self.project = DbtProject(written.folder, written.database, written.target, {}, postgres)
        for name, rule in PROFILES.items():
            write_profile(self.project, name, rule)

    def dbt(self, *arguments: str, batched: bool = True, **options: Any):
        # with other vars dbt reads all files again, which is half of what a run costs
        return self.project.run(
            *arguments,
            *AS_INSTALLED[:1],
            vars={"as_of_date": DAY, "batch_profiles": batched, "profile_batch_size": 2},
            **options,
        )

    def have(self, accounts: int) -> None:
        """From the next build on there are so many."""
        (self.project.folder / "models" / "account_attributes.sql").write_text(
            ACCOUNTS.replace("(1, 40)", f"(1, {accounts})")
        )

    def members(self, run: DbtRun) -> dict[str, list[tuple[Any, ...]]]:
        return {
            name: run.query(f"select account_id, as_of_date, rule_hash from crm.{name} order by 1")
            for name in PROFILES
            if (self.project.folder / "models" / f"{name}.sql").exists()
        }

    def next_to_profiles(self, kinds: dict[str, str]) -> list[str]:
        """Tables of members."""
        return [name for name in kinds if "members" in name]

    def kinds(self, run: DbtRun) -> dict[str, str]:
        rows = run.query(
            "select table_name, table_type from information_schema.tables "
            "where table_schema = 'crm' order by 1"
        )
        return dict(rows)  # type: ignore[arg-type]


@pytest.fixture(params=["duckdb", "postgres"])
def batches(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Batches]:
    if request.param == "duckdb":
        yield Batches(tmp_path, None)
        return
    databases: Databases = request.getfixturevalue("postgres")
    database = databases.make()
    yield Batches(tmp_path, database)
    databases.drop(database)


def remove_profile(project: DbtProject, name: str) -> None:
    for suffix in ("sql", "yml"):
        (project.folder / "models" / f"{name}.{suffix}").unlink()


def test_profiles_in_batches_are_those_without(batches: Batches) -> None:
    # all of them: views of members that lie beside them; what no batch can hold is a table
    run = batches.dbt("build", "--threads", "4")
    assert "WARN" not in run.output.replace("WARN=0", ""), run.output
    built = batches.members(run)
    kinds = batches.kinds(run)
    assert {name for name in PROFILES if kinds[name] != "VIEW"} == {"by_hand"}
    assert batches.next_to_profiles(kinds)

    # one cannot be built and one is no more: the others build themselves, from new accounts
    write_profile(batches.project, "broken", "missing_one: a")
    remove_profile(batches.project, "in_a_or_b")
    batches.have(60)
    run = batches.dbt("run", "--threads", "4", check=False)
    assert run.returncode and "missing_one" in run.output
    # the profile itself and who led the batch; who reads that is left out
    failed = "".join(
        line for line in run.output.splitlines() if "ERROR creating" in line or "SKIP" in line
    )
    assert 1 <= failed.count("ERROR creating") <= 2, run.output
    later = batches.members(run)
    stale = [name for name in later if later[name] == built[name] and name not in failed]
    assert not stale, f"{stale}\n{run.output}"
    assert "drawn" in failed or batches.kinds(run)["drawn"] == "BASE TABLE"

    # mended, and a few of them alone: the others stay as they are
    remove_profile(batches.project, "broken")
    batches.have(40)
    run = batches.dbt("run", "--select", "account_attributes", "large", "drawn")
    again = {name: built[name] for name in ("large", "drawn")}
    assert batches.members(run) == {**later, **again}
    assert batches.kinds(run)["drawn"] == "VIEW"

    # without batches: the same rows, and no table of theirs is left
    run = batches.dbt("run", batched=False)
    alone = batches.members(run)
    assert alone == {name: built[name] for name in alone} and len(alone) == len(PROFILES) - 1
    # dbt drops no view of a model that is no more
    assert set(batches.next_to_profiles(batches.kinds(run))) <= {"in_a_or_b__members"}
