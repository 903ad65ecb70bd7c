"""The summary's text: aligned, complete, and honest about an empty build."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import ROOT, DbtRun

from crm_segmentation import cli, summary
from crm_segmentation.summary import Row, Table


class PlantedReader:
    """Answers as a database with three accounts, two profiles and no groups would."""

    def __init__(self, sizes: dict[str, int]) -> None:
        self.sizes = sizes

    def rows(self, sql: str) -> list[Row]:
        named = re.findall(r"select '(\w+)' as model_name", sql)
        return [(name, self.sizes[name]) for name in named]

    def has(self, model: str) -> bool:
        return model in self.sizes

    def models_of(self, kind: str) -> list[str]:
        return [name for name in self.sizes if name.startswith(kind)]


def test_numbers_stand_to_the_right() -> None:
    table = Table("Segments", ["segment", "accounts", "revenue"], [("a", 12345, Decimal("1.5"))])
    assert summary.as_text(table) == [
        "Segments",
        "--------",
        "  segment  accounts  revenue",
        "  a          12,345     1.50",
    ]


def test_a_table_without_rows_says_so() -> None:
    assert summary.as_text(Table("Groups", ["group"], [], empty="none")) == [
        "Groups",
        "------",
        "  none",
    ]


def test_unknown_figures_are_dashes() -> None:
    lines = summary.as_text(Table("T", ["a", "b"], [("x", None), ("y", 2)]))
    assert lines[-2:] == ["  x  -", "  y  2"]


def test_members_are_ordered_by_size_with_their_share() -> None:
    reader = PlantedReader({"accounts": 8, "profile_a": 1, "profile_b": 4})
    table = summary.members("Profiles", "profile")(reader)
    assert list(table.rows) == [("profile_b", 4, "50.0 %"), ("profile_a", 1, "12.5 %")]


def test_plain_sql_is_a_profile_where_it_holds_accounts() -> None:
    def node(*columns: str) -> SimpleNamespace:
        return SimpleNamespace(
            config=SimpleNamespace(meta={}),
            original_file_path="models/marts/profiles/some.sql",
            columns=dict.fromkeys(columns),
        )

    assert summary.is_of_kind(node("account_id", "as_of_date"), "profile")
    assert not summary.is_of_kind(node("profile_name", "member_count"), "profile")


def test_an_empty_base_divides_nothing() -> None:
    table = summary.members("Profiles", "profile")(PlantedReader({"accounts": 0, "profile_a": 0}))
    assert list(table.rows) == [("profile_a", 0, "-")]


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--help"])
    assert stopped.value.code == 0
    shown = capsys.readouterr().out
    assert all(command in shown for command in cli.COMMANDS)


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["sumary"])
    assert stopped.value.code == 2
    assert "invalid choice: 'sumary'" in capsys.readouterr().err


@pytest.mark.slow
def test_the_readme_shows_what_the_demo_prints(demo_build: DbtRun) -> None:
    # a process of its own: dbt would keep the database open in this one
    printed = subprocess.run(
        [
            str(Path(sys.executable).with_name("crm-segmentation")),
            *("summary", "--profiles-dir", str(ROOT), "--target-path", str(demo_build.target)),
        ],
        cwd=ROOT,
        env={**os.environ, "CRM_SEGMENTATION_DUCKDB": str(demo_build.database)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert printed.strip() in (ROOT / "README.md").read_text(encoding="utf-8")
