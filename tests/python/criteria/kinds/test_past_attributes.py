"""Kinds 29c and 30: what became of a recorded attribute, net and step by step."""

from __future__ import annotations

import pytest

from criteria.kinds.small_tables import ENGINES, Asked

SPELLS = {
    "account_id": "text",
    "attribute": "text",
    "value": "text",
    "valid_from": "date",
    "valid_to": "date",
    "value_before": "text",
    "is_change": "boolean",
}


@pytest.fixture(params=ENGINES)
def asked(request: pytest.FixtureRequest) -> Asked:
    recorded = ["sector", "headcount", "credit", "is_vip", "joined_on"]
    asked = Asked(request, "abcdefgh", {"recorded_attributes": recorded})
    asked.fill(
        "int_account_attribute_spells",
        SPELLS,
        [
            # the window of 30 days is [2025-03-01, 2025-03-31)
            ["a", "sector", "Trial", "2025-01-01", "2025-03-01", None, False],
            ["a", "sector", "Paid", "2025-03-01", None, "Trial", True],
            # a day too early
            ["b", "sector", "trial", "2025-01-01", "2025-02-28", None, False],
            ["b", "sector", "paid", "2025-02-28", None, "trial", True],
            # the last day, by a way round
            ["c", "sector", "TRIAL", "2025-01-01", "2025-03-10", None, False],
            ["c", "sector", "lost", "2025-03-10", "2025-03-30", "TRIAL", True],
            ["c", "sector", "paid", "2025-03-30", None, "lost", True],
            # unknown in between
            ["d", "sector", "trial", "2025-01-01", "2025-03-10", None, False],
            ["d", "sector", None, "2025-03-10", "2025-03-20", "trial", True],
            ["d", "sector", "paid", "2025-03-20", None, None, True],
            # a gap: no step, but a move
            ["e", "sector", "trial", "2025-01-01", "2025-03-10", None, False],
            ["e", "sector", "paid", "2025-03-12", None, None, False],
            # first seen within the window
            ["f", "sector", "paid", "2025-03-02", None, None, False],
            # case alone
            ["g", "sector", "paid", "2025-01-01", "2025-03-10", None, False],
            ["g", "sector", "PAID", "2025-03-10", None, "paid", True],
            # another attribute than the one that is asked for
            ["h", "headcount", "9", "2025-01-01", "2025-03-10", None, False],
            ["h", "headcount", "10", "2025-03-10", "2025-03-20", "9", True],
            ["h", "headcount", None, "2025-03-20", None, "10", True],
            ["h", "credit", "0.50", "2025-01-01", "2025-03-10", None, False],
            ["h", "credit", "12.00", "2025-03-10", None, "0.50", True],
            ["h", "is_vip", None, "2025-01-01", "2025-03-10", None, False],
            ["h", "is_vip", "false", "2025-03-10", None, None, True],
            ["h", "joined_on", "2024-02-29", "2025-01-01", "2025-03-10", None, False],
            ["h", "joined_on", "2024-03-01", "2025-03-10", None, "2024-02-29", True],
        ],
    )
    return asked


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
        ("moved: {attribute: is_vip, from: false, to: false, within: 30d}", ""),
        (
            "all: [changed: {attribute: sector, from: trial},"
            " not: {moved: {attribute: sector, from: trial, to: paid, within: 30d}}]",
            "b",
        ),
    ],
)
def test_meaning(asked: Asked, rule: str, expected: str):
    assert asked.letters(rule) == expected


def test_nothing_is_recorded_before_the_first_run(asked: Asked):
    asked.fill("int_account_attribute_spells", SPELLS, [])
    assert asked.letters("moved: {attribute: sector, from: null, to: null, within: 30d}") == ""
    assert asked.letters("changed: {attribute: sector}") == ""
