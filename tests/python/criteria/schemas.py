"""The JSON Schema of what an engine's project declares, and rules as tools read them."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from criteria.engine import Engine
from crm_segmentation.rules.schema import schema_text

VALIDATORS: dict[str, Draft202012Validator] = {}
# what changes from test to test, and says nothing of what a rule may be
MOMENTS = ("as_of_date", "known_as_of", "time_zone", "week_start")


def project_of(engine: Engine) -> dict[str, Any]:
    """As it comes from dbt: JSON."""
    found: dict[str, Any] = json.loads(json.dumps(engine.call("rule_project"), default=str))
    return found


def validator_of(engine: Engine) -> Draft202012Validator:
    declared = {key: value for key, value in engine.variables.items() if key not in MOMENTS}
    key = json.dumps(declared, default=str, sort_keys=True)
    if key not in VALIDATORS:
        VALIDATORS[key] = Draft202012Validator(json.loads(schema_text(project_of(engine))))
    return VALIDATORS[key]


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


def schema_errors(engine: Engine, rule: Any) -> list[str]:
    """What the schema has against a rule, given as YAML or read already."""
    given = yaml.safe_load(rule) if isinstance(rule, str) else rule
    found = validator_of(engine).iter_errors(as_json(given))
    return [f"{error.json_path}: {error.message[:200]}" for error in found]
