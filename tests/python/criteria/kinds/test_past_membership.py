"""Kinds 29a and 29b: recorded membership on a day, entries and departures."""

from __future__ import annotations

import pytest

from criteria.kinds.small_tables import ENGINES, Asked

SPELLS = {
    "account_id": "text",
    "group_name": "text",
    "valid_from": "date",
    "valid_to": "date",
    "is_entry": "boolean",
    "is_exit": "boolean",
}


@pytest.fixture(params=ENGINES)
def asked(request: pytest.FixtureRequest) -> Asked:
    asked = Asked(request, "abcdefg", {"recorded_groups": ["vip", "lost"]})
    asked.fill(
        "int_group_membership_spells",
        SPELLS,
        [
            # recording began on 1 January: nobody knows since when a and b were members
            ["a", "vip", "2025-01-01", None, False, False],
            ["b", "vip", "2025-01-01", "2025-03-01", False, True],
            # left and came back
            ["c", "vip", "2025-01-10", "2025-02-01", True, True],
            ["c", "vip", "2025-03-01", None, True, False],
            # the last day before the window, and the day before the rule's
            ["d", "vip", "2025-02-28", "2025-03-30", True, True],
            ["e", "vip", "2025-03-30", None, True, False],
            # recording stopped: no departure
            ["f", "vip", "2025-01-10", "2025-03-02", True, False],
            ["f", "lost", "2025-03-02", None, True, False],
        ],
    )
    return asked


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        # [valid_from, valid_to)
        ("was_member: {group: vip, day: 2024-12-31}", ""),
        ("was_member: {group: vip, day: 2025-01-01}", "ab"),
        ("was_member: {group: vip, day: 2025-01-31}", "abcf"),
        ("was_member: {group: vip, day: 2025-02-01}", "abf"),
        ("was_member: {group: vip, day: '2025-02-28'}", "abdf"),
        ("was_member: {group: vip, day: 2025-03-01}", "acdf"),
        ("was_member: {group: vip, day: 2025-03-29}", "acd"),
        ("was_member: {group: vip, day: 2025-03-30}", "ace"),
        # the day itself and later: not known
        ("was_member: {group: vip, day: 2025-03-31}", ""),
        ("was_member: {group: vip, day: 2026-01-01}", ""),
        ("was_member: {group: lost, day: 2025-03-29}", "f"),
        # the window is [2025-03-01, 2025-03-31)
        ("entered: {group: vip, within: 30d}", "ce"),
        ("entered: {group: vip, within: 31d}", "cde"),
        ("entered: {group: vip, ago: [1d, 31d]}", "cd"),
        ("entered: {group: vip, between: [2025-01-01, 2025-01-01]}", ""),
        ("entered: {group: vip, between: [2025-01-01, 2025-01-10]}", "cf"),
        ("entered: {group: vip, between: [2025-03-30, 2026-12-31]}", "e"),
        ("entered: {group: vip, in_period: this month}", "ce"),
        ("entered: {group: vip}", "cdef"),
        ("left: {group: vip, within: 30d}", "bd"),
        ("left: {group: vip, within: 29d}", "d"),
        ("left: {group: vip, between: [2025-02-01, 2025-03-01]}", "bc"),
        ("left: {group: vip, between: [2025-02-02, 2025-02-28]}", ""),
        ("left: {group: vip}", "bcd"),
        ("left: {group: lost}", ""),
        (
            "all: [entered: {group: vip}, left: {group: vip, within: 30d},"
            " not: {was_member: {group: lost, day: 2025-03-02}}]",
            "d",
        ),
    ],
)
def test_meaning(asked: Asked, rule: str, expected: str):
    assert asked.letters(rule) == expected


def test_nothing_is_recorded_before_the_first_run(asked: Asked):
    asked.fill("int_group_membership_spells", SPELLS, [])
    for rule in (
        "was_member: {group: vip, day: 2025-01-01}",
        "entered: {group: vip, within: 30d}",
        "left: {group: vip}",
    ):
        assert asked.letters(rule) == "", rule
