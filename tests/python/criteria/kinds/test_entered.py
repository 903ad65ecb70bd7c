"""Kind 29b: became a member of a recorded group, or ceased to be one."""

from __future__ import annotations

import pytest

from criteria.kinds.conftest import Asker
from criteria.kinds.small_tables import ENGINES, Asked
from criteria.kinds.spells import asked_of_groups, fill_groups


@pytest.fixture(params=ENGINES)
def asked(request: pytest.FixtureRequest) -> Asked:
    return asked_of_groups(request)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
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
def test_meaning(asked: Asked, rule: str, expected: str) -> None:
    assert asked.letters(rule) == expected


def test_nothing_is_recorded_before_the_first_run(asked: Asked) -> None:
    fill_groups(asked, [])
    assert asked.letters("entered: {group: vip, within: 30d}") == ""
    assert asked.letters("left: {group: vip}") == ""


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("entered: vip", ["entered", "mapping"]),
        ("entered: {group: [vip]}", ["entered.group", "a list of 1", "lost, vip"]),
        ("entered: {group: vip, within: 3}", ["entered.within", "3d"]),
        ("entered: {group: vip, older_than: 3d}", ["entered", "older_than", "past"]),
        (
            "entered: {group: vip, within: 3d, ago: [1d, 2d]}",
            ["more than one window", "within, ago"],
        ),
        ("left: {group: vip, in_period: next month}", ["left.in_period", "past"]),
        ("left: {group: vip, to: null}", ["left", "unknown key", "to"]),
    ],
)
def test_errors(rule: str, parts: list[str], reader: Asker) -> None:
    reader.refuses(rule, parts)


def test_where_nothing_is_recorded(reader: Asker) -> None:
    reader.settings |= {"recorded_groups": []}
    reader.refuses("entered: {group: vip}", ["none is", "var 'recorded_groups'"])
