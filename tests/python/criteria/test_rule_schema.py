"""The JSON Schema of rules says what the macros say, as far as a schema can.

Rules that build are held to it where they are asked: by the tests of the kinds and of
random rules. Here are the wrong ones, all of them.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from criteria import kinds, test_rule_errors
from criteria.engine import ROOT, Engine
from criteria.kinds.conftest import Asker
from criteria.schemas import project_of, schema_errors
from crm_segmentation.rules.project import RulesError
from crm_segmentation.rules.schema import Writer, rule_schema, schema_text
from crm_segmentation.rules.schema_values import whole_to
from crm_segmentation.rules.text import rules_in

# Wrong in a way that a schema cannot say, by what the refusal is about.
BEYOND_A_SCHEMA = {
    "YAML 1.1 reads a number or a date where JSON has another": (
        "headcount: .nan",
        "headcount: 12345678901234567.5",
        "headcount: {gte: 0.1234567890123456}",
        "sector: 2024-01-31",
    ),
    "$ stands before a last line break in Python, not in editors": (
        'headcount: "12\\n"',
        'joined_on: "2024-01-31\\n"',
        'joined_on: {within: "30d\\n"}',
        'member_of: "group_a\\n"',
        'bucket: {salt: "a\\n", below_percent: 5}',
    ),
    "the decimals of a number are no text, and a multiple of 0.01 is rounded": (
        "bucket: {salt: a, below_percent: 12.345}",
    ),
    "two values compared with each other": (
        "at_least: {count: 2, of: [sector: a]}",
        "headcount: {between: [2, 1]}",
        "joined_on: {ago: [90d, 30d]}",
        "joined_on: {between: [2024-02-01, 2024-01-01]}",
        "stopped: {name: purchase, active: [365d, 90d]}",
        "restarted: {name: purchase, silent: [210d, 30d]}",
        "regular: {name: purchase, period: 30d, periods: 3, min_periods: 4}",
        "born_on: {years: {between: [5, 4]}}",
    ),
    "how far the calendar reaches back from today": (
        "regular: {name: purchase, period: 100y, periods: 300, min_periods: 4}",
        "trend: {name: purchase, within: 6000y, change_percent: 1}",
        "trend: {name: purchase, within: 1100y, change_percent: 1}",
    ),
    "how deep a whole rule is": (
        test_rule_errors.nested(32),
        test_rule_errors.nested(200),
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
        *test_rule_errors.LARGE_PATTERNS,
        "sql: {expression: 'revenue > 1) or (1 = 1', reason: x}",
        "sql: {expression: \"$a$'$a$ = 1), true) or ((1 = $a$'$a$\", reason: x}",
        'sql: {expression: "town = \'", reason: x}',
    ),
}
# more levels than Python itself walks through
TOO_DEEP_TO_READ = (test_rule_errors.nested(5000),)

ESCAPE = re.compile(r"\\(.)")
UNDECLARED = ("recorded_groups", "recorded_attributes", "account_lists", "purposes")

Wrong = tuple[str, ModuleType, bool]


def wrong_rules() -> Iterator[Wrong]:
    """Every rule of a list of (rule, parts of its refusal), and whose declarations it is for."""
    modules = [test_rule_errors] + [
        importlib.import_module(f"{kinds.__name__}.{found.name}")
        for found in pkgutil.iter_modules(kinds.__path__)
        if found.name.startswith("test_")
    ]
    for module in modules:
        for test in vars(module).values():
            code = getattr(test, "__code__", None)
            for mark in getattr(test, "pytestmark", ()):
                if code and mark.name == "parametrize" and tuple(mark.args[0]) == ("rule", "parts"):
                    for rule, _ in mark.args[1]:
                        yield rule, module, "reader" in code.co_varnames[: code.co_argcount]
    for rule in test_rule_errors.MESSAGES:
        yield rule, test_rule_errors, False


@pytest.fixture(scope="module")
def project(engine: Engine) -> dict[str, Any]:
    return project_of(engine)


def patterns(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        for inner in schema.values():
            yield from patterns(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from patterns(inner)


def test_it_is_a_schema(project: dict[str, Any]) -> None:
    # of a project that records and lists nothing, too
    for declared in (project, {**project, **{key: [] for key in UNDECLARED}}):
        text = schema_text(declared)
        Draft202012Validator.check_schema(json.loads(text))
        assert '"enum": []' not in text
        # a backslash stands where JavaScript asks for one, and nowhere else
        escaped = {
            escape for found in patterns(json.loads(text)) for escape in ESCAPE.findall(found)
        }
        assert escaped <= {*r"^$\.*+?()[]{}|/sSx"}


def test_it_refuses_wrong_rules(engine: Engine) -> None:
    accepted = set()
    refused = set()
    # those of one project together: to declare another takes longer than to ask
    for rule, module, by_asker in sorted(wrong_rules(), key=lambda wrong: wrong[2]):
        if rule in TOO_DEEP_TO_READ:
            continue
        try:
            given = yaml.safe_load(rule)
        except (yaml.YAMLError, ValueError):
            continue  # no YAML at all
        if by_asker:
            Asker(engine, lambda *_: [])
        else:
            engine.set_variables(getattr(module, "DECLARED", {}))
        if not schema_errors(engine, given):
            accepted.add(rule)
        elif isinstance(given, dict):
            refused |= set(given)
    engine.set_variables({})
    beyond = {rule for rules in BEYOND_A_SCHEMA.values() for rule in rules}
    assert accepted - beyond == set(), "accepted, and no reason is given"
    assert beyond - accepted == set(), "refused by now, or no rule of a list"
    assert not set(engine.call("leaf_kinds")) - refused, "kinds without a wrong rule"


@pytest.mark.parametrize(
    "rule",
    [
        # of numbers in quotes the limits stand in a pattern
        "headcount: {top_percent: 101}",
        "headcount: {top_percent: '101'}",
        "headcount: {top_percent: '100.01'}",
        "headcount: {bottom_percent: -1}",
        "headcount: {bottom_percent: '-1'}",
        "headcount: {top: 0}",
        "headcount: {top: 3, nulls: include}",
        "headcount: {gte: 3, over: market}",
        "headcount: {top: 3, over: tags}",
        "headcount: '100000000000000000000'",
        "headcount: 100000000000000000000",
        "headcount: '0.0000000000000000001'",
        "event: {name: purchase, avg: {of: amount, gte: '0.000000001'}}",
        "event: {name: purchase, sum: {of: amount, between: [0, '100000000000000000000']}}",
        "trend: {name: purchase, within: 1d, change_percent: '0.000001'}",
        "trend: {name: purchase, within: 1d, change_percent: {gte: 1000000000}}",
        "site: {within_km: {of: [91, 0], km: 1}}",
        "site: {within_km: {of: [0, '-180.5'], km: 1}}",
        "site: {within_km: {of: [0, 0], km: 0}}",
        "site: {within_km: {of: [0, 0], km: '0.0'}}",
        "site: {within_km: {of: [0, 0], km: -1}}",
        "site: {within_km: {of: [0, 0], km: 100001}}",
        "bucket: {salt: a, below_percent: 101}",
        "bucket: {salt: a, below_percent: -1}",
        "bucket: {salt: a, below_percent: '12.555'}",
        "joined_on: {anniversary_in_next: 366d}",
        "joined_on: {anniversary_in_next: 53w}",
        "joined_on: {anniversary_in_next: 12m}",
        "joined_on: {within: 99999y}",
        "joined_on: '2024-02-30'",
        "joined_on: '2024-04-31'",
        "joined_on: '0001-01-01'",
        "stopped: {name: purchase, active: [0d, 90d]}",
        "regular: {name: purchase, period: 30d, periods: 100000, min_periods: 1}",
        "sequence: {steps: [purchase, call], same: true}",
        "sequence: {steps: [purchase, call], same: amount}",
        "sequence: {steps: [purchase, {name: call}], same: amount}",
        "abandoned: {name: purchase, without: call, for: 7d, same: amount}",
        "usual: {name: purchase, column: is_rush, in: [true]}",
        "usual: {name: purchase, column: amount, in: [x]}",
        "points: {of: [{if: {is_vip: true}, add: 1}]}",
        "points: {of: [{if: {is_vip: true}, add: 1000001}], gt: 1}",
        "moved: {attribute: sector, from: 1, to: a, within: 30d}",
        "moved: {attribute: headcount, from: 1, to: x, within: 30d}",
        "changed: {attribute: sector, from: ''}",
        "event: {name: purchase, where: {category: {eq_attribute: amount}}}",
        "event: {name: purchase, sum: {of: category, gte: 1}}",
        "market: {eq: de, case_sensitive: true}",
        "sql: {expression: 'is_vip; select 1', reason: b}",
        "sql: {expression: ' ', reason: b}",
    ],
)
def test_limits(engine: Engine, rule: str) -> None:
    engine.set_variables({})
    assert schema_errors(engine, rule)


@pytest.mark.parametrize(
    "rule",
    [
        "headcount: {top_percent: '100.00'}",
        "headcount: {bottom_percent: '-0'}",
        "headcount: {top: 3, over: market}",
        "headcount: '00099999999999999999999.5'",
        "event: {name: purchase, avg: {of: amount, gte: '-99999999999999999999.99999999'}}",
        "event: {name: purchase, count: '0.000000001'}",
        "trend: {name: purchase, within: 1d, change_percent: '999999999.99999'}",
        "site: {within_km: {of: ['-90.0', 180], km: '0.5'}}",
        "bucket: {salt: a, below_percent: '012.500'}",
        "joined_on: {anniversary_in_next: 365d}",
        "joined_on: {anniversary_in_next: 52w}",
        "joined_on: '2024-02-29'",
        "joined_on: {ago: [0d, 90d]}",
        "regular: {name: purchase, period: 30d, periods: 366, min_periods: 366}",
        "sequence: {steps: [purchase, {name: call}], same: product}",
        "usual: {name: purchase, column: amount, in: [1, '2.5']}",
        "usual: {name: purchase, column: category, in: [x]}",
        "points: {of: [{if: [{is_vip: true}], add: -1000000}], gt: 1}",
        "moved: {attribute: sector, from: null, to: a, within: 30d}",
        "event: {name: purchase, where: {category: {eq_attribute: product}}}",
        "market: de",
        "market: {contains: x}",
        "market: {eq: DE, case_sensitive: true}",
    ],
)
def test_what_is_just_allowed(engine: Engine, rule: str) -> None:
    engine.set_variables({})
    assert engine.render(rule)
    assert not schema_errors(engine, rule)


@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*/dbt_project.yml")))
def test_it_accepts_the_profiles_of_the_examples(engine: Engine, example: Path) -> None:
    engine.set_variables(yaml.safe_load(example.read_text(encoding="utf-8"))["vars"])
    rules = [
        rule
        for file in sorted((example.parent / "models").rglob("*.sql"))
        for rule in rules_in(file)
        if rule.kind == "profile"
    ]
    assert len(rules) >= 3
    for rule in rules:
        assert not schema_errors(engine, rule.text), rule.name
    engine.set_variables({})


def test_any_purpose_where_none_is_declared(engine: Engine) -> None:
    engine.set_variables({"consent_purposes": []})
    assert not schema_errors(engine, "contactable: {channel: email, purpose: spring fair}")
    assert schema_errors(engine, "contactable: {channel: email, purpose: ''}")
    engine.set_variables({})


def test_a_kind_without_a_shape_is_refused(project: dict[str, Any]) -> None:
    with pytest.raises(RulesError, match="'brand_new' has no shape"):
        rule_schema({**project, "kinds": {**project["kinds"], "brand_new": None}})


def test_a_word_without_a_meaning_is_refused(project: dict[str, Any]) -> None:
    operators = {**project["operators"], "brand_new": project["operators"]["eq"]}
    with pytest.raises(RulesError, match="'brand_new' has no meaning"):
        rule_schema({**project, "operators": operators})


def test_every_word_of_the_vocabulary_has_a_shape(project: dict[str, Any]) -> None:
    assert [kind for kind, shape in project["kinds"].items() if shape is None] == []
    assert [name for name, entry in project["operators"].items() if entry["shape"] is None] == []


def test_no_meaning_is_of_another_word(project: dict[str, Any]) -> None:
    known = {
        "tree": set(project["tree_words"]),
        "kinds": set(project["kinds"]),
        "operators": set(project["operators"]),
        "modifiers": set(project["modifiers"]),
        "windows": set(project["windows"]["fact"]),
        "keys": {"if", "add"}.union(
            *(kind["keys"] for kind in project["kinds"].values() if isinstance(kind, dict))
        ),
    }
    for group, words in known.items():
        assert set(project["meanings"][group]) - {"of", "km"} == words - {"of", "km"}, group


@pytest.mark.parametrize("most", [1, 9, 10, 52, 365, 366, 999, 1000, 1234])
def test_whole_numbers_up_to_a_limit(most: int) -> None:
    pattern = re.compile(whole_to(most))
    found = [number for number in range(3000) if pattern.fullmatch(str(number))]
    assert found == list(range(1, most + 1))
    assert not pattern.fullmatch("01")


def test_texts_with_allowed_values_match_in_any_case(project: dict[str, Any]) -> None:
    writer = Writer(project)
    writer.write()
    leaf = writer.attribute("country", "text", ["DE", "Straße", "ΣΑΣ"])
    schema = Draft202012Validator({**leaf, "$defs": writer.defs})
    assert schema.is_valid("de")
    assert schema.is_valid(["STRAßE", "σας"])
    assert not schema.is_valid("FR")
