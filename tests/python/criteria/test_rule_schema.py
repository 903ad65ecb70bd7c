"""The JSON Schema of rules says what the macros say, as far as a schema can."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from criteria.engine import Engine
from criteria.rules import Seeded, draw_rule, draw_world
from criteria.test_rule_errors import test_a_wrong_rule_is_refused as wrong_rules
from crm_segmentation.rules.project import RulesError
from crm_segmentation.rules.schema import Writer, rule_schema, schema_text

# Wrong in a way that a schema cannot say, by what the refusal is about.
BEYOND_A_SCHEMA = {
    "YAML 1.1 reads a number or a date where JSON has another": (
        "headcount: .nan",
        "headcount: .inf",
        "headcount: 12345678901234567.5",
        "sector: 2024-01-31",
    ),
    "$ stands before a last line break in Python": (
        'headcount: "12\\n"',
        'joined_on: "2024-01-31\\n"',
        'joined_on: {within: "30d\\n"}',
        'member_of: "group_a\\n"',
    ),
    "two values compared with each other": (
        "at_least: {count: 2, of: [sector: a]}",
        "headcount: {between: [2, 1]}",
        "joined_on: {ago: [90d, 30d]}",
        "joined_on: {between: [2024-02-01, 2024-01-01]}",
    ),
    "the calendar": (
        "joined_on: '2024-02-30'",
        "joined_on: {in_next: 99999y}",
        "joined_on: {older_than: 99999999d}",
        "joined_on: {within: 99999y}",
    ),
    "how much an engine holds": (
        "headcount: '0.0000000000000000001'",
        'sector: "a\\0b"',
    ),
    "a language of its own": (
        "sector: {matches: '(?i)a'}",
        "sector: {matches: '(a'}",
        "sector: {matches: '*a'}",
        "sector: {matches: '[[:alpha:]]'}",
        "sector: {matches: '[a'}",
        "sector: {matches: '[z-a]'}",
        "sector: {matches: '\\d'}",
        "sector: {matches: 'a)'}",
        "sector: {matches: 'a**'}",
        "sector: {matches: 'a{'}",
        "sector: {matches: 'a{300}'}",
        "sql: {expression: 'is_vip -- x', reason: b}",
        "sql: {expression: 'is_vip /* x', reason: b}",
        "sql: {expression: 'is_vip; drop table x', reason: b}",
        'sql: {expression: "is_vip\\0", reason: b}',
    ),
}


@pytest.fixture(scope="module")
def project(engine: Engine) -> dict[str, Any]:
    # as it comes from dbt: JSON
    found: dict[str, Any] = json.loads(json.dumps(engine.call("rule_project"), default=str))
    return found


@pytest.fixture(scope="module")
def validator(project: dict[str, Any]) -> Draft202012Validator:
    schema = json.loads(schema_text(project))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def as_json(value: Any) -> Any:
    """What YAML gave, as tools that read YAML 1.2 have it: a day is a text."""
    if isinstance(value, dict):
        return {
            key if isinstance(key, str) else json.dumps(key): as_json(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [as_json(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


def test_it_accepts_random_rules(validator: Draft202012Validator) -> None:
    for world_seed in range(6):
        draw = Seeded(world_seed)
        world = draw_world(draw)
        for _ in range(30):
            rule = as_json(draw_rule(draw, world))
            errors = [error.message[:300] for error in validator.iter_errors(rule)]
            assert not errors, yaml.safe_dump(rule)


def test_it_refuses_wrong_rules(validator: Draft202012Validator) -> None:
    beyond = {rule for rules in BEYOND_A_SCHEMA.values() for rule in rules}
    accepted = set()
    for rule, _ in wrong_rules.pytestmark[0].args[1]:
        try:
            given = yaml.safe_load(rule)
        except (yaml.YAMLError, ValueError):
            continue  # no YAML at all
        if validator.is_valid(as_json(given)):
            accepted.add(rule)
    assert accepted == beyond


def test_a_kind_without_a_shape_is_refused(project: dict[str, Any]) -> None:
    with pytest.raises(RulesError, match="'brand_new' has no shape"):
        rule_schema({**project, "kinds": {**project["kinds"], "brand_new": None}})


def test_every_word_of_the_vocabulary_has_a_shape(project: dict[str, Any]) -> None:
    assert [kind for kind, shape in project["kinds"].items() if shape is None] == []
    assert [name for name, entry in project["operators"].items() if entry["shape"] is None] == []


def test_texts_with_allowed_values_match_in_any_case(project: dict[str, Any]) -> None:
    leaf = Writer(project).attribute("text", ["DE", "Straße"], ranks=True)
    schema = Draft202012Validator({**leaf, "$defs": rule_schema(project)["$defs"]})
    assert schema.is_valid("de")
    assert schema.is_valid(["STRAße"])
    assert not schema.is_valid("FR")
