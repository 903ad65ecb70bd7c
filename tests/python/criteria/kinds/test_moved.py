"""Kind 29c: a recorded attribute moved from one value to another, by whatever way."""

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
        # the value in force just before 1 March, and just before 31 March
        ("moved: {attribute: sector, from: trial, to: paid, within: 30d}", "acde"),
        ("moved: {attribute: sector, from: trial, to: paid, within: 31d}", "abcde"),
        ("moved: {attribute: sector, from: trial, to: trial, ago: [30d, 60d]}", "acde"),
        # just before its end: the day itself is out
        ("moved: {attribute: sector, from: trial, to: lost, ago: [1d, 30d]}", "c"),
        ("moved: {attribute: sector, from: trial, to: paid, ago: [1d, 30d]}", "ade"),
        ("moved: {attribute: sector, from: trial, to: lost, ago: [21d, 30d]}", ""),
        ("moved: {attribute: sector, from: trial, to: lost, ago: [20d, 30d]}", "c"),
        ("moved: {attribute: sector, from: trial, to: null, ago: [20d, 30d]}", "d"),
        (
            "moved: {attribute: sector, from: null, to: paid, between: [2025-03-20, 2030-01-01]}",
            "d",
        ),
        # nothing in force before: neither a value nor unknown
        ("moved: {attribute: sector, from: null, to: paid, within: 30d}", ""),
        ("moved: {attribute: sector, from: paid, to: paid, within: 30d}", "bg"),
        # in the gap of 10 to 12 March nothing was recorded
        (
            "moved: {attribute: sector, from: trial, to: paid, between: [2025-03-10, 2025-03-20]}",
            "de",
        ),
        (
            "moved: {attribute: sector, from: trial, to: paid, between: [2025-03-11, 2025-03-20]}",
            "",
        ),
        ("moved: {attribute: is_vip, from: false, to: false, within: 30d}", ""),
    ],
)
def test_meaning(asked: Asked, rule: str, expected: str) -> None:
    assert asked.letters(rule) == expected


def test_nothing_is_recorded_before_the_first_run(asked: Asked) -> None:
    fill_values(asked, [])
    assert asked.letters("moved: {attribute: sector, from: null, to: null, within: 30d}") == ""


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("moved: town", ["moved", "mapping"]),
        (
            "moved: {attribute: town, from: a, to: b}",
            ["no window", "within, ago, in_period, between"],
        ),
        ("moved: {attribute: town, to: b, within: 3d}", ["moved", "'from' is missing"]),
        ("moved: {attribute: town, from: b, within: 3d}", ["moved", "'to' is missing"]),
        (
            "moved: {attribute: budget, from: 1, to: 2, within: 3d}",
            ["moved.attribute", "not recorded", "score, town", "recorded_attributes"],
        ),
        ("moved: {attribute: twn, from: a, to: b, within: 3d}", ["Did you mean 'town'?"]),
        ("moved: {attribute: town, from: NO, to: b, within: 3d}", ["moved.from", "quotes"]),
        ("moved: {attribute: score, from: 1, to: x, within: 3d}", ["moved.to", "plain digits"]),
        ("moved: {attribute: town, from: [a], to: b, within: 3d}", ["moved.from", "one text"]),
    ],
)
def test_errors(rule: str, parts: list[str], reader: Asker) -> None:
    reader.refuses(rule, parts)
