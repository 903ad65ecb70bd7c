"""What changes a score: customers who moved and a refit that was asked for, never a build."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import duckdb
import pytest
from conftest import DbtProject, DbtRun

pytestmark = pytest.mark.slow

PARAMETERS = (
    "rfm_cut_points",
    "cluster_parameters",
    "lifetime_parameters",
    "objective_parameters",
    "propensity_parameters",
    "tree_parameters",
)
SCORES = (
    *("fit_definitions", "fit_settings", "modelling_sample", *PARAMETERS),
    *("rfm_measures", "account_rfm", "account_clusters", "model_versions"),
)
KPIS = ("int_account_kpis_dated", "int_account_kpis", "accounts", "account_kpis")
LATER = {"as_of_date": "2026-01-15"}
RFM = (
    "select account_id, recency_score, frequency_score, monetary_score, rfm_segment"
    " from crm_marts.account_rfm order by account_id"
)
CLUSTERS = "select * from crm_marts.account_clusters order by all"


@pytest.fixture(scope="module")
def copied(make_project: Callable[..., DbtProject], demo_build: DbtRun) -> DbtProject:
    project = make_project()
    shutil.copyfile(demo_build.database, project.database)
    return project


@pytest.fixture(scope="module")
def later(copied: DbtProject) -> DbtRun:
    """Two weeks later, with nothing asked for and nothing new but the day."""
    return copied.run("run", "-s", *KPIS, *SCORES, vars=LATER)


def versions(run: DbtRun) -> list[tuple[Any, ...]]:
    return run.query(
        "select model_name, fit_version, reason, cast(fitted_as_of as text), is_current"
        " from crm_marts.model_versions order by all"
    )


def test_a_later_day_leaves_every_parameter_as_it_was(demo_build: DbtRun, later: DbtRun) -> None:
    tables = "select distinct parameter_table from crm_marts.model_versions"
    assert {table for (table,) in later.query(tables)} == set(PARAMETERS)
    for table in PARAMETERS:
        rows = f"select * from crm_fits.{table} order by all"
        assert later.query(rows) == demo_build.query(rows)
    assert versions(later) == versions(demo_build)
    assert {reason for _, _, reason, _, _ in versions(later)} == {"first"}


def test_a_value_scores_on_every_day_as_on_the_first(demo_build: DbtRun, later: DbtRun) -> None:
    for value, score in (
        ("recency_days", "recency_score"),
        ("frequency", "frequency_score"),
        ("monetary", "monetary_score"),
    ):
        scores: dict[Any, set[Any]] = {}
        for run in (demo_build, later):
            for number, points in run.query(f"select {value}, {score} from crm_marts.account_rfm"):
                scores.setdefault(number, set()).add(points)
        assert all(len(points) == 1 for points in scores.values()), value
    # and two weeks without an order do move customers
    assert later.query(RFM) != demo_build.query(RFM)


def test_one_model_is_fitted_anew_and_rolled_back(later: DbtRun, copied: DbtProject) -> None:
    scores, clusters, before = later.query(RFM), later.query(CLUSTERS), versions(later)
    asked = {**LATER, "refit": ["rfm"]}
    refitted = copied.run("run", "-s", *SCORES, vars=asked)
    first = ("rfm", 1, "first", "2026-01-01")
    again = ("rfm", 2, "asked", "2026-01-15")
    others = [row for row in before if row[0] != "rfm"]
    assert versions(refitted) == sorted([*others, (*first, False), (*again, True)])
    assert refitted.query(CLUSTERS) == clusters
    assert refitted.query(RFM) != scores

    pinned = {**LATER, "model_version_pins": {"rfm": 1}}
    rolled_back = copied.run("run", "-s", "account_rfm", "model_versions", vars=pinned)
    assert rolled_back.query(RFM) == scores
    assert versions(rolled_back) == sorted([*others, (*first, True), (*again, False)])


def test_a_pin_of_no_version_fails_the_build(later: DbtRun, copied: DbtProject) -> None:
    pinned = {**LATER, "model_version_pins": {"rfm": 9}}
    run = copied.run("test", "-s", "pinned_model_versions_exist", vars=pinned, check=False)
    assert run.returncode != 0
    assert "Got 1 result" in run.output


def test_other_definitions_are_told_and_fit_nothing(
    later: DbtRun, copied: DbtProject, demo_build: DbtRun
) -> None:
    """Of a KPI, of the flag that a tree learns, and, by its rule, of the group of another one."""
    everything = (
        "select count(*), count(*) filter (where is_of_the_definitions), count(changed_definitions)"
        " from crm_marts.model_versions where is_current"
    )
    assert demo_build.query(everything) == [(9, 9, 0)]
    (group,) = demo_build.query(
        "select name, definition_hash = substr(md5('\"' || rule_hash || '\"'), 1, 8)"
        " from crm_marts.fit_definitions join crm_marts.profile_catalog on name = profile_name"
        " where kind = 'group'"
    )
    assert group == ("vip_dach", True)

    tree = {"target": "revenue_down", "features": ["order_count_365d", "kind"]}
    declared = {**LATER, "decision_trees": {"down": tree}}
    models = ("fit_definitions", "fit_settings", "decision_trees", "decision_tree_features")
    models += ("tree_parameters", "rfm_cut_points", "model_versions")
    first = copied.run("run", "-s", *models, vars=declared)
    told = (
        "select model_name, fit_version, is_current, is_of_the_declaration, is_of_the_definitions,"
        " changed_definitions from crm_marts.model_versions"
        " where model_name in ('down', 'rfm', 'churn') and is_current order by 1"
    )
    before = [(name, version, *rest) for name, version, *rest in first.query(told)]
    assert [row[0] for row in before] == ["churn", "down", "rfm"]
    assert {row[2:] for row in before} == {(True, True, True, None)}

    with duckdb.connect(str(copied.database)) as connection:
        connection.execute(
            "update crm_seeds.kpi_flags set threshold = -40, label = 'Down'"
            " where flag = 'revenue_down'"
        )
    check = "current_fits_know_what_they_read"
    changed = copied.run(
        *("build", "-s", *models, check, "--indirect-selection", "empty"),
        # of rates, and so of all amounts
        vars={**declared, "max_rate_age_days": 99},
    )
    assert [row[:4] for row in changed.query(told)] == [row[:4] for row in before]
    assert {name: (same, what) for name, *_, same, what in changed.query(told)} == {
        "churn": (False, "attribute revenue_365d"),
        "down": (False, "flag revenue_down"),
        "rfm": (False, "attribute revenue_all"),
    }
    for name, what in (("down", "flag revenue_down"), ("rfm", "attribute revenue_all")):
        assert f"{name}: version" in changed.output
        assert f"was fitted on other definitions of {what}, and stays." in changed.output
    # all but the objective, which is about orders
    assert f"WARN 7 {check}" in changed.output


def test_priors_belong_to_the_declaration_of_their_objective(
    later: DbtRun, copied: DbtProject
) -> None:
    """Another source changes nothing; another confidence is told, and asks for a refit."""
    # by its path, since the folders of all that objectives are made of have its name, too
    declared = "path:models/marts/objectives/objectives.sql"
    registry = ("objective_priors", declared, "model_versions")
    objective = (
        "select fit_version, reason, cast(fitted_as_of as text), is_of_the_declaration"
        " from crm_marts.model_versions where parameter_table = 'objective_parameters'"
        " order by fit_version"
    )

    def told_anew(changes: str) -> None:
        with duckdb.connect(str(copied.database)) as connection:
            connection.execute(f"update crm_seeds.objective_priors_demo set {changes}")

    told_anew("source = 'Somebody else'")
    same = copied.run("run", "-s", *registry, "objective_parameters", vars=LATER)
    others = [row for row in versions(same) if row[0] != "valves_for_companies"]
    assert same.query(objective) == [(1, "first", "2026-01-01", True)]
    told_anew("confidence = 0.5 where value = 'water'")
    changed = copied.run("run", "-s", *registry, vars=LATER)
    assert changed.query(objective) == [(1, "first", "2026-01-01", False)]
    refitted = copied.run("run", "-s", *registry, "objective_parameters", vars=LATER)
    assert refitted.query(objective) == [
        (1, "first", "2026-01-01", False),
        (2, "declaration", "2026-01-15", True),
    ]
    assert [row for row in versions(refitted) if row[0] != "valves_for_companies"] == others
