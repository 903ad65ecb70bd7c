"""Trees of the demo company: SQL sends accounts where the splits say, a leaf's profile has them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from conftest import ROOT, DbtProject, DbtRun

from crm_segmentation import tree as tool
from crm_segmentation.rules.meaning import fold


def frame(build: DbtRun, sql: str) -> pd.DataFrame:
    with duckdb.connect(str(build.database), read_only=True) as connection:
        return connection.execute(sql).df()


def goes_left(node: Any, value: Any) -> bool:
    """The documented meaning of a split, written apart from the package."""
    if value is None or pd.isna(value):
        return bool(node.missing_goes_left)
    if node.feature_type == "text":
        text = fold(value).replace("\\", "\\\\").replace("|", "\\p")
        return (text in node.categories.split("|")[1:-1]) == bool(node.listed_go_left)
    return pd.isna(node.threshold) or float(value) < float(node.threshold)


def test_accounts_stand_in_the_leaf_to_which_the_splits_send_them(demo_build: DbtRun) -> None:
    nodes = frame(demo_build, "select * from crm_marts.decision_tree_nodes")
    accounts = frame(
        demo_build, "select * from crm_marts.account_attributes where order_count_all > 0"
    )
    placed = frame(demo_build, "select * from crm_marts.account_tree_leaves")
    trees = sorted(nodes["tree"].unique())
    assert trees == ["reactivation_answers", "vip_customers"]
    for name in trees:
        of_tree = {int(node.node_id): node for node in nodes[nodes["tree"] == name].itertuples()}
        wanted = {}
        for account in accounts.to_dict("records"):
            node = of_tree[0]
            while pd.isna(node.leaf_number):
                left = goes_left(node, account[node.feature])
                node = of_tree[int(node.left_node_id if left else node.right_node_id)]
            wanted[account["account_id"]] = int(node.leaf_number)
        mine = placed[placed["tree"] == name]
        assert dict(zip(mine["account_id"], mine["leaf_number"], strict=True)) == wanted
        assert len(set(wanted.values())) > 3


def test_a_tree_does_not_ask_what_it_was_told_to_leave_out(demo_build: DbtRun) -> None:
    asked = frame(demo_build, "select tree, feature from crm_marts.decision_tree_importances")
    of_vips = set(asked.loc[asked["tree"] == "vip_customers", "feature"])
    assert of_vips and not of_vips & {"revenue_365d", "country_code", "kind"}


@pytest.mark.slow
def test_the_profile_of_a_leaf_has_the_accounts_of_the_leaf(
    demo_build: DbtRun,
    make_project: Callable[..., DbtProject],
) -> None:
    project = make_project(ROOT)
    shutil.copyfile(demo_build.database, project.database)
    leaves = frame(demo_build, "select * from crm_marts.decision_tree_leaves")
    folder = project.folder / "models/marts/profiles/demo"
    names = {}
    for leaf in leaves.to_dict("records"):
        name = f"{leaf['tree']}_{leaf['leaf_number']}"
        names[leaf["tree"], leaf["leaf_number"]] = name
        fitted = tool.Fitted(
            leaf["tree"],
            "A tree",
            "a target",
            1,
            "2026-01-01",
            {},
            [],
            [
                tool.Leaf(
                    leaf["leaf_number"],
                    0,
                    leaf["sample_count"],
                    leaf["target_count"],
                    0,
                    None,
                    leaf["lift"],
                    leaf["rule"],
                )
            ],
        )
        said = tool.write(fitted, leaf["leaf_number"], folder / f"{name}.sql")
        assert name in said
    # the contract of profiles asks for their columns
    types = {"account_id": "text", "as_of_date": "date", "rule_hash": "text"}
    columns = [{"name": column, "data_type": kind} for column, kind in types.items()]
    models = [{"name": name, "columns": columns} for name in names.values()]
    (folder / "_leaves.yml").write_text(json.dumps({"version": 2, "models": models}))
    built = project.run("run", "-s", *names.values())
    placed = frame(demo_build, "select * from crm_marts.account_tree_leaves")
    for (tree, number), name in names.items():
        wanted = placed[(placed["tree"] == tree) & (placed["leaf_number"] == number)]
        members = built.query(f"select account_id from crm_marts.{name} order by account_id")
        assert [one for (one,) in members] == sorted(wanted["account_id"]), name
        assert members


def fitted() -> tool.Fitted:
    rule = "all:\n  - industry: food\n"
    leaf = tool.Leaf(1, 12, 20, 15, 4, None, Decimal("3.5"), rule)
    return tool.Fitted(
        "buyers",
        "Who buys",
        "vip",
        2,
        "2026-01-01",
        {"held_out_auc": 0.8123, "held_out_accounts": 30},
        [("industry", Decimal(1), Decimal("0.2"))],
        [leaf],
    )


def test_the_report_says_what_matters_and_what_a_leaf_is() -> None:
    lines = tool.report(fitted()).splitlines()
    assert "Target vip: 75.0 % of 20 accounts to learn from, as of 2026-01-01 (version 2)." in lines
    assert any("0.812 (0.5 is chance)" in line for line in lines)
    assert "  industry   0.2000      100.0 %" in lines
    assert "  1                 12            20  75.0 %  3.50          - of 4" in lines
    assert lines[-3:] == ["Leaf 1", "  all:", "    - industry: food"]


def test_what_cannot_be_written_says_why(tmp_path: Path) -> None:
    there = tmp_path / "there.sql"
    there.write_text("")
    for place, number, why in (
        (tmp_path / "good.sql", 7, "Unknown leaf"),
        (tmp_path / "Bad name.sql", 1, "No name of a model"),
        (tmp_path / "model.yml", 1, "No name of a model"),
        (there, 1, "is there already"),
        (tmp_path / "nowhere" / "good.sql", 1, "No folder"),
    ):
        with pytest.raises(tool.TreeError, match=why) as caught:
            tool.write(fitted(), number, place)
        assert "allowed: " in str(caught.value)
    assert not (tmp_path / "good.sql").exists()
