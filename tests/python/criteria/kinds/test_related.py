"""Kind 27: an account's rows of a declared relation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from criteria.engine import Engine
from criteria.kinds.conftest import Asker
from criteria.kinds.small_tables import ENGINES, Asked

COLUMNS = {"role": "text", "age": "number", "is_primary": "boolean", "since": "date"}
PEOPLE = {"account_id": "text", "role": "text", "age": "integer", "is_primary": "boolean"}


@pytest.fixture(params=ENGINES)
def asked(request: pytest.FixtureRequest) -> Asked:
    asked = Asked(
        request,
        "abcdef",
        {"extra_relations": {"people": {"model": "people", "columns": COLUMNS}}},
    )
    asked.fill(
        "people",
        PEOPLE | {"since": "date"},
        [
            ["a", "Buyer", 40, True, "2025-03-01"],
            ["b", "buyer", 40, False, "2025-02-28"],
            ["b", "engineer", 41, True, None],
            ["c", "engineer", 39, None, None],
            ["c", None, None, None, None],
            ["d", None, None, None, None],
            # nobody's, and a stranger's: e and f have no row
            [None, "buyer", 40, True, None],
            ["x", "buyer", 40, True, None],
        ],
    )
    return asked


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("related: {name: people, some: {role: buyer}}", "ab"),
        ("related: {name: people, none: {role: buyer}}", "cdef"),
        ("related: {name: people, every: {role: buyer}}", "a"),
        # over nothing `every` is false, `none` true; an unknown value satisfies a negative leaf
        ("related: {name: people, some: {role: {neq: buyer}}}", "bcd"),
        ("related: {name: people, every: {role: {neq: buyer}}}", "cd"),
        ("related: {name: people, every: {role: {is_null: true}}}", "d"),
        ("related: {name: people, none: {role: {is_null: true}}}", "abef"),
        # a boundary pair, and NULL
        ("related: {name: people, some: {age: {gte: 40}}}", "ab"),
        ("related: {name: people, some: {age: {gt: 40}}}", "b"),
        ("related: {name: people, every: {age: {lt: 40}}}", ""),
        ("related: {name: people, every: {age: {not_between: [40, 50]}}}", "cd"),
        # all conditions hold on ONE row
        ("related: {name: people, some: [{role: buyer}, {is_primary: true}]}", "a"),
        ("related: {name: people, some: {any: [{role: engineer}, {is_primary: true}]}}", "abc"),
        ("related: {name: people, some: {not: {role: engineer}}}", "abcd"),
        ("related: {name: people, some: {is_primary: false}}", "bcd"),
        ("related: {name: people, some: {since: {within: 30d}}}", "a"),
        ("related: {name: people, some: {since: {within: 31d}}}", "ab"),
        # two questions to one relation
        (
            "all: [related: {name: people, some: {role: buyer}},"
            " related: {name: people, some: {role: engineer}}]",
            "b",
        ),
    ],
)
def test_meaning(asked: Asked, rule: str, expected: str):
    assert asked.letters(rule) == expected


def test_an_empty_relation(asked: Asked):
    asked.fill("people", PEOPLE | {"since": "date"}, [])
    assert asked.letters("related: {name: people, some: {role: buyer}}") == ""
    assert asked.letters("related: {name: people, every: {role: buyer}}") == ""
    assert asked.letters("related: {name: people, none: {role: buyer}}") == "abcdef"


def test_the_relations_of_the_package_are_as_their_contracts_say(engine: Engine):
    engine.set_variables({"extra_relations": {}})
    accounts = Path(__file__).parents[4] / "models" / "marts" / "accounts"
    declared: dict[str, dict[str, Any]] = {
        model["name"]: {column["name"]: column["data_type"] for column in model["columns"]}
        for model in yaml.safe_load((accounts / "_accounts__models.yml").read_text())["models"]
    }
    numbers = ("integer", "bigint", "decimal(18, 2)")
    relations = engine.call("relation_catalog")
    assert relations.keys() == {"contacts", "contracts"}
    for relation in relations.values():
        found = {
            name: "number" if kind in numbers else kind
            for name, kind in declared[relation["model"]].items()
        }
        assert relation["columns"].items() <= found.items()
        # keys are no question for a rule
        assert found.keys() - relation["columns"].keys() == {
            "account_id",
            "as_of_date",
            f"{relation['model'][:-1]}_id",
        }


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("related: people", ["related", "mapping", "people", "name"]),
        ("related: {some: {role: a}}", ["related", "'name' is missing"]),
        ("related: {name: persons, some: {role: a}}", ["related.name", "persons", "contacts"]),
        ("related: {name: peopel, some: {role: a}}", ["Did you mean 'people'?"]),
        ("related: {name: [people], some: {role: a}}", ["related.name", "a list of 1"]),
        ("related: {name: people}", ["none of some, none, every", "exactly one"]),
        (
            "related: {name: people, some: {role: a}, none: {role: b}}",
            ["more than one", "some, none"],
        ),
        ("related: {name: people, evry: {role: a}}", ["unknown key", "Did you mean 'every'?"]),
        ("related: {name: people, some: {rol: a}}", ["related.some.rol", "Did you mean 'role'?"]),
        ("related: {name: people, some: []}", ["related.some", "empty list"]),
        (
            "related: {name: people, every: [{age: x}]}",
            ["related.every.all[0].age", "plain digits"],
        ),
        ("related: {name: people, some: {town: a}}", ["a column of relation 'people'"]),
        ("related: {name: people, some: {member_of: a}}", ["is asked of an account"]),
        ("related: {name: people, some: {role: a}, within: 3d}", ["unknown key", "within"]),
    ],
)
def test_errors(rule: str, parts: list[str], reader: Asker) -> None:
    reader.refuses(rule, parts)
