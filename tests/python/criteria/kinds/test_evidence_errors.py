"""Wrong leaves over relations, the past, consents and lists are refused, each with its place."""

from __future__ import annotations

import pytest
from dbt_common.exceptions import CompilationError

from criteria.engine import Engine
from criteria.kinds.small_tables import SETTINGS

DECLARED = {
    **SETTINGS,
    "extra_relations": {
        "people": {"model": "people", "columns": {"role": "text", "age": "number"}}
    },
    "recorded_groups": ["vip", "lost"],
    "recorded_attributes": ["sector", "headcount"],
    "account_lists": ["list_a", "list_b"],
    "consent_purposes": ["newsletter", "offers"],
}
WINDOWS = "within, ago, in_period, between"


def refusal(engine: Engine, rule: str, **settings: object) -> str:
    engine.set_variables({**DECLARED, **settings})
    with pytest.raises(CompilationError) as caught:
        engine.render(rule)
    return str(caught.value)


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
        ("related: {name: people, some: {sector: a}}", ["a column of relation 'people'"]),
        ("related: {name: people, some: {member_of: a}}", ["is asked of an account"]),
        ("related: {name: people, some: {role: a}, within: 3d}", ["unknown key", "within"]),
        ("was_member: vip", ["was_member", "mapping", "{group: .., day: ..}"]),
        ("was_member: {group: vip}", ["was_member", "'day' is missing"]),
        ("was_member: {day: 2025-01-01}", ["was_member", "'group' is missing"]),
        ("was_member: {group: vpi, day: 2025-01-01}", ["was_member.group", "vpi", "lost, vip"]),
        ("was_member: {group: vipp, day: 2025-01-01}", ["Did you mean 'vip'?", "recorded_groups"]),
        ("was_member: {group: vip, day: 2025-02-30}", ["YAML"]),
        ("was_member: {group: vip, day: '2025-02-30'}", ["was_member.day", "2025-02-30"]),
        ("was_member: {group: vip, day: 2025-01-01 10:00:00}", ["was_member.day", "time of day"]),
        ("was_member: {group: vip, day: null}", ["was_member.day", "no value"]),
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
        ("moved: sector", ["moved", "mapping"]),
        ("moved: {attribute: sector, from: a, to: b}", ["moved", "no window", WINDOWS]),
        ("moved: {attribute: sector, to: b, within: 3d}", ["moved", "'from' is missing"]),
        ("moved: {attribute: sector, from: b, within: 3d}", ["moved", "'to' is missing"]),
        (
            "moved: {attribute: credit, from: 1, to: 2, within: 3d}",
            ["moved.attribute", "not recorded", "headcount, sector", "recorded_attributes"],
        ),
        ("moved: {attribute: sectr, from: a, to: b, within: 3d}", ["Did you mean 'sector'?"]),
        ("moved: {attribute: sector, from: NO, to: b, within: 3d}", ["moved.from", "quotes"]),
        ("moved: {attribute: headcount, from: 1, to: x, within: 3d}", ["moved.to", "plain digits"]),
        ("moved: {attribute: sector, from: [a], to: b, within: 3d}", ["moved.from", "one text"]),
        ("changed: {from: a}", ["changed", "'attribute' is missing"]),
        ("changed: {attribute: sector, frm: a}", ["changed", "frm", "Did you mean 'from'?"]),
        ("changed: {attribute: sector, in_next: 3d}", ["changed", "in_next", "past"]),
        ("contactable: email", ["contactable", "mapping", "channel"]),
        ("contactable: {channel: email}", ["contactable", "'purpose' is missing"]),
        ("contactable: {purpose: offers}", ["contactable", "'channel' is missing"]),
        (
            "contactable: {channel: fax, purpose: offers}",
            ["contactable.channel", "fax", "email, phone"],
        ),
        (
            "contactable: {channel: email, purpose: offer}",
            ["contactable.purpose", "newsletter, offers", "Did you mean 'offers'?"],
        ),
        ("contactable: {channel: email, purpose: null}", ["contactable.purpose", "no value"]),
        (
            "contactable: {channel: [email], purpose: offers}",
            ["contactable.channel", "a list of 1"],
        ),
        ("contactable: {channel: email, purpose: offers, at: 1}", ["unknown key", "at"]),
        ("listed_in: []", ["listed_in", "empty list"]),
        ("listed_in: lst_a", ["listed_in", "lst_a", "list_a, list_b", "account_lists"]),
        ("listed_in: [list_a, lists_b]", ["listed_in[1]", "Did you mean 'list_b'?"]),
        ("listed_in: {name: list_a}", ["listed_in", "not a list of accounts"]),
        ("listed_in: NO", ["listed_in", "false", "account_lists"]),
    ],
)
def test_refused(engine: Engine, rule: str, parts: list[str]):
    text = refusal(engine, rule)
    for part in parts:
        assert part in text


def test_all_errors_of_a_leaf_come_together(engine: Engine):
    rule = (
        "all: [moved: {attribute: headcount, from: x, within: 3},"
        " related: {name: people, some: {rol: a}, every: {age: x}}]"
    )
    text = refusal(engine, rule)
    assert "has 6 errors" in text


def test_where_nothing_is_declared(engine: Engine):
    for rule, setting in (
        ("entered: {group: vip}", "recorded_groups"),
        ("changed: {attribute: sector}", "recorded_attributes"),
        ("listed_in: list_a", "account_lists"),
    ):
        text = refusal(engine, rule, **{setting: []})
        assert "none is" in text
        assert f"var '{setting}'" in text


def test_any_purpose_where_none_is_declared(engine: Engine):
    engine.set_variables({**DECLARED, "consent_purposes": []})
    assert "'spring fair'" in engine.render("contactable: {channel: email, purpose: Spring fair}")


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
def test_wrong_declarations(engine: Engine, setting: str, value: object, parts: list[str]):
    rule = {
        "recorded_attributes": "changed: {attribute: sector}",
        "recorded_groups": "entered: {group: vip}",
        "account_lists": "listed_in: list_a",
        "extra_relations": "related: {name: people, some: {role: a}}",
    }[setting]
    text = refusal(engine, rule, **{setting: value})
    for part in parts:
        assert part in text
