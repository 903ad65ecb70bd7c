"""The identity models alone, over staging rows that a test writes as Python dictionaries.

A dbt project in a folder of its own links our macros, seeds and identity models, and has
staging models that only read what the test put into the database. So a test drives the very
machinery, and its rows are the truth.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parents[2]
LOADED_AT = "2025-12-31 23:00:00"

# The columns of the input contract that identity reads: name -> type where it is not text.
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
    "stg_crm__service_interactions": "crm_account_id opened_at:timestamp",
    "stg_crm__survey_answers": "crm_account_id answered_at:timestamp",
    "stg_crm__feedback_scores": "crm_account_id given_at:timestamp",
    "stg_crm__contracts": "crm_account_id starts_on:date",
    "stg_erp__customers": "erp_customer_id name email phone street postal_code city country_code"
    " tax_id crm_account_id created_at:timestamp",
    "stg_erp__orders": "order_id erp_customer_id guest_email ordered_at:timestamp",
    "stg_web__events": "event_id visitor_id user_email erp_customer_id occurred_at:timestamp",
}

Rows = Mapping[str, Sequence[Mapping[str, Any]] | pd.DataFrame]


def typed_columns(table: str) -> list[tuple[str, str]]:
    pairs = [(*word.split(":"), "text")[:2] for word in COLUMNS[table].split()]
    return [*pairs, ("loaded_at", "timestamp")]


def write_project(folder: Path, models: Mapping[str, str] | None = None) -> None:
    """A dbt project of the name of ours, with our identity models and the given ones."""
    (folder / "models" / "staging").mkdir(parents=True)
    (folder / "seeds").mkdir()
    for link, target in {
        "macros": ROOT / "macros",
        "profiles.yml": ROOT / "profiles.yml",
    }.items():
        (folder / link).symlink_to(target)
    # dbt does not look behind a link to a folder of models
    shutil.copytree(ROOT / "models" / "intermediate" / "identity", folder / "models" / "identity")
    for seed in ("_identity__seeds.yml", "identity_calling_codes.csv"):
        (folder / "seeds" / seed).symlink_to(ROOT / "seeds" / "rules" / seed)
    (folder / "dbt_project.yml").write_text(
        yaml.safe_dump(
            {
                "name": "crm_segmentation",
                "profile": "crm_segmentation",
                "models": {"crm_segmentation": {"+materialized": "table"}},
                "vars": {"demo": False},
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


def write_rows(database: Path, rows: Rows) -> None:
    """Put the rows where the staging models of the project read them; other tables are empty."""
    unknown = set(rows) - set(COLUMNS)
    assert not unknown, unknown
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema if not exists staged")
        for table in COLUMNS:
            typed = typed_columns(table)
            given = rows.get(table, [])
            frame = given if isinstance(given, pd.DataFrame) else pd.DataFrame(list(given))
            extra = set(frame.columns) - {name for name, _ in typed}
            assert not extra, (table, extra)
            frame = frame.reindex(columns=[name for name, _ in typed])
            frame["loaded_at"] = frame["loaded_at"].fillna(LOADED_AT)
            frame = frame.astype(object).where(frame.notna(), None)
            connection.register("frame", frame)
            columns = ", ".join(f"cast({name} as {type_}) as {name}" for name, type_ in typed)
            connection.execute(
                f"create or replace table staged.{table} as select {columns} from frame"
            )
            connection.unregister("frame")


