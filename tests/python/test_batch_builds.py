"""Profiles in batches through dbt: each is a model as it is without them, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import AS_INSTALLED, DbtProject, DbtRun
from postgres_databases import Database, Databases
from tiny_project import write_consumer

pytestmark = pytest.mark.xdist_group("batch_builds")

DAYS = ("2026-01-01", "2026-02-01")
# text, number, and a column whose value follows the day; account 7 knows nothing of itself
ACCOUNTS = """
select
    cast('A' || numbers.value as text) as account_id,
    cast(
        case when numbers.value <> 7 then chr(cast(65 + numbers.value % 4 as integer)) end as text
    ) as sector,
    cast(case when numbers.value <> 7 then numbers.value end as integer) as headcount,
    {{ crm_segmentation.date_literal(crm_segmentation.as_of_date()) }} as seen_on
from generate_series(1, 40) as numbers (value)
"""
ATTRIBUTES = {
    "sector": {"type": "text"},
    "headcount": {"type": "number", "sql_type": "integer"},
    "seen_on": {"type": "date"},
    # declared, and in no table
    "missing_one": {"type": "text"},
}
PROFILES = {
    "large": "headcount: {gte: 30}",
    "not_large": "not: {headcount: {gte: 30}}",
    "in_a_or_b": "any: [{sector: [a, b]}, {sector: {is_null: true}}]",
    "seen_in_january": "seen_on: {on_or_before: 2026-01-15}",
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

    def dbt(self, *arguments: str, day: str = DAYS[0], batched: bool = True, **options: Any):
        return self.project.run(
            *arguments,
            *AS_INSTALLED[:1],
            vars={"as_of_date": day, "batch_profiles": batched, "profile_batch_size": 2},
            **options,
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


def test_profiles_in_batches_are_those_without(batches: Batches) -> None:
    first, second = DAYS
    wanted = batches.members(batches.dbt("build", day=second, batched=False))
    early = batches.members(batches.dbt("build", "--threads", "4", day=first))
    run = batches.dbt("build", "--threads", "4", day=second)
    assert "WARN" not in run.output.replace("WARN=0", ""), run.output
    built = batches.members(run)
    assert built == wanted
    assert early["seen_in_january"] and not built["seen_in_january"]
    kinds = batches.kinds(run)
    assert kinds["large"] == "VIEW" and kinds["by_hand"] == "BASE TABLE"
    assert batches.next_to_profiles(kinds)

    # a few of them, as of another day: the others stay
    run = batches.dbt("build", "--select", "large", "drawn", day=first)
    assert batches.members(run) == {**wanted, **{name: early[name] for name in ("large", "drawn")}}

    # one cannot be built, and one is no more
    write_profile(batches.project, "broken", "missing_one: a")
    (batches.project.folder / "models" / "seen_in_january.sql").unlink()
    (batches.project.folder / "models" / "seen_in_january.yml").unlink()
    run = batches.dbt("run", "--full-refresh", "--threads", "4", day=second, check=False)
    assert run.returncode and "missing_one" in run.output
    failed = [line for line in run.output.splitlines() if "ERROR creating" in line]
    # the profile itself, and who led the batch
    assert 1 <= len(failed) <= 2, run.output
    left = batches.members(run)
    assert sum(left[name] == wanted[name] for name in left) >= len(wanted) - 2
    assert "drawn" in "".join(failed) or batches.kinds(run)["drawn"] == "BASE TABLE"

    # mended
    (batches.project.folder / "models" / "broken.sql").unlink()
    (batches.project.folder / "models" / "broken.yml").unlink()
    run = batches.dbt("build", day=second)
    assert batches.members(run) == {
        name: rows for name, rows in wanted.items() if name != "seen_in_january"
    }
    assert batches.kinds(run)["drawn"] == "VIEW"

    # without batches again: no table of theirs is left
    run = batches.dbt("run", day=second, batched=False)
    left_alone = {"seen_in_january__members"}  # dbt drops no view of a model that is no more
    assert set(batches.next_to_profiles(batches.kinds(run))) <= left_alone
