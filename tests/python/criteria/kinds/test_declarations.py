"""Wrong declarations are refused where a rule first asks for them."""

from __future__ import annotations

import pytest

from criteria.kinds.conftest import Asker


def test_all_errors_of_leaves_come_together(reader: Asker) -> None:
    rule = (
        "all: [moved: {attribute: score, from: x, within: 3},"
        " related: {name: people, some: {rol: a}, every: {age: x}}]"
    )
    assert "has 6 errors" in reader.refusal(rule)


@pytest.mark.parametrize(
    ("setting", "value", "parts"),
    [
        ("recorded_attributes", "sector", ["recorded_attributes", "a list"]),
        ("recorded_attributes", [False], ["Not the name of an attribute", "False"]),
        ("account_lists", ["'; drop table x; --"], ["account_lists", "drop table"]),
        ("recorded_groups", [""], ["recorded_groups"]),
        (
            "extra_relations",
            {"p q": {}},
            ["p q", "bad name", "p q lacks model", "p q lacks columns"],
        ),
        ("extra_relations", {"contacts": {}}, ["contacts is a relation of the package"]),
        (
            "extra_relations",
            {"people": {"model": "m", "columns": {"all": "text", "x": "int"}, "lable": "P"}},
            ["people: bad column name", "people.x: unknown type", "got 'lable'"],
        ),
    ],
)
def test_wrong_declarations(setting: str, value: object, parts: list[str], reader: Asker) -> None:
    rule = {
        "recorded_attributes": "changed: {attribute: town}",
        "recorded_groups": "entered: {group: vip}",
        "account_lists": "listed_in: list_a",
        "extra_relations": "related: {name: people, some: {role: a}}",
    }[setting]
    reader.settings |= {setting: value}
    reader.refuses(rule, parts)
