"""Kind 29a: a member of a recorded group on a day."""

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
    ],
)
def test_meaning(asked: Asked, rule: str, expected: str) -> None:
    assert asked.letters(rule) == expected


def test_nothing_is_recorded_before_the_first_run(asked: Asked) -> None:
    fill_groups(asked, [])
    assert asked.letters("was_member: {group: vip, day: 2025-01-01}") == ""


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("was_member: vip", ["was_member", "mapping", "{group: .., day: ..}"]),
        ("was_member: {group: vip}", ["was_member", "'day' is missing"]),
        ("was_member: {day: 2025-01-01}", ["was_member", "'group' is missing"]),
        ("was_member: {group: vpi, day: 2025-01-01}", ["was_member.group", "vpi", "lost, vip"]),
        ("was_member: {group: vipp, day: 2025-01-01}", ["Did you mean 'vip'?", "recorded_groups"]),
        ("was_member: {group: vip, day: 2025-02-30}", ["not a calendar day", "2025-02-30"]),
        ("was_member: {group: vip, day: '2025-02-30'}", ["was_member.day", "2025-02-30"]),
        ("was_member: {group: vip, day: 2025-01-01 10:00:00}", ["was_member.day", "time of day"]),
        ("was_member: {group: vip, day: null}", ["was_member.day", "no value"]),
    ],
)
def test_errors(rule: str, parts: list[str], reader: Asker) -> None:
    reader.refuses(rule, parts)
