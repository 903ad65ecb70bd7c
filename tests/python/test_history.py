"""Recorded history: what days built in every order leave behind.

One tiny project lives through one timeline; each step's history is kept and the
tests look at the steps. Groups and segments come from a raw table that is
rewritten between the runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import DbtProject, DbtRun
from tiny_project import write_consumer

Row = tuple[Any, ...]

GROUP = """\
select
    account_id,
    {{ crm_segmentation.date_literal(crm_segmentation.as_of_date()) }} as as_of_date,
    'by hand' as rule_hash
from main.raw_members
where group_name = '%s'
"""

# the models by name too: without recording, the snapshots are not there to ask for
SELECTION = ("+recorded_days", "+group_sizes", "+recorded_attribute_values")
ROOMS = (
    "snapshots",
    "models/intermediate/history",
    "models/marts/outcomes/_outcomes__models.yml",
    "models/marts/outcomes/recorded_attribute_values.sql",
    "models/marts/outcomes/group_memberships.sql",
    "models/marts/outcomes/group_sizes.sql",
)


def june(day: int) -> date:
    return date(2025, 6, day)


@dataclass(frozen=True)
class Step:
    """What one run left behind."""

    run: DbtRun
    memberships: set[Row]
    values: set[Row]
    days: set[Row]
    ids: list[str]
    spells: set[Row] = field(default_factory=set)
    value_spells: set[Row] = field(default_factory=set)
    sizes: set[Row] = field(default_factory=set)


class Timeline:
    """A project whose days are built in any order."""

    def __init__(self, folder: Path) -> None:
        models = {name: GROUP % name for name in ("vip", "newcomers", "quiet")}
        models["account_attributes"] = "select * from main.raw_segments"
        self.project: DbtProject = write_consumer(
            folder,
            models,
            vars={"recorded_groups": ["vip", "newcomers"]},
            rooms=ROOMS,
            models={"consumer": {"+materialized": "table"}},
        )

    def build(
        self,
        day: int,
        members: dict[str, str],
        segments: dict[str, tuple[str | None, int | None]],
        *arguments: str,
        check: bool = True,
        **settings: Any,
    ) -> Step:
        """Build one June day: members as letters, segment and cluster by account."""
        with duckdb.connect(str(self.project.database)) as connection:
            connection.execute(
                "create or replace table main.raw_members (account_id text, group_name text)"
            )
            connection.execute(
                "create or replace table main.raw_segments"
                " (account_id text, rfm_segment text, cluster_value integer)"
            )
            for group, letters in members.items():
                for letter in letters:
                    connection.execute(
                        "insert into main.raw_members values (?, ?)", [letter, group]
                    )
            for account, (segment, cluster) in segments.items():
                connection.execute(
                    "insert into main.raw_segments values (?, ?, ?)", [account, segment, cluster]
                )
        run = self.project.run(
            "build",
            "-s",
            *SELECTION,
            *arguments,
            vars={"as_of_date": june(day).isoformat(), **settings},
            check=check,
        )
        return Step(
            run=run,
            memberships=set(
                run.query(
                    "select account_id, group_name, status, valid_from, valid_to"
                    " from crm_history.group_membership_history"
                )
            ),
            values=set(
                run.query(
                    "select account_id, attribute, status, value, valid_from, valid_to"
                    " from crm_history.account_attribute_history"
                )
            ),
            days=set(run.query("select kind, name, as_of_date from crm_history.recorded_days")),
            ids=[
                interval_id
                for table in ("group_membership_history", "account_attribute_history")
                for (interval_id,) in run.query(f"select interval_id from crm_history.{table}")
            ],
            spells=set(
                run.query(
                    "select account_id, group_name, valid_from, valid_to, is_entry, is_exit"
                    " from crm_intermediate.int_group_membership_spells"
                )
            ),
            value_spells=set(
                run.query(
                    "select account_id, attribute, value, valid_from, valid_to"
                    " from crm_intermediate.int_account_attribute_spells"
                )
            ),
            sizes=set(
                run.query(
                    "select group_name, as_of_date, account_count, entered_count, left_count"
                    " from crm_marts.group_sizes"
                )
            ),
        )


AT_FIRST = {"a": ("Champions", 1), "b": ("Loyal", 2)}


@pytest.fixture(scope="module")
def timeline(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Step]:
    build: Callable[..., Step] = Timeline(tmp_path_factory.mktemp("history") / "project").build
    steps: dict[str, Step] = {}
    steps["first"] = build(1, {"vip": "ab"}, AT_FIRST)
    steps["same day"] = build(1, {"vip": "ab"}, AT_FIRST)
    # b was no VIP after all, c is; b's segment was wrong
    at_first = {"a": ("Champions", 1), "b": ("Lost", 2), "c": (None, None)}
    steps["corrected"] = build(1, {"vip": "ac"}, at_first)
    # a leaves, n is the first newcomer; b is gone, a's cluster alone changes
    later = {"a": ("Champions", 3), "c": (None, None), "n": ("Promising", 1)}
    steps["second"] = build(5, {"vip": "c", "newcomers": "n"}, later)
    # a did not leave after all, c did; a's cluster did not change, c's did
    later = {"a": ("Champions", 1), "c": (None, 2), "n": ("Promising", 1)}
    steps["second corrected"] = build(5, {"vip": "a", "newcomers": "n"}, later)
    steps["emptied"] = build(5, {}, {}, "--empty", recorded_groups=["vip", "newcomers", "quiet"])
    # a leaves; a refresh of everything keeps what is recorded
    later = {"a": ("At risk", 1), "c": (None, 2), "n": ("Promising", 1)}
    steps["third"] = build(10, {"vip": "", "newcomers": "n"}, later, "--full-refresh")
    # a returns, newcomers and clusters are no longer recorded
    later = {"a": ("Champions", 1), "c": (None, 2), "n": ("Promising", 1)}
    steps["fourth"] = build(
        20,
        {"vip": "ac", "newcomers": "n"},
        later,
        recorded_groups=["vip"],
        recorded_attributes=["rfm_segment"],
    )
    steps["refused"] = build(15, {"vip": "b"}, AT_FIRST, check=False)
    steps["unrecorded"] = build(15, {"vip": "b"}, AT_FIRST, record_history=False)
    # nothing changes in the groups, and all is recorded again
    steps["fifth"] = build(25, {"vip": "ac", "newcomers": "n"}, later)
    return steps


def test_the_first_day_opens_an_interval_for_each(timeline: dict[str, Step]):
    first = timeline["first"]
    assert first.memberships == {
        ("a", "vip", "member", june(1), None),
        ("b", "vip", "member", june(1), None),
    }
    assert first.values == {
        ("a", "rfm_segment", "present", "Champions", june(1), None),
        ("a", "cluster_value", "present", "1", june(1), None),
        ("b", "rfm_segment", "present", "Loyal", june(1), None),
        ("b", "cluster_value", "present", "2", june(1), None),
    }
    assert first.days == {
        ("group", "vip", june(1)),
        ("group", "newcomers", june(1)),
        ("attribute", "rfm_segment", june(1)),
        ("attribute", "cluster_value", june(1)),
    }
    # the door opens on what was recorded before this day: nothing
    assert first.spells == set()
    assert first.value_spells == set()
    assert first.sizes == {
        ("vip", june(1), 2, None, None),
        ("newcomers", june(1), 0, None, None),
    }


def test_the_same_day_twice_changes_nothing(timeline: dict[str, Step]):
    first, again = timeline["first"], timeline["same day"]
    for part in ("memberships", "values", "days", "spells", "value_spells", "sizes"):
        assert getattr(again, part) == getattr(first, part), part
    assert sorted(again.ids) == sorted(first.ids)


def test_corrected_data_of_a_day_replaces_what_it_recorded(timeline: dict[str, Step]):
    corrected = timeline["corrected"]
    assert corrected.memberships == {
        ("a", "vip", "member", june(1), None),
        ("c", "vip", "member", june(1), None),
    }
    assert corrected.values == {
        ("a", "rfm_segment", "present", "Champions", june(1), None),
        ("a", "cluster_value", "present", "1", june(1), None),
        ("b", "rfm_segment", "present", "Lost", june(1), None),
        ("b", "cluster_value", "present", "2", june(1), None),
        ("c", "rfm_segment", "present", None, june(1), None),
        ("c", "cluster_value", "present", None, june(1), None),
    }


def test_leaving_is_a_status_and_never_a_missing_row(timeline: dict[str, Step]):
    second = timeline["second"]
    assert second.memberships == {
        ("a", "vip", "member", june(1), june(5)),
        ("a", "vip", "left", june(5), None),
        ("c", "vip", "member", june(1), None),
        ("n", "newcomers", "member", june(5), None),
    }
    assert ("b", "rfm_segment", "present", "Lost", june(1), june(5)) in second.values
    assert ("b", "rfm_segment", "gone", None, june(5), None) in second.values
    assert ("b", "cluster_value", "gone", None, june(5), None) in second.values
    assert second.spells == {
        ("a", "vip", june(1), None, False, False),
        ("c", "vip", june(1), None, False, False),
    }
    assert second.sizes == {
        ("vip", june(1), 2, None, None),
        ("newcomers", june(1), 0, None, None),
        ("vip", june(5), 1, 0, 1),
        ("newcomers", june(5), 1, 1, 0),
    }


def test_corrected_data_of_a_later_day_opens_what_it_had_ended(timeline: dict[str, Step]):
    corrected = timeline["second corrected"]
    assert corrected.memberships == {
        ("a", "vip", "member", june(1), None),
        ("c", "vip", "member", june(1), june(5)),
        ("c", "vip", "left", june(5), None),
        ("n", "newcomers", "member", june(5), None),
    }
    assert {row for row in corrected.values if row[0] in "ac"} == {
        ("a", "rfm_segment", "present", "Champions", june(1), None),
        ("a", "cluster_value", "present", "1", june(1), None),
        ("c", "rfm_segment", "present", None, june(1), None),
        ("c", "cluster_value", "present", None, june(1), june(5)),
        ("c", "cluster_value", "present", "2", june(5), None),
    }


def test_an_empty_run_records_nothing_and_takes_nothing_back(timeline: dict[str, Step]):
    before, emptied = timeline["second corrected"], timeline["emptied"]
    assert {size for _, _, size, _, _ in emptied.sizes} == {0}
    for part in ("memberships", "values", "days"):
        assert getattr(emptied, part) == getattr(before, part), part


def test_a_full_refresh_keeps_what_is_recorded(timeline: dict[str, Step]):
    before, after = timeline["second corrected"], timeline["third"]
    assert {row[:4] for row in before.memberships} <= {row[:4] for row in after.memberships}
    assert before.days < after.days
    assert ("a", "vip", "member", june(1), june(10)) in after.memberships


def test_leaving_and_returning_makes_two_spells(timeline: dict[str, Step]):
    assert {row for row in timeline["fifth"].spells if row[0] == "a"} == {
        ("a", "vip", june(1), june(10), False, True),
        ("a", "vip", june(20), None, True, False),
    }
    values = {row[1:] for row in timeline["fifth"].value_spells if row[0] == "a"}
    assert values == {
        # one spell, though the segment's rows were cut by nothing else than a correction
        ("rfm_segment", "Champions", june(1), june(10)),
        ("rfm_segment", "At risk", june(10), june(20)),
        ("rfm_segment", "Champions", june(20), None),
        ("cluster_value", "1", june(1), june(20)),
    }


def test_an_attribute_is_not_cut_by_a_change_of_another(timeline: dict[str, Step]):
    # c's cluster changed on the 5th, its unknown segment did not
    assert {row[1:] for row in timeline["fifth"].value_spells if row[0] == "c"} == {
        ("rfm_segment", None, june(1), None),
        ("cluster_value", None, june(1), june(5)),
        ("cluster_value", "2", june(5), june(20)),
    }


def test_an_attribute_that_is_recorded_no_longer_ends(timeline: dict[str, Step]):
    for step, after in (("fourth", None), ("fifth", june(25))):
        assert {row for row in timeline[step].values if row[0] == "n"} >= {
            ("n", "rfm_segment", "present", "Promising", june(5), None),
            ("n", "cluster_value", "present", "1", june(5), june(20)),
            ("n", "cluster_value", "not_recorded", None, june(20), after),
        }
    assert ("n", "cluster_value", "present", "1", june(25), None) in timeline["fifth"].values


def test_a_group_that_is_recorded_no_longer_ends_without_a_departure(timeline: dict[str, Step]):
    newcomer = {row for row in timeline["fourth"].memberships if row[0] == "n"}
    assert newcomer == {
        ("n", "newcomers", "member", june(5), june(20)),
        ("n", "newcomers", "not_recorded", june(20), None),
    }
    assert ("n", "newcomers", june(5), june(20), True, False) in timeline["fifth"].spells
    # and begins again without an entry
    assert ("newcomers", june(25), 1, None, None) in timeline["fifth"].sizes
    assert ("vip", june(25), 2, 0, 0) in timeline["fifth"].sizes
    assert not {row for row in timeline["fifth"].sizes if row[:2] == ("newcomers", june(20))}


def test_an_earlier_day_is_refused_before_anything_is_built(timeline: dict[str, Step]):
    fourth, refused = timeline["fourth"], timeline["refused"]
    assert refused.run.returncode
    assert "got 2025-06-15; allowed: 2025-06-20, the newest day" in refused.run.output
    assert "record_history: false" in refused.run.output
    assert "OK created" not in refused.run.output
    for part in ("memberships", "values", "days", "spells", "value_spells", "sizes"):
        assert getattr(refused, part) == getattr(fourth, part), part


def test_a_past_day_can_be_built_without_recording_it(timeline: dict[str, Step]):
    fourth, past = timeline["fourth"], timeline["unrecorded"]
    assert past.memberships == fourth.memberships
    assert past.values == fourth.values
    assert past.days == fourth.days
    # the door shows what was known before that day: what ended later is still open
    assert past.spells == {
        ("a", "vip", june(1), june(10), False, True),
        ("c", "vip", june(1), june(5), False, True),
        ("n", "newcomers", june(5), None, True, False),
    }


def test_no_step_leaves_unsound_intervals(timeline: dict[str, Step]):
    for name, step in timeline.items():
        assert len(set(step.ids)) == len(step.ids), name
        for rows, key in ((step.memberships, (0, 1)), (step.values, (0, 1))):
            histories: dict[Row, list[tuple[date, date]]] = {}
            for row in rows:
                end = row[-1] or date.max
                assert row[-2] < end, (name, row)
                histories.setdefault(tuple(row[i] for i in key), []).append((row[-2], end))
            for intervals in histories.values():
                intervals.sort()
                for (_, end), (start, _) in pairwise(intervals):
                    assert end == start, (name, intervals)
