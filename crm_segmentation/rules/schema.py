"""`crm-segmentation schema`: the JSON Schema of rules, from the vocabulary that the macros read.

The attributes, events, groups and lists in it are those of the project at hand, so a project that
installs the package writes its own. What a schema cannot say, like the order of the two ends of a
range or the days of a month, the macros refuse when dbt reads the rule.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from crm_segmentation.generated import settle, tell
from crm_segmentation.rules.project import RulesError, rule_project

SCHEMA_FILE = Path("docs/rule.schema.json")
Schema = dict[str, Any]

DIGITS = r"^-?[0-9]+(\.[0-9]+)?$"
DEFINITIONS: dict[str, Schema] = {
    "text": {"type": "string", "minLength": 1},
    "number": {"anyOf": [{"type": "number"}, {"type": "string", "pattern": DIGITS}]},
    "boolean": {"type": "boolean"},
    "day": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
    "true": {"const": True},
    "whole": {"type": "integer", "minimum": 1},
    "duration": {"type": "string", "pattern": "^[1-9][0-9]*[dwmy]$"},
    "short_duration": {"type": "string", "pattern": "^[1-9][0-9]*[dwmy]$"},
    "row_duration": {"type": "string", "pattern": "^[1-9][0-9]*[hdw]$"},
    "span": {
        "type": "array",
        "prefixItems": [
            {"type": "string", "pattern": "^(0d|[1-9][0-9]*[dwmy])$"},
            {"type": "string", "pattern": "^[1-9][0-9]*[dwmy]$"},
        ],
        "minItems": 2,
        "maxItems": 2,
    },
    "period": {"pattern": "^(this|last|next) (day|week|month|quarter|year)$", "type": "string"},
    "past_period": {"pattern": "^(this|last) (day|week|month|quarter|year)$", "type": "string"},
    "days": {
        "type": "array",
        "items": {"$ref": "#/$defs/day"},
        "minItems": 2,
        "maxItems": 2,
    },
    "number_range": {
        "type": "array",
        "items": {"$ref": "#/$defs/number"},
        "minItems": 2,
        "maxItems": 2,
    },
    "name": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,62}$"},
    "names": {
        "anyOf": [
            {"$ref": "#/$defs/name"},
            {"type": "array", "items": {"$ref": "#/$defs/name"}, "minItems": 1},
        ]
    },
    "percent": {"$ref": "#/$defs/number"},
    "salt": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
    "circle": {
        "type": "object",
        "properties": {
            "of": {
                "type": "array",
                "items": {"$ref": "#/$defs/number"},
                "minItems": 2,
                "maxItems": 2,
            },
            "km": {"$ref": "#/$defs/number"},
        },
        "required": ["of", "km"],
        "additionalProperties": False,
    },
    "value": {"type": ["string", "number", "boolean"]},
    "value_or_null": {"type": ["string", "number", "boolean", "null"]},
    "any_values": {
        "type": "array",
        "items": {"type": ["string", "number", "boolean"]},
        "minItems": 1,
    },
}
# type of an attribute or column -> definition of one value of it
TYPES = {
    "text": "text",
    "number": "number",
    "boolean": "boolean",
    "date": "day",
    "timestamp": "day",
    "values": "text",
}
COMPARISONS = {
    **dict.fromkeys(("eq", "neq", "gt", "gte", "lt", "lte"), "number"),
    **dict.fromkeys(("between", "not_between"), "number_range"),
}


def reference(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def exclusive(keys: Iterable[str]) -> list[Schema]:
    """No two of these keys in one mapping."""
    return [{"not": {"required": list(pair)}} for pair in combinations(keys, 2)]


def closed(properties: dict[str, Schema], required: Sequence[str] = ()) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        **({"required": list(required)} if required else {}),
        "additionalProperties": False,
    }


def one_of_names(names: Iterable[str]) -> Schema:
    return {"enum": sorted(names)}


def allowed_text(allowed: Sequence[str]) -> Schema:
    """One of these texts, whatever their case: an enum for editors, a pattern for the rest."""

    def letter(character: str) -> str:
        forms = {character.lower(), character.upper()}
        if len(forms) == 1 or any(len(form) > 1 for form in forms):
            return re.escape(character)
        return "[" + "".join(sorted(forms)) + "]"

    words = ["".join(letter(character) for character in word) for word in allowed]
    return {
        "anyOf": [{"enum": list(allowed)}, {"type": "string", "pattern": f"^({'|'.join(words)})$"}]
    }


class Writer:
    """The schema of one project's rules."""

    def __init__(self, project: dict[str, Any]) -> None:
        self.project = project
        self.defs: dict[str, Schema] = {}
        self.limits = project["limits"]

    def write(self) -> Schema:
        self.defs.update(DEFINITIONS)
        self.defs["comparison"] = {
            "anyOf": [
                reference("number"),
                {**closed(self.comparisons()), "minProperties": 1},
            ]
        }
        leaves = {kind: self.kind(kind, shape) for kind, shape in self.project["kinds"].items()}
        for name, entry in self.project["attributes"].items():
            leaves[name] = self.attribute(entry["type"], entry["allowed"], ranks=True)
        self.node("node", leaves)
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$comment": "Generated by `crm-segmentation schema` from the vocabulary of the macros "
            "and the catalogues of the project.",
            "title": "A rule: what stands inside {% call profile() %}",
            **reference("node"),
            "$defs": dict(sorted(self.defs.items())),
        }

    def comparisons(self) -> dict[str, Schema]:
        return {operator: reference(shape) for operator, shape in COMPARISONS.items()}

    def node(self, name: str, leaves: dict[str, Schema]) -> None:
        """A mapping with exactly one key: a tree word or a leaf; and lists of such."""
        nodes = f"{name}s"
        self.defs[nodes] = {"type": "array", "items": reference(name), "minItems": 1}
        counted = closed(
            {"count": {"type": "integer", "minimum": 0}, "of": reference(nodes)}, ["count", "of"]
        )
        words = {
            "all": reference(nodes),
            "any": reference(nodes),
            "not": reference(name),
            **dict.fromkeys(("at_least", "at_most", "exactly"), counted),
        }
        if set(words) != set(self.project["tree_words"]):
            raise RulesError(
                f"The schema does not know the tree words {self.project['tree_words']}."
            )
        self.defs[name] = {**closed({**words, **leaves}), "minProperties": 1, "maxProperties": 1}

    def attribute(self, kind: str, allowed: Sequence[str] | None, *, ranks: bool) -> Schema:
        """An attribute leaf, or the leaf of a column of one row."""
        if allowed:
            return self.typed_leaf(kind, allowed_text(allowed), ranks=ranks)
        name = f"{kind}_attribute" if ranks else f"{kind}_column"
        if name not in self.defs:
            value = reference(TYPES[kind]) if kind in TYPES else False
            self.defs[name] = self.typed_leaf(kind, value, ranks=ranks)
        return reference(name)

    def typed_leaf(self, kind: str, value: Any, *, ranks: bool) -> Schema:
        values = {
            "type": "array",
            "items": value,
            "minItems": 1,
            "maxItems": self.limits["values"],
        }
        text = reference("text")
        shapes = {
            "value": value,
            "values": values,
            "range": {**values, "minItems": 2, "maxItems": 2},
            "search": {"anyOf": [text, {"type": "array", "items": text, "minItems": 1}]},
            "attribute": one_of_names(
                name for name, entry in self.project["attributes"].items() if entry["type"] == kind
            )
            if ranks
            else reference("name"),
        }
        operators = {
            name: shapes.get(entry["shape"]) or reference(entry["shape"])
            for name, entry in self.project["operators"].items()
            if kind in entry["types"]
            and (ranks or not entry["ranks"])
            and not (kind == "boolean" and name == "neq")
        }
        modifiers: dict[str, Schema] = {}
        if kind != "values":
            modifiers["nulls"] = {"enum": ["include", "exclude"]}
        if kind in ("text", "values"):
            modifiers["case_sensitive"] = {"type": "boolean"}
        if kind == "number" and ranks:
            modifiers["over"] = one_of_names(self.project["attributes"])
        alone = [
            {"if": {"required": [name]}, "then": {"maxProperties": 1}}
            for name in ("is_null", "not_null")
        ]
        forms: list[Schema] = [
            {
                **closed({**operators, **modifiers}),
                # an operator at least
                "not": {"propertyNames": {"enum": list(modifiers)}},
                "allOf": alone,
            }
        ]
        # the shorthands
        if "in" in operators or "has_any" in operators:
            forms.append(values)
        if "eq" in operators or "has_any" in operators:
            forms.append(value)
        return {"anyOf": forms}

    def rows(self, entry: dict[str, Any]) -> str:
        """The name of the definition of a node over the columns of one row."""
        columns = tuple(sorted(entry["columns"].items()))
        known = self.__dict__.setdefault("row_names", {})
        if columns not in known:
            known[columns] = f"row_{len(known) + 1}"
            leaves = {
                column: self.attribute(kind, None, ranks=False)
                for column, kind in entry["columns"].items()
            }
            self.node(known[columns], leaves)
        return str(known[columns])

    def kind(self, kind: str, shape: Any) -> Schema:
        if shape is None:
            raise RulesError(
                f"Kind {kind!r} has no shape; add it to leaf_shapes() in "
                "macros/criteria/reading/shapes.sql."
            )
        if isinstance(shape, str):
            return self.shape(shape, None)
        keys: dict[str, str] = shape["keys"]
        rules: list[Schema] = []
        properties = {key: self.shape(name, None) for key, name in keys.items()}
        required = list(shape.get("required", ()))
        if shape.get("window"):
            words = self.project["windows"]["fact"]
            windows = {"between": "days", "in_period": "past_period", "ago": "span"}
            properties |= {word: reference(windows.get(word, "duration")) for word in words}
            rules += exclusive(words)
            if shape["window"] == "required":
                rules.append({"anyOf": [{"required": [word]} for word in words]})
        rules += exclusive(shape.get("at_most_one_of", ()))
        if "one_of" in shape:
            rules += exclusive(shape["one_of"])
            rules.append({"anyOf": [{"required": [word]} for word in shape["one_of"]]})
        if kind == "event":
            needs = [{"required": [word]} for word in ("avg", "min", "max")]
            rules.append({"if": {"required": ["if_empty"]}, "then": {"anyOf": needs}})
        if "rows" in shape:
            for name, entry in self.project[f"{shape['rows']}s"].items():
                of_rows = {
                    key: self.shape(word, entry)
                    for key, word in keys.items()
                    if word in ("row", "column", "number_column", "aggregate", "number_aggregate")
                }
                rules.append(
                    {
                        "if": {"properties": {"name": {"const": name}}, "required": ["name"]},
                        "then": {"properties": of_rows},
                    }
                )
        schema = closed(properties, required)
        return {**schema, **({"allOf": rules} if rules else {})}

    def shape(self, name: str, entry: dict[str, Any] | None) -> Schema:
        project = self.project
        numbers = [
            column
            for column, kind in (entry or {"columns": {}})["columns"].items()
            if kind == "number"
        ]
        if name in ("event", "relation"):
            return one_of_names(project[f"{name}s"])
        if name == "recorded_group":
            return one_of_names(project["recorded_groups"])
        if name == "recorded_attribute":
            return one_of_names(project["recorded_attributes"])
        if name == "account_lists":
            known = one_of_names(project["account_lists"])
            return {"anyOf": [known, {"type": "array", "items": known, "minItems": 1}]}
        if name in ("channel", "purpose"):
            return allowed_text(project[f"{name}s"])
        if name == "row":
            if entry is None:
                return {"type": ["object", "array"]}
            rows = self.rows(entry)
            return {"anyOf": [reference(rows), reference(f"{rows}s")]}
        if name == "column":
            return one_of_names(entry["columns"]) if entry else reference("name")
        if name == "number_column":
            of = one_of_names(numbers) if entry else reference("name")
            return closed({"of": of}, ["of"])
        if name in ("aggregate", "number_aggregate"):
            of = reference("name")
            if entry:
                of = one_of_names(numbers if name == "number_aggregate" else entry["columns"])
            return {**closed({"of": of, **self.comparisons()}, ["of"]), "minProperties": 2}
        if name == "step":
            selections = [
                closed({"name": {"const": event}, "where": self.shape("row", row)}, ["name"])
                for event, row in project["events"].items()
            ]
            return {"anyOf": [one_of_names(project["events"]), *selections]}
        if name == "steps":
            self.defs["step"] = self.shape("step", None)
            return {"type": "array", "items": reference("step"), "minItems": 1, "maxItems": 12}
        if name == "scored_nodes":
            scored = closed({"if": {"$ref": "#/$defs/node_or_nodes"}, "add": {"type": "integer"}})
            self.defs["node_or_nodes"] = {"anyOf": [reference("node"), reference("nodes")]}
            return {"type": "array", "items": {**scored, "required": ["if", "add"]}, "minItems": 1}
        if name not in self.defs:
            raise RulesError(
                f"Unknown shape in macros/criteria/reading/shapes.sql: got {name!r}; allowed: "
                f"{', '.join(sorted(self.defs))}."
            )
        return reference(name)


