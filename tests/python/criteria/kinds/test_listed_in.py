"""Kind 34: on a list that people keep."""

from __future__ import annotations

import pytest

from criteria.kinds.conftest import Asker
from criteria.kinds.small_tables import ENGINES, Asked


@pytest.fixture(params=ENGINES)
def asked(request: pytest.FixtureRequest) -> Asked:
    asked = Asked(request, ["a", "A", "b", "c"], {"account_lists": ["list_a", "list_b"]})
    listed = {"account_id": "text", "note": "text"}
    # an account twice, one that nobody has, and none at all
    asked.fill("list_a", listed, [["a", None], ["a", "again"], ["x", None], [None, None]])
    asked.fill("list_b", listed, [["b", None], ["a", None], [" c", None]])
    return asked


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("listed_in: list_a", "a"),
        ("listed_in: [list_a]", "a"),
        ("listed_in: list_b", "ab"),
        ("listed_in: [list_a, list_b]", "ab"),
        ("listed_in: [list_b, list_b]", "ab"),
        ("all: [listed_in: list_b, not: {listed_in: list_a}]", "b"),
    ],
)
def test_meaning(asked: Asked, rule: str, expected: str):
    assert asked.letters(rule) == expected


def test_an_empty_list(asked: Asked):
    asked.fill("list_b", {"account_id": "text"}, [])
    assert asked.letters("listed_in: list_b") == ""


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("listed_in: []", ["listed_in", "empty list"]),
        ("listed_in: lst_a", ["listed_in", "lst_a", "list_a, list_b", "account_lists"]),
        ("listed_in: [list_a, lists_b]", ["listed_in[1]", "Did you mean 'list_b'?"]),
        ("listed_in: {name: list_a}", ["listed_in", "not a list of accounts"]),
        ("listed_in: NO", ["listed_in", "false", "account_lists"]),
    ],
)
def test_errors(rule: str, parts: list[str], reader: Asker) -> None:
    reader.refuses(rule, parts)


def test_where_no_list_is_declared(reader: Asker) -> None:
    reader.settings |= {"account_lists": []}
    reader.refuses("listed_in: list_a", ["none is", "var 'account_lists'"])
