"""Kind 8: has_any, has_all, has_none and has_only of an attribute of many values."""

from __future__ import annotations

import pytest

from criteria.catalogues import ATTRIBUTES
from criteria.kinds.small_tables import ENGINES, Asked

BRIDGE = {"account_id": "text", "attribute": "text", "value": "text"}


@pytest.fixture(params=ENGINES)
def asked(request: pytest.FixtureRequest) -> Asked:
    many = {
        name: {**ATTRIBUTES[name], "label": name, "description": name}
        for name in ("tags", "hobbies")
    }
    asked = Asked(request, list("abcdefgh"), {"extra_attributes": many})
    asked.fill(
        "account_tags",
        BRIDGE,
        [
            ["a", "tags", "red"],
            ["b", "tags", "red"],
            ["b", "tags", "blue"],
            # one value in two forms, twice
            ["c", "tags", "RED"],
            ["c", "tags", "red"],
            ["c", "tags", "red"],
            ["d", "tags", "red"],
            ["d", "tags", "blue"],
            ["d", "tags", "green"],
            ["e", "tags", "reddish"],
            # unknown alone, and unknown beside a value
            ["f", "tags", None],
            ["g", "tags", None],
            ["g", "tags", "blue"],
            # the value of another attribute, and of somebody outside the base
            ["h", "hobbies", "red"],
            ["x", "tags", "red"],
        ],
    )
    return asked


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("tags: red", "abcd"),
        ("tags: [red, blue]", "abcdg"),
        ("tags: {has_any: [Red]}", "abcd"),
        ("tags: {has_any: [red, red]}", "abcd"),
        ("tags: {has_any: [yellow]}", ""),
        # all of two: who has one of them, twice even, does not
        ("tags: {has_all: [red, blue]}", "bd"),
        ("tags: {has_all: [red, blue, green]}", "d"),
        ("tags: {has_all: [red, RED]}", "abcd"),
        ("tags: {has_all: [red]}", "abcd"),
        # without values, and with unknown ones alone, there is none of them
        ("tags: {has_none: [red, blue]}", "efh"),
        ("tags: {has_none: [green]}", "abcefgh"),
        # only: one at least, and no other; an unknown one is no other
        ("tags: {has_only: [red]}", "ac"),
        ("tags: {has_only: [red, blue]}", "abcg"),
        ("tags: {has_only: [blue]}", "g"),
        ("tags: {has_only: [red, blue, green, reddish]}", "abcdeg"),
        # forms matter where that is asked for
        ("tags: {has_any: [RED], case_sensitive: true}", "c"),
        ("tags: {has_only: [red], case_sensitive: true}", "a"),
        ("tags: {has_all: [red, RED], case_sensitive: true}", "c"),
        ("tags: {has_none: [RED], case_sensitive: true}", "abdefgh"),
        # to have none at all
        ("tags: {is_null: true}", "fh"),
        ("tags: {not_null: true}", "abcdeg"),
        ("hobbies: red", "h"),
        # operators of one leaf hold together, and leaves do under a tree word
        ("tags: {has_any: [red], has_none: [blue]}", "ac"),
        ("all: [tags: red, not: {tags: {has_any: [blue, green]}}]", "ac"),
        ("any: [tags: {has_only: [blue]}, not: {tags: {not_null: true}}]", "fgh"),
    ],
)
def test_meaning(asked: Asked, rule: str, expected: str):
    assert asked.letters(rule) == expected


def test_nobody_has_a_value(asked: Asked):
    asked.fill("account_tags", BRIDGE, [])
    assert asked.letters("tags: red") == ""
    assert asked.letters("tags: {has_all: [red]}") == ""
    assert asked.letters("tags: {has_only: [red]}") == ""
    assert asked.letters("tags: {has_none: [red]}") == "abcdefgh"
    assert asked.letters("tags: {is_null: true}") == "abcdefgh"