def rule_schema(project: dict[str, Any]) -> Schema:
    return Writer(project).write()


def schema_text(project: dict[str, Any]) -> str:
    """The schema as JSON, a line for each definition."""
    schema = rule_schema(project)
    definitions = schema.pop("$defs")
    lines = [f"  {json.dumps(name)}: {one_line(text)}" for name, text in definitions.items()]
    head = [f" {json.dumps(key)}: {one_line(value)}," for key, value in schema.items()]
    joined = ",\n".join(lines)
    return "\n".join(["{", *head, ' "$defs": {', joined, " }", "}"]) + "\n"


def one_line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="crm-segmentation schema",
        description=f"Write the JSON Schema of rules to {SCHEMA_FILE}, for editors and tools.",
        epilog="Other arguments, like --target or --vars, go to dbt.",
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail where stale")
    parser.add_argument("--project-dir", type=Path, default=Path(), help="folder of the project")
    parser.add_argument("--output", type=Path, default=SCHEMA_FILE, help="file to write")
    arguments, dbt_arguments = parser.parse_known_args(argv)
    folder = arguments.project_dir.resolve()
    try:
        text = schema_text(rule_project(folder, dbt_arguments))
    except RulesError as error:
        print(error, file=sys.stderr)
        return 2
    is_stale = settle(folder / arguments.output, text, check=arguments.check)
    stale = [arguments.output] if is_stale else []
    return tell("schema", stale, check=arguments.check)
