"""The catalogue: what it refuses, what an installing project adds, and what holds it true."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import Any

import duckdb
import pytest
from conftest import DbtProject, DbtRun

CATALOG = "crm_segmentation.print_attribute_catalog"


@pytest.fixture(scope="module")
def catalog_of(make_project: Callable[..., DbtProject]) -> Callable[..., DbtRun]:
    project = make_project()

    runs: dict[str, DbtRun] = {}

    def run(extra: dict[str, Any] | None = None) -> DbtRun:
        key = json.dumps(extra)
        if key not in runs:
            vars = None if extra is None else {"extra_attributes": extra}
            runs[key] = project.run("run-operation", CATALOG, vars=vars, check=False)
        return runs[key]

    return run


def read(run: DbtRun) -> dict[str, dict[str, Any]]:
    assert run.returncode == 0, run.output
    line = next(line for line in run.output.splitlines() if "attribute_catalog: " in line)
    return json.loads(line.split("attribute_catalog: ", 1)[1])


GOOD = {"type": "text", "label": "L", "description": "D", "model": "my_attributes"}


def test_an_installing_project_adds_attributes(catalog_of) -> None:
    catalog = read(
        catalog_of(
            {
                "shirt_size": GOOD,
                "a" * 63: GOOD,
                "clubs": {"type": "values", "label": "Clubs", "description": "Clubs."},
                "score": {**GOOD, "type": "number", "sql_type": "decimal(9, 6)", "column": "s"},
            }
        )
    )
    assert catalog["shirt_size"] == {
        "type": "text",
        "sql_type": "text",
        "label": "L",
        "group": "custom",
        "description": "D",
        "unit": None,
        "model": "my_attributes",
        "column": "shirt_size",
        "point_in_time": False,
        "nullable": True,
        "allowed": None,
        "protected": False,
        "identifying": False,
    }
    assert "a" * 63 in catalog
    assert catalog["clubs"]["model"] == "account_attribute_values"
    assert (catalog["score"]["sql_type"], catalog["score"]["column"]) == ("decimal(9, 6)", "s")
    # and ours are still there
    assert {"industry", "newsletter_frequency", "revenue_365d", "rfm_segment"} < set(catalog)


def test_everything_wrong_is_reported_together(catalog_of) -> None:
    long = "a" * 64
    refused = catalog_of(
        {
            "Bad": GOOD,
            "1st": GOOD,
            "with space": GOOD,
            long: GOOD,
            "event": GOOD,
            "at_least": GOOD,
            "account_id": GOOD,
            "industry": GOOD,
            "revenue_365d": GOOD,
            "no_type": {**GOOD, "type": "string"},
            "no_model": {"type": "text", "label": "L", "description": "D"},
            "typo": {**GOOD, "lable": "L"},
            "no_group": {**GOOD, "group": "misc"},
            "no_mapping": "text",
            # YAML reads NO as false
            "no_texts": {**GOOD, "allowed": ["DE", False]},
            "no_list": {**GOOD, "allowed": "gold"},
            "of_numbers": {**GOOD, "type": "number", "allowed": ["1"]},
            "no_column": {**GOOD, "column": "a b"},
            "no_switch": {**GOOD, "nullable": "no"},
        }
    )
    assert refused.returncode != 0
    said = " ".join(refused.output.split())
    for expected in [
        "has 19 error(s)",
        "Not a text among the values of attribute 'no_texts' in var 'extra_attributes', allowed: "
        "got false; allowed: texts. Put it in quotes",
        "Not a list of texts of attribute 'no_list' in var 'extra_attributes', allowed: got 'gold'",
        "Not a list of texts of attribute 'of_numbers'",
        "Bad name of a column of attribute 'no_column' in var 'extra_attributes': got 'a b'",
        "Not a switch of attribute 'no_switch' in var 'extra_attributes', nullable: got 'no'",
        "Bad attribute name in var 'extra_attributes': got 'Bad'",
        "got '1st'",
        "got 'with space'",
        f"got '{long}'",
        "word of the criteria language in var 'extra_attributes': got 'event'",
        "got 'at_least'",
        "got 'account_id'",
        "declared twice in var 'extra_attributes': got 'industry'",
        "got 'revenue_365d'",
        "Unknown type of attribute 'no_type' in var 'extra_attributes': got 'string'",
        "Missing key of attribute 'no_model' in var 'extra_attributes': got no 'model'",
        "Unknown key of attribute 'typo' in var 'extra_attributes': got 'lable'; allowed: type",
        "Unknown group of attribute 'no_group' in var 'extra_attributes': got 'misc'",
        "No declaration of attribute 'no_mapping'",
    ]:
        assert expected in said, expected


def test_the_catalogue_is_the_contract_of_account_attributes(
    catalog_of, demo_build: DbtRun
) -> None:
    nodes = demo_build.manifest()["nodes"]
    columns = nodes["model.crm_segmentation.account_attributes"]["columns"]
    expected = {"account_id": "text", "as_of_date": "date"}
    meta = {}
    for name, attribute in read(catalog_of()).items():
        if attribute["model"] == "account_attributes":
            parts = ("_lat", "_lon") if attribute["type"] == "point" else ("",)
            for part in parts:
                expected[attribute["column"] + part] = attribute["sql_type"]
                meta[name + part] = attribute["point_in_time"]
    assert {name: column["data_type"] for name, column in columns.items()} == expected
    # each says whether it is exact at a past day
    assert {
        name: column["config"]["meta"]["point_in_time"]
        for name, column in columns.items()
        if name in meta
    } == meta


def test_the_table_is_the_macro(catalog_of, demo_build: DbtRun) -> None:
    rows = demo_build.query(
        "select attribute, type, sql_type, label, attribute_group, description, unit, model,"
        " column_name, is_point_in_time, is_nullable, allowed_values"
        " from crm_marts.attribute_catalog order by position"
    )
    expected = [
        (
            name,
            *(a[key] for key in ("type", "sql_type", "label", "group", "description", "unit")),
            *(a[key] for key in ("model", "column", "point_in_time", "nullable")),
            None if a["allowed"] is None else "|".join(a["allowed"]),
        )
        for name, a in read(catalog_of()).items()
    ]
    assert rows == expected


def test_values_count_as_declared(demo_build: DbtRun) -> None:
    """Counted from the raw seeds, without any model of ours."""
    declared: dict[tuple[str, str], set[str]] = {}
    for source, attribute, value in demo_build.query(
        "select source, attribute, allowed_value from crm_seeds.marketing_attributes union all"
        " select source, attribute, allowed_value from crm_seeds.marketing_attributes_demo"
    ):
        declared.setdefault((source, attribute), set()).add(value)
    raw = demo_build.query(
        "select 'attribute', lower(trim(attribute)), trim(value)"
        " from crm_raw.raw_crm__marketing_attributes where trim(value) <> ''"
        " union all select 'survey', lower(trim(question)), trim(answer)"
        " from crm_raw.raw_crm__survey_answers where trim(answer) <> ''"
    )
    wrong = [
        row
        for row in raw
        if (row[0] == "attribute" or row[:2] in declared)
        and row[2].lower() not in {value.lower() for value in declared.get(row[:2], set())}
    ]
    reported = demo_build.query(
        "select coalesce(sum(value_count), 0) from crm_marts.rejected_attribute_values"
        " where problem = 'undeclared value' or problem = 'undeclared attribute'"
    )[0][0]
    assert reported == len(wrong)
    for source, attribute in declared:
        if attribute == "interests":
            sql = "select value from crm_marts.account_attribute_values where attribute = "
            rows = demo_build.query(f"{sql}'{attribute}'")
        else:
            rows = demo_build.query(f"select {attribute} from crm_marts.account_attributes")
        held = {value for (value,) in rows} - {None}
        assert held <= declared[source, attribute]
        assert len(held) > 1, attribute


def test_an_undeclared_value_is_reported_and_null(demo_build: DbtRun, make_project) -> None:
    project = make_project()
    shutil.copyfile(demo_build.database, project.database)
    with duckdb.connect(str(project.database)) as connection:
        account, crm_account = connection.execute(
            "select account_id, crm_account_id from crm_marts.accounts"
            " join crm_marts.account_attributes using (account_id)"
            " where newsletter_frequency = 'weekly' and crm_account_id is not null limit 1"
        ).fetchone()
        connection.execute(
            "insert into crm_staging.stg_crm__marketing_attributes"
            " (crm_account_id, attribute, value, updated_at, loaded_at) values"
            f" ('{crm_account}', 'newsletter_frequency', 'hourly', '2025-12-31', '2025-12-31'),"
            f" ('{crm_account}', 'shoe_size', '44', '2025-12-31', '2025-12-31')"
        )
    built = project.run(
        "run", "-s", "int_attribute_values_checked", "account_attributes",
        "rejected_attribute_values",
    )  # fmt: skip
    assert built.query(
        "select newsletter_frequency from crm_marts.account_attributes"
        f" where account_id = '{account}'"
    ) == [(None,)]
    assert set(
        built.query(
            "select attribute, raw_value, problem from crm_marts.rejected_attribute_values"
            " where raw_value in ('hourly', '44')"
        )
    ) == {
        ("newsletter_frequency", "hourly", "undeclared value"),
        ("shoe_size", "44", "undeclared attribute"),
    }
