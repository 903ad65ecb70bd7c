"""The catalogue and the funnel of the demo company against the tables that they tell of."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import Any

import duckdb
import pytest
from conftest import ROOT, DbtProject, DbtRun

from crm_segmentation.rules.lint import project_findings, read_files, report


@pytest.fixture(scope="module")
def profiles(demo_build: DbtRun) -> dict[str, dict[str, Any]]:
    """What each profile published, and its table."""
    return {
        node["name"]: {
            **node["config"]["meta"]["crm_segmentation"],
            "owner": node["config"]["meta"].get("owner"),
            "table": f'"{node["schema"]}"."{node["alias"]}"',
        }
        for node in demo_build.manifest()["nodes"].values()
        if node["config"].get("meta", {}).get("crm_segmentation", {}).get("kind") == "profile"
    }


@pytest.mark.slow
def test_the_catalogue_tells_of_every_profile(
    demo_build: DbtRun, profiles: dict[str, dict[str, Any]]
) -> None:
    found = {
        row[0]: row[1:]
        for row in demo_build.query(
            "select profile_name, label, owner, base_name, rule_text, rule_hash, account_count, "
            "cast(built_as_of as text), share_of_base, tree_json, is_recorded "
            "from crm_marts.profile_catalog"
        )
    }
    assert set(found) == set(profiles)
    ((everybody,),) = demo_build.query("select count(*) from crm_marts.accounts")
    for name, profile in profiles.items():
        ((size,),) = demo_build.query(f"select count(*) from {profile['table']}")
        assert found[name][:7] == (
            profile["label"],
            profile["owner"],
            profile["base"],
            profile["text"],
            profile["rule_hash"],
            size,
            "2026-01-01",
        )
        assert profile["base"] != "accounts" or abs(found[name][7] * everybody - size) < 0.01
        assert json.loads(found[name][8]) == profile["tree"]
    recorded = {name for name, row in found.items() if row[9]}
    groups = demo_build.query("select distinct group_name from crm_marts.group_memberships")
    # who is in the table of members was a member of a recorded group
    assert {name for (name,) in groups} & set(profiles) <= recorded < set(profiles)
    assert "vip_dach" in recorded and "slipping_customers" not in recorded


@pytest.mark.slow
def test_the_funnel_ends_at_the_members(
    demo_build: DbtRun, profiles: dict[str, dict[str, Any]]
) -> None:
    """The rules are rendered a second time, from what was published: nobody is lost on the way."""
    for name, profile in profiles.items():
        ((size,),) = demo_build.query(f"select count(*) from {profile['table']}")
        rows = demo_build.query(
            "select member_count, left_after_count, rule_hash, base_count, passes_alone_count "
            f"from crm_marts.profile_funnel where profile_name = '{name}' order by leaf_number"
        )
        assert rows and {row[0] for row in rows} == {size}, name
        # the last prefix of the top-level `all` is the rule
        assert rows[-1][1] == size, name
        assert {row[2] for row in rows} == {profile["rule_hash"]}
        assert all(0 <= row[4] <= row[3] for row in rows)
        assert [row[1] for row in rows] == sorted((row[1] for row in rows), reverse=True)


@pytest.mark.slow
def test_lint_counts_a_profile_before_it_is_built_and_finds_nothing_to_mend(
    demo_build: DbtRun,
    profiles: dict[str, dict[str, Any]],
    make_project: Callable[..., DbtProject],
) -> None:
    project = make_project()
    shutil.copy(demo_build.database, project.database)
    with duckdb.connect(str(project.database)) as connection:
        connection.execute(f"drop table {profiles['vip_dach']['table']}")
        # its members were recorded twice before, and an order is of the year before
        connection.execute(
            "insert into crm_intermediate.int_recorded_days values "
            "('group', 'vip_dach', date '2025-12-31', true), "
            "('group', 'vip_dach', date '2025-01-02', true), "
            "('attribute', 'rfm_segment', date '2020-01-01', true)"
        )
        connection.execute(
            "insert into crm_intermediate.int_activity by name (select * replace ("
            "'early' as event_id, 'nobody' as account_id, "
            "timestamp '2023-12-30 23:30:00' as occurred_at) "
            "from crm_intermediate.int_activity where event_name = 'order' limit 1)"
        )
    counted = printed(project, "rule_counts")
    assert set(counted["profiles"]) == set(profiles)
    for name, profile in profiles.items():
        ((size,),) = demo_build.query(f"select count(*) from {profile['table']}")
        assert counted["profiles"][name]["members"] == size, name
    # no two profiles of the demo have the same members
    prints = [one["fingerprint"] for one in counted["profiles"].values() if one["members"]]
    assert len(set(prints)) == len(prints)
    first_days = counted["first_days"]
    # the local day, in Berlin
    assert first_days["events"]["order"] == "2023-12-31"
    assert first_days["events"]["order_line"] == "2024-01-01"
    assert first_days["groups"] == {"vip_dach": "2025-01-02"}
    assert first_days["recorded_attributes"] == {"rfm_segment": "2020-01-01"}
    for table, of, column in [
        ("account_attributes", first_days["attributes"], "account_opened_on"),
        ("contracts", first_days["relation_columns"]["contracts"], "starts_on"),
    ]:
        ((day,),) = demo_build.query(f"select min({column}) from crm_marts.{table}")
        assert of[column] == str(day)
    # what `make lint-rules DATA=1` says of the demo; what is meant says so in the file
    findings = [
        *read_files(ROOT),
        *project_findings(ROOT, printed(project, "rule_project"), counted),
    ]
    assert report(findings, ROOT, fail_on_warnings=True) == 0


def printed(project: DbtProject, what: str) -> dict[str, Any]:
    """What a macro prints for the commands about rules."""
    output = project.run("run-operation", f"crm_segmentation.print_{what}").output
    (line,) = [line for line in output.splitlines() if f"{what}: " in line]
    found: dict[str, Any] = json.loads(line.split(f"{what}: ", 1)[1])
    return found
