"""Kind 30: a recorded attribute changed in one step."""

from __future__ import annotations

import pytest

from criteria.kinds.conftest import Asker
from criteria.kinds.small_tables import ENGINES, Asked
from criteria.kinds.spells import asked_of_values, fill_values


@pytest.fixture(params=ENGINES)
def asked(request: pytest.FixtureRequest) -> Asked:
    return asked_of_values(request)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        # one step
        ("changed: {attribute: sector, from: trial, to: paid, within: 30d}", "a"),
        ("changed: {attribute: sector, from: trial, to: paid, within: 31d}", "ab"),
        ("changed: {attribute: sector, from: trial, within: 30d}", "acd"),
        ("changed: {attribute: sector, from: trial, ago: [21d, 30d]}", "a"),
        ("changed: {attribute: sector, from: trial, ago: [20d, 30d]}", "acd"),
        ("changed: {attribute: sector, to: paid, within: 1d}", "c"),
        ("changed: {attribute: sector, to: paid}", "abcd"),
        ("changed: {attribute: sector, to: null}", "d"),
        ("changed: {attribute: sector, from: null}", "d"),
        ("changed: {attribute: sector, within: 30d}", "acd"),
        ("changed: {attribute: sector, from: null, to: null}", ""),
        # each type is compared as what it is
        ("changed: {attribute: headcount, from: 9, to: 10}", "h"),
        ("changed: {attribute: headcount, from: 10, to: null}", "h"),
        ("changed: {attribute: headcount, from: 9, to: 100}", ""),
        ("changed: {attribute: credit, from: 0.5, to: 12}", "h"),
        ("changed: {attribute: credit, from: 0.51}", ""),
        # texts and numbers of one pass do not meet
        (
            "any: [changed: {attribute: sector, from: lost},"
            " changed: {attribute: headcount, from: 9, to: 10}]",
            "ch",
        ),
        ("changed: {attribute: is_vip, from: null, to: false}", "h"),
        ("changed: {attribute: is_vip, from: false}", ""),
        ("changed: {attribute: joined_on, from: 2024-02-29, to: 2024-03-01}", "h"),
        (
            "all: [changed: {attribute: sector, from: trial},"
            " not: {moved: {attribute: sector, from: trial, to: paid, within: 30d}}]",
            "b",
        ),
    ],
)
def test_meaning(asked: Asked, rule: str, expected: str) -> None:
    assert asked.letters(rule) == expected


def test_nothing_is_recorded_before_the_first_run(asked: Asked) -> None:
    fill_values(asked, [])
    assert asked.letters("changed: {attribute: sector}") == ""


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("changed: {from: a}", ["changed", "'attribute' is missing"]),
        ("changed: {attribute: town, frm: a}", ["changed", "frm", "Did you mean 'from'?"]),
        ("changed: {attribute: town, in_next: 3d}", ["changed", "in_next", "past"]),
    ],
)
def test_errors(rule: str, parts: list[str], reader: Asker) -> None:
    reader.refuses(rule, parts)


def test_where_nothing_is_recorded(reader: Asker) -> None:
    reader.settings |= {"recorded_attributes": []}
    reader.refuses("changed: {attribute: town}", ["none is", "var 'recorded_attributes'"])
