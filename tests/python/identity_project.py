"""The identity models alone, over staging rows that a test writes as Python dictionaries.

A dbt project in a folder of its own has our macros, seeds and identity models, and staging
models that only read what the test put into the database. So a test drives the very
machinery, and its rows are the truth.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parents[2]
LOADED_AT = "2025-12-31 23:00:00"

# The columns of the input contract that identity reads: name, and type where it is not text.
COLUMNS = {
    "stg_crm__accounts": "crm_account_id account_type name first_name last_name birth_date:date"
    " email phone street postal_code city country_code tax_id merged_into_crm_account_id"
    " erp_customer_id created_at:timestamp",
    "stg_crm__contacts": "crm_contact_id crm_account_id first_name last_name email phone"
    " birth_date:date created_at:timestamp",
    "stg_crm__leads": "crm_lead_id first_name last_name company_name email phone country_code"
    " converted_crm_account_id created_at:timestamp",
    "stg_crm__marketing_attributes": "crm_account_id updated_at:timestamp",
    "stg_crm__consents": "crm_account_id channel contact_point occurred_at:timestamp",
    "stg_crm__campaign_contacts": "crm_account_id contacted_at:timestamp",
    "stg_crm__campaign_responses": "crm_account_id responded_at:timestamp",
    "stg_crm__service_interactions": "interaction_id crm_account_id opened_at:timestamp",
    "stg_crm__survey_answers": "crm_account_id answered_at:timestamp",
    "stg_crm__feedback_scores": "crm_account_id given_at:timestamp",
    "stg_crm__contracts": "crm_account_id starts_on:date",
    "stg_erp__customers": "erp_customer_id name email phone street postal_code city country_code"
    " tax_id crm_account_id created_at:timestamp",
    "stg_erp__orders": "order_id erp_customer_id guest_email ordered_at:timestamp",
    "stg_web__events": "event_id visitor_id user_email erp_customer_id occurred_at:timestamp",
}
DECISION_COLUMNS = [
    "decision",
    *(
        f"{prefix}{name}"
        for prefix in ("", "other_")
        for name in ("source", "record_type", "record_key")
    ),
    "decided_on",
    "reason",
]

Rows = Mapping[str, Sequence[Mapping[str, Any]] | pd.DataFrame]


@dataclass(frozen=True)
class IdentityProject:
    """A project of `make_project` that holds the identity models and what they read."""

    project: Any

    def write_rows(self, rows: Rows) -> None:
        """Put rows where the staging models read them; tables that are not given are empty."""
        unknown = set(rows) - set(COLUMNS)
        assert not unknown, unknown
        with duckdb.connect(str(self.project.database)) as connection:
            connection.execute("create schema if not exists staged")
            for table in COLUMNS:
                write_table(connection, table, rows.get(table, []))

    def build(self, *arguments: str, check: bool = True, **settings: Any) -> Any:
        return self.project.run(
            "build", "--exclude-resource-type", "unit_test", *arguments, vars=settings, check=check
        )

    def accounts(self) -> dict[str, str]:
        """Account of each record; `crm account A1` and the like name the records."""
        with duckdb.connect(str(self.project.database), read_only=True) as connection:
            rows = connection.execute(
                "select source || ' ' || record_type || ' ' || record_key, account_id"
                " from crm.int_account_keys"
            ).fetchall()
        assert len(dict(rows)) == len(rows)
        return dict(rows)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.project.database), read_only=True) as connection:
            return connection.execute(sql).fetchall()


def typed_columns(table: str) -> list[tuple[str, str]]:
    names = [word.split(":") for word in COLUMNS[table].split()]
    typed = [(name[0], name[1] if len(name) > 1 else "text") for name in names]
    return [*typed, ("loaded_at", "timestamp")]


def write_table(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    rows: Sequence[Mapping[str, Any]] | pd.DataFrame,
) -> None:
    typed = typed_columns(table)
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    unknown = set(frame.columns) - {name for name, _ in typed}
    assert not unknown, (table, unknown)
    frame = frame.reindex(columns=[name for name, _ in typed]).astype(object)
    frame["loaded_at"] = frame["loaded_at"].fillna(LOADED_AT)
    frame = frame.where(frame.notna(), None)
    columns = ", ".join(f"cast({name} as {type_}) as {name}" for name, type_ in typed)
    connection.register("frame", frame)
    connection.execute(f"create or replace table staged.{table} as select {columns} from frame")
    connection.unregister("frame")


def make_identity_project(
    make_project: Callable[..., Any],
    folder: Path,
    decisions: Sequence[Mapping[str, str]] | None = None,
    models: Mapping[str, str] | None = None,
) -> IdentityProject:
    """A project in the (new) `folder`; `models` are further models of it, name to SQL."""
    (folder / "models" / "staging").mkdir(parents=True)
    (folder / "seeds").mkdir()
    (folder / "tests").mkdir()
    (folder / "macros").symlink_to(ROOT / "macros")
    (folder / "profiles.yml").symlink_to(ROOT / "profiles.yml")
    # dbt does not look behind a link to a folder of models
    shutil.copytree(ROOT / "models" / "intermediate" / "identity", folder / "models" / "identity")
    shutil.copytree(ROOT / "tests" / "generic", folder / "tests" / "generic")
    for test in (ROOT / "tests" / "invariants").glob("identity_*.sql"):
        shutil.copy(test, folder / "tests")
    shutil.copy(ROOT / "seeds" / "rules" / "identity_calling_codes.csv", folder / "seeds")
    seeds = yaml.safe_load((ROOT / "seeds" / "rules" / "_identity__seeds.yml").read_text())
    variables: dict[str, Any] = {"as_of_date": "2026-01-01", "demo": False}
    if decisions is None:
        seeds["seeds"] = [seed for seed in seeds["seeds"] if seed["name"] != "identity_decisions"]
    else:
        for seed in seeds["seeds"]:
            seed["config"].pop("enabled", None)
        pd.DataFrame(list(decisions), columns=DECISION_COLUMNS).to_csv(
            folder / "seeds" / "identity_decisions.csv", index=False
        )
        variables["identity_decisions"] = "identity_decisions"
    (folder / "seeds" / "_seeds.yml").write_text(yaml.safe_dump(seeds))
    (folder / "dbt_project.yml").write_text(
        yaml.safe_dump(
            {
                "name": "crm_segmentation",
                "profile": "crm_segmentation",
                "models": {"crm_segmentation": {"+materialized": "table"}},
                "vars": variables,
                "flags": {"require_generic_test_arguments_property": True},
            }
        )
    )
    for table in COLUMNS:
        (folder / "models" / "staging" / f"{table}.sql").write_text(
            f"select * from staged.{table}\n"
        )
    for name, sql in (models or {}).items():
        (folder / "models" / f"{name}.sql").write_text(sql)
    return IdentityProject(make_project(folder))
