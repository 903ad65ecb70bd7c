"""Kind 28: in a group that was built before."""

from __future__ import annotations

from datetime import date

import pytest

from criteria.kinds.small_tables import ENGINES, Asked

GROUP = {"account_id": "text", "as_of_date": "date"}
TODAY = date(2025, 3, 31)


@pytest.fixture(params=ENGINES)
def asked(request: pytest.FixtureRequest) -> Asked:
    asked = Asked(request, list("Aabcd"), {})
    # somebody outside the base, and a row of nobody
    asked.fill("group_a", GROUP, [[one, TODAY] for one in ("a", "b", "x", None)])
    asked.fill("group_b", GROUP, [[one, TODAY] for one in ("b", "c", " d", "D")])
    asked.fill("group_c", GROUP, [])
    return asked


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        # the id as it is written: neither A nor " d" nor D
        ("member_of: group_a", "ab"),
        ("member_of: [group_a]", "ab"),
        ("member_of: group_b", "bc"),
        # in one of them, in both
        ("member_of: [group_a, group_b]", "abc"),
        ("member_of: [group_b, group_b]", "bc"),
        ("member_of: [group_a, group_c]", "ab"),
        ("all: [member_of: group_a, member_of: group_b]", "b"),
        # a group without members has all accounts for its contrary
        ("member_of: group_c", ""),
        ("all: [not: {member_of: group_c}, member_of: group_a]", "ab"),
        ("all: [member_of: group_a, not: {member_of: group_b}]", "a"),
        ("not: {member_of: [group_a, group_b]}", "Ad"),
        ("exactly: {count: 1, of: [member_of: group_a, member_of: group_b]}", "ac"),
    ],
)
def test_meaning(asked: Asked, rule: str, expected: str):
    assert asked.letters(rule) == expected


def test_a_member_twice_is_one_member(asked: Asked):
    """A group in plain SQL may lack the test of its grain; the profile keeps its own."""
    asked.fill("group_a", GROUP, [["a", TODAY], ["a", TODAY]])
    assert asked.letters("member_of: group_a") == "a"
    assert asked.letters("member_of: [group_a, group_b]") == "abc"


def test_an_empty_base(asked: Asked):
    asked.base = []
    asked.fill("rule_base", {"account_id": "text"}, [])
    assert asked.letters("member_of: group_a") == ""
