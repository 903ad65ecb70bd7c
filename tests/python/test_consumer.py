"""What another dbt project gets that installs this one, and what is left on no data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import AS_INSTALLED, ROOT, DbtProject, DbtRun

PACKAGE = "crm_segmentation"
# marts whose rows come from declarations, not from sources
DECLARED = (
    "attribute_catalog",
    "clusterings",
    "fit_definitions",
    "fit_settings",
    # how many of none were drawn
    "modelling_sample_record",
    "rfm_dimensions",
    # every cell of the map, contacted or not
    "rfm_response_cells",
)
# the package's unit tests run in the demo's build and, as installed, in the examples'
NO_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
CONSUMER = Path(__file__).parent / "consumer"


def of_the_demo(node: dict[str, Any]) -> bool:
    """Whether a node is, or tests, content of the demo company and would run."""
    return (
        node["package_name"] == PACKAGE
        and "demo" in node["fqn"][:-1]
        # a test of a disabled seed stays among the nodes, as disabled
        and node["config"].get("enabled", True)
    )


# --- a project that installs the package -----------------------------------------


@pytest.fixture(scope="module")
def consumer(make_project: Callable[..., DbtProject]) -> DbtProject:
    project = make_project(CONSUMER, environment={"CRM_SEGMENTATION_PACKAGE": str(ROOT)})
    project.run("deps")
    return project


@pytest.fixture(scope="module")
def consumer_build(consumer: DbtProject) -> DbtRun:
    return consumer.run("build", *AS_INSTALLED, *NO_UNIT_TESTS)


@pytest.mark.slow
def test_consumer_gets_nothing_of_the_demo(consumer_build: DbtRun) -> None:
    manifest = consumer_build.manifest()
    enabled = [
        node["unique_id"]
        for kind in ("nodes", "sources", "unit_tests")
        for node in manifest[kind].values()
        if of_the_demo(node)
    ]
    assert enabled == []
    disabled = [
        node["resource_type"]
        for nodes in manifest["disabled"].values()
        for node in nodes
        if "demo" in node["fqn"][:-1]
    ]
    # the rule would be silent, too, if the demo stood elsewhere
    assert {"seed", "model", "unit_test"} <= set(disabled)


@pytest.mark.slow
def test_consumers_staging_keeps_the_package_contract(consumer_build: DbtRun) -> None:
    nodes = consumer_build.manifest()["nodes"]
    orders = nodes["model.tiny_shop.stg_erp__orders"]
    assert orders["config"]["contract"]["enforced"]
    assert orders["columns"]["order_id"]["description"]
    tests = {
        node["test_metadata"]["name"]
        for node in nodes.values()
        if node.get("test_metadata") and orders["unique_id"] in node["depends_on"]["nodes"]
    }
    assert {"not_null", "unique"} <= tests


@pytest.mark.slow
def test_consumers_orders_reach_the_marts(consumer_build: DbtRun) -> None:
    rows = consumer_build.query(
        """
        select account_keys.record_key, kpis.order_count_all, kpis.revenue_all
        from shop_intermediate.int_account_keys as account_keys
        inner join shop_marts.account_kpis as kpis using (account_id)
        where account_keys.source = 'erp'
        order by account_keys.record_key
        """
    )
    found = [(key, orders, float(revenue)) for key, orders, revenue in rows]
    assert found == [("C1", 2, 200.0), ("C2", 1, 10.0), ("guest@example.com", 1, 5.0)]


@pytest.mark.slow
def test_consumers_attribute_is_asked_by_its_profile(consumer_build: DbtRun) -> None:
    members = consumer_build.query(
        """
        select account_keys.record_key, cast(golden_buyers.as_of_date as text)
        from shop.golden_buyers
        inner join shop_intermediate.int_account_keys as account_keys using (account_id)
        """
    )
    assert members == [("C1", "2025-07-01")]
    catalogued = consumer_build.query(
        "select attribute from shop_marts.attribute_catalog where attribute = 'loyalty_level'"
    )
    assert catalogued == [("loyalty_level",)]


# --- empty sources ---------------------------------------------------------------


@pytest.fixture(scope="module")
def empty_build(make_project: Callable[..., DbtProject]) -> DbtRun:
    """The package built without the demo, over source tables that hold no rows."""
    project = make_project()
    vars = {"demo": False, "as_of_date": "2025-07-01"}
    manifest = project.run("parse", vars=vars).manifest()
    with duckdb.connect(str(project.database)) as connection:
        for source in manifest["sources"].values():
            if source["source_name"] not in ("crm", "erp", "web"):
                continue
            columns = ", ".join(f'"{column}" text' for column in source["columns"])
            table = f'"{source["schema"]}"."{source["identifier"]}"'
            connection.execute(f'create schema if not exists "{source["schema"]}"')
            connection.execute(f"create table {table} ({columns})")
    return project.run("build", *NO_UNIT_TESTS, vars=vars)


def empty_marts(build: DbtRun) -> dict[str, int]:
    return {
        node["name"]: build.query(f'select count(*) from "{node["schema"]}"."{node["alias"]}"')[0][
            0
        ]
        for node in build.manifest()["nodes"].values()
        if node["resource_type"] == "model"
        and node["original_file_path"].startswith("models/marts/")
    }


@pytest.mark.slow
def test_every_mart_exists_without_rows(empty_build: DbtRun) -> None:
    sizes = empty_marts(empty_build)
    assert "account_attributes" in sizes
    # what is declared is there, whoever is
    assert all(sizes.pop(name) > 0 for name in DECLARED)
    assert {name: size for name, size in sizes.items() if size} == {}


@pytest.mark.slow
def test_fits_write_no_parameters_and_say_so(empty_build: DbtRun) -> None:
    fits = [
        node
        for node in empty_build.manifest()["nodes"].values()
        if node["resource_type"] == "model" and node["language"] == "python"
    ]
    assert fits
    for node in fits:
        relation = f'"{node["schema"]}"."{node["alias"]}"'
        assert empty_build.query(f"select count(*) from {relation}") == [(0,)], node["name"]
        # trees and objectives say nothing where none is declared
        if node["name"] not in ("tree_parameters", "objective_parameters"):
            assert f"{node['name']}: no parameters written" in empty_build.output


@pytest.mark.slow
def test_summary_of_an_empty_build_prints_zeros(
    empty_build: DbtRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from crm_segmentation import cli

    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("CRM_SEGMENTATION_DUCKDB", str(empty_build.database))
    options = ["--vars", '{"demo": false, "as_of_date": "2025-07-01"}']
    options += ["--target-path", str(empty_build.target), "--profiles-dir", str(ROOT)]
    assert cli.main(["summary", *options]) == 0
    shown = capsys.readouterr().out
    assert "0 accounts" in shown
