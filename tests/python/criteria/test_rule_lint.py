"""Lint of rules: what YAML hides, what no account can satisfy, what means the same."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from criteria.oracle import members, period, shift
from criteria.rules import NAMES, Seeded, as_text, draw_leaf, draw_rule, draw_world
from criteria.schemas import as_json
from crm_segmentation.rules import lint
from crm_segmentation.rules.domains import Literal, contradiction, shifted
from crm_segmentation.rules.implied import Implications
from crm_segmentation.rules.lint import (
    project_findings,
    published_findings,
    read_files,
    report,
    unknown_names,
)
from crm_segmentation.rules.meaning import Reader, meaning
from crm_segmentation.rules.project import RulesError
from crm_segmentation.rules.text import rules_in

ROOT = Path(__file__).resolve().parents[3]
ATTRIBUTES: dict[str, Any] = {
    "country": {"type": "text", "nullable": True},
    "kind": {"type": "text", "nullable": False},
    "revenue": {"type": "number", "nullable": True},
    "since": {"type": "date", "nullable": True},
    "is_partner": {"type": "boolean", "nullable": True},
    "tags": {"type": "values", "nullable": True},
    "place": {"type": "point", "nullable": True},
    "spent": {"type": "number", "nullable": True},
    "market": {"type": "text", "nullable": False, "allowed": ["DE", "AT", "CH"]},
}


def model(folder: Path, rule: str, name: str = "a_profile") -> Path:
    file = folder / "models" / f"{name}.sql"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"-- a\n{{% call profile(base='accounts') %}}\n{rule}\n{{% endcall %}}\n")
    return file


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("country: NO", ["3:10 boolean-word"]),
        ("all:\n  - is_partner: yes", ["4:17 boolean-word"]),
        ("off: 1", ["3:1 boolean-key"]),
        ("zip: 01067", ["3:6 odd-number"]),
        ("zip: [08, 1_000, 12:30]", ["3:7 odd-number", "3:11 odd-number", "3:18 odd-number"]),
        ("revenue: [50,000]", ["3:14 odd-number"]),
        ("street: Nr #1", ["3:12 comment"]),
        ("country: DE # a comment that is meant", []),
        ("country: #DE", []),
        # an anchor that holds itself, and a key that is a list: dbt says what is wrong
        ("country: &one [*one]", []),
        ("? [country, kind]\n: DE", []),
        ("all:\n  - {kind: a, kind: b}", ["4:15 duplicate-key"]),
        ("country: {in: [DE], in: [AT]}", ["3:21 duplicate-key"]),
        ("country: [DE", ["4:1 yaml"]),
        ("", ["2:40 yaml"]),
        ("country: {eq: {{ x }}}", ["2:1 jinja"]),
        ("country: {% raw %}'{{ x }}'{% endraw %}", []),
        ("revenue: {gte: 10, lt: -12.50}\n", []),
        ("since: 2024-01-31", []),
        ("since: {after: 2023-02-29}", ["3:16 no-day"]),
        ('since: {after: "2023-02-29"}', []),
        (
            "revenue: {gte: 100000000000000000.5, lt: 0.30000000000000001}",
            ["3:16 long-number", "3:42 long-number"],
        ),
        ("revenue: {gte: 123456789012.5, lt: 12345678901234567, eq: '0.30000000000000001'}", []),
        ('country: "NO"', []),
        ("country: NO  # lint: ok", []),
        ("zip: 01067  # lint: ok odd-number", []),
        ("zip: 01067  # lint: ok odd-number: the shop's own, as it is stored", []),
        ("zip: 01067  # lint: ok comment", ["3:6 odd-number"]),
    ],
)
def test_what_yaml_hides_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rule: str, found: list[str]
) -> None:
    model(tmp_path, rule)
    findings = list(read_files(tmp_path))
    report(findings, tmp_path, fail_on_warnings=False)
    shown = capsys.readouterr().out.splitlines()
    places = [line.split(":")[1] + ":" + line.split(":")[2] for line in shown]
    codes = [line.rsplit("[", 1)[1].rstrip("]") for line in shown]
    if rule == "":
        assert codes == ["yaml"]
    else:
        assert [f"{place} {code}" for place, code in zip(places, codes, strict=True)] == found


@pytest.mark.parametrize("call", ["{% call profile", "{%+ call profile", "{%- call() profile"])
def test_a_rule_is_found_however_it_is_called(tmp_path: Path, call: str) -> None:
    """And wherever the project keeps its models."""
    (tmp_path / "dbt_project.yml").write_text("model-paths: [transform]")
    file = model(tmp_path, "country: NO")
    file.write_text(file.read_text().replace("{% call profile", call))
    (tmp_path / "models").rename(tmp_path / "transform")
    (found,) = read_files(tmp_path)
    assert (found.file, found.line, found.code) == (
        Path("transform/a_profile.sql"),
        3,
        "boolean-word",
    )


def test_a_group_that_is_not_there_is_named_with_its_place(tmp_path: Path) -> None:
    model(tmp_path, "country: DE", "vip_dach")
    model(tmp_path, "all:\n  - country: vip_dch\n  - member_of: [vip_dach, vip_dch]")
    complaint = (
        "Model 'model.x.a_profile' (models/a_profile.sql) depends on a node named 'vip_dch' which "
        "was not found"
    )
    found = [str(one) for one in unknown_names(tmp_path, complaint)]
    (one,) = found
    assert one == (
        "models/a_profile.sql:5:27: error: no model and no seed is called 'vip_dch'. Did you mean "
        "'vip_dach'? [unknown-name]"
    )
    assert not list(unknown_names(tmp_path, "depends on a node named 'vip_dach'"))


def test_errors_fail_and_warnings_where_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model(tmp_path, "country: NO")
    findings = list(read_files(tmp_path))
    assert report(findings, tmp_path, fail_on_warnings=False) == 0
    assert report(findings, tmp_path, fail_on_warnings=True) == 1
    model(tmp_path, "{kind: a, kind: NO}")
    capsys.readouterr()
    assert report(list(read_files(tmp_path)), tmp_path, fail_on_warnings=False) == 1
    assert capsys.readouterr().err == "1 error, 1 warning.\n"
    model(tmp_path, "kind: a")
    assert report(list(read_files(tmp_path)), tmp_path, fail_on_warnings=True) == 0
    assert capsys.readouterr().err == ""


class AskedError(Exception):
    """dbt was asked for something."""


def test_errors_of_the_text_stop_before_dbt_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(*_: Any) -> Any:
        raise AskedError

    monkeypatch.setattr(lint, "rule_project", ask)
    folder = ["--project-dir", str(tmp_path)]
    model(tmp_path, "country: NO")
    with pytest.raises(AskedError):
        lint.main(folder)
    model(tmp_path, "{kind: a, kind: b}")
    assert lint.main(folder) == 1


def test_what_dbt_cannot_read_is_said_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ask(*_: Any) -> Any:
        raise RulesError("depends on a node named 'vip_dch' which was not found")

    monkeypatch.setattr(lint, "rule_project", ask)
    model(tmp_path, "member_of: vip_dch")
    assert lint.main(["--project-dir", str(tmp_path), "--fail-on-warnings"]) == 2
    shown = capsys.readouterr()
    assert "which was not found" in shown.err
    assert "models/a_profile.sql:3:12: error: no model and no seed is called" in shown.out


def test_warnings_and_stale_files_are_told_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = {"any": [event_leaf(within="5y", count={"gte": 1}), {"kind": {"eq": "lead"}}]}
    model(tmp_path, yaml.safe_dump(tree), "a")
    asked: list[Any] = []

    def count(folder: Path, macro: str, arguments: Any, *, reads_data: bool) -> Any:
        asked.append((folder, macro, arguments, reads_data))
        counted = {"base": 5, "members": 1, "fingerprint": "f", "leaves": []}
        return {"profiles": {"a": counted}, "first_days": {"events": {"order": "2024-01-01"}}}

    def stale_models(*given: Any, check: bool) -> list[Path]:
        assert check and given[2] == "sheet text" and given[5] == ["--target", "dev"]
        return [Path("models/x.sql")]

    monkeypatch.setattr(lint, "rule_project", lambda *_: project_of([published("a", tree)]))
    monkeypatch.setattr(lint, "ask_dbt", count)
    monkeypatch.setattr(lint, "schema_text", lambda _: "{}")
    monkeypatch.setattr(lint, "sheet_text", lambda _: "sheet text")
    monkeypatch.setattr(lint, "settle_sheet", stale_models)
    options = f"--project-dir {tmp_path}"
    arguments = ["--project-dir", str(tmp_path), "--target", "dev"]
    assert lint.main(arguments) == 0
    assert asked == [] and capsys.readouterr().out == ""
    # with the data there is a warning, which fails where it should
    assert lint.main([*arguments, "--data"]) == 0
    assert asked == [(tmp_path, "rule_counts", ["--target", "dev"], True)]
    assert "[long-window]" in capsys.readouterr().out
    assert lint.main([*arguments, "--data", "--fail-on-warnings"]) == 1
    # files that are there, and not as they would be written
    for path, text in {
        "docs/rule.schema.json": "old",
        "seeds/rules/profile_criteria.csv": "",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(text)
    capsys.readouterr()
    assert lint.main(arguments) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"docs/rule.schema.json:1:1: error: stale. Run `crm-segmentation schema {options} --target "
        "dev` and commit what it writes. [stale]",
        f"models/x.sql:1:1: error: stale. Run `crm-segmentation rules {options} --target dev` and "
        "commit what it writes. [stale]",
    ]
    # as they were given, and no more
    lint.main([*arguments, "--models", "a folder", "--data"])
    shown = capsys.readouterr().out
    assert f"rules {options} --models 'a folder' --target dev`" in shown
    assert f"schema {options} --target dev`" in shown
    (tmp_path / "docs/rule.schema.json").write_text("{}")
    lint.main(arguments)
    assert "schema" not in capsys.readouterr().out


def published(name: str, tree: dict[str, Any], used_by: tuple[str, ...] = ("x",)) -> dict[str, Any]:
    return {
        "name": name,
        "file": f"models/{name}.sql",
        "used_by": list(used_by),
        "published": {"kind": "profile", "base": "accounts", "tree": tree},
    }


def findings_of(
    folder: Path, rules: dict[str, Any], data: dict[str, Any] | None = None, **used: Any
) -> list[str]:
    entries = []
    for name, tree in rules.items():
        model(folder, yaml.safe_dump(tree, sort_keys=False), name)
        entries.append(published(name, tree, used.get(name, ("x",))))
    return [
        f"{one.file.stem}:{one.line} {one.code}"
        for one in project_findings(folder, project_of(entries), data)
    ]


def project_of(entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "attributes": ATTRIBUTES,
        "as_of": "2026-01-01",
        "week_start": 0,
        "groups": entries,
        "kinds": {"event": None},
        "events": {
            "order": {"columns": {"amount": "number", "product": "text", "channel": "text"}}
        },
        "relations": {"contacts": {"columns": {"role": "text"}}},
        "recorded_groups": [],
    }


def event_leaf(**given: Any) -> dict[str, Any]:
    return {"event": {"name": "order", **given}}


def abandoned(wait: str, within: str) -> dict[str, Any]:
    return {"abandoned": {"name": "order", "without": "order", "for": wait, "within": within}}


def related(quantifier: str) -> dict[str, Any]:
    return {"related": {"name": "contacts", quantifier: {"role": {"eq": "buyer"}}}}


def points(**comparison: Any) -> dict[str, Any]:
    of = [
        {"if": {"revenue": {"gte": 1}}, "add": 12},
        {"if": {"country": {"eq": "DE"}}, "add": -5},
    ]
    return {"points": {"of": of, **comparison}}


CONTRADICTION = ["contradiction"]


@pytest.mark.parametrize(
    ("tree", "found"),
    [
        ({"revenue": {"gte": 10, "lt": 5}}, ["a:5 contradiction"]),
        ({"all": [{"revenue": {"gte": 10}}, {"revenue": {"lt": 10}}]}, ["a:7 contradiction"]),
        ({"all": [{"revenue": {"gte": 10}}, {"revenue": {"lte": 10}}]}, []),
        ({"any": [{"revenue": {"gte": 10}}, {"revenue": {"lt": 10}}]}, []),
        (
            {"all": [{"country": {"eq": "DE"}}, {"country": {"in": ["AT", "CH"]}}]},
            ["contradiction"],
        ),
        ({"all": [{"country": {"eq": "DE"}}, {"country": {"in": ["de", "CH"]}}]}, ["no-effect"]),
        (
            {"all": [{"country": {"eq": "DE"}}, {"not": {"country": {"eq": "de"}}}]},
            ["a:8 contradiction"],
        ),
        # two conditions that look into one another
        (
            {"not": {"all": [{"member_of": ["vip"]}, {"not": {"member_of": ["vip"]}}]}},
            ["a:4 contradiction"],
        ),
        ({"any": [{"country": {"eq": "DE"}}, {"not": {"country": {"eq": "DE"}}}]}, ["always"]),
        (
            {"all": [{"since": {"within": "30d"}}, {"since": {"older_than": "30d"}}]},
            ["contradiction"],
        ),
        ({"country": {"neq": "DE"}}, ["unknown-value"]),
        ({"country": {"neq": "DE", "nulls": "include"}}, []),
        ({"country": {"neq": "DE", "contains": "D"}}, []),
        ({"kind": {"neq": "lead"}}, []),
        ({"event": {"name": "order", "count": {"gte": 0}}}, ["always"]),
        ({"event": {"name": "order", "count": {"lt": 0}}}, ["contradiction"]),
        ({"event": {"name": "order", "count": {"lt": 1}}}, []),
        ({"event": {"name": "order", "count": {"gte": 3, "lt": 3}}}, ["a:7 contradiction"]),
        ({"event": {"name": "order", "count": {"gte": 3, "lte": 3}}}, []),
        ({"event": {"name": "order", "count": {"gt": 2, "lt": 3}}}, ["a:7 contradiction"]),
        ({"event": {"name": "order", "count": {"eq": 1, "neq": 1}}}, ["a:7 contradiction"]),
        ({"event": {"name": "order", "count": {"eq": 2.5}}}, ["a:6 contradiction"]),
        ({"event": {"name": "order", "count": {"not_between": [-2, -1]}}}, ["a:5 always"]),
        (event_leaf(sum={"of": "amount", "gt": 2, "lt": 3}), []),
        (event_leaf(sum={"of": "amount", "gte": 3, "lt": 3}), ["a:8 contradiction"]),
        (event_leaf(avg={"of": "amount", "gte": 3, "lt": 2}), ["a:8 contradiction"]),
        # over no rows the leaf is true
        (event_leaf(avg={"of": "amount", "gte": 3, "lt": 2}, if_empty=True), []),
        (event_leaf(distinct={"of": "product", "gt": 2, "lt": 3}), ["a:8 contradiction"]),
        ({"all": [event_leaf(count={"gte": 1}), event_leaf(count={"eq": 0})]}, CONTRADICTION),
        ({"all": [event_leaf(count={"gte": 3}), event_leaf(count={"lt": 3})]}, CONTRADICTION),
        (
            {"all": [event_leaf(count={"gte": 3}), {"not": event_leaf(count={"gte": 2})}]},
            ["a:12 contradiction"],
        ),
        ({"all": [event_leaf(count={"gte": 3}), {"not": event_leaf(count={"gte": 4})}]}, []),
        ({"all": [event_leaf(count={"gte": 1}), event_leaf(count={"eq": 0}, within="30d")]}, []),
        ({"any": [event_leaf(count={"gte": 1}), event_leaf(count={"eq": 0})]}, ["always"]),
        # the same rows, written in two ways
        (
            {
                "all": [
                    event_leaf(where={"channel": {"in": ["web"]}}, within="1y", count={"gte": 1}),
                    event_leaf(where={"channel": {"eq": "WEB"}}, within="12m", count={"eq": 0}),
                ]
            },
            CONTRADICTION,
        ),
        ({"all": [related("some"), related("none")]}, CONTRADICTION),
        ({"all": [related("some"), related("every")]}, ["a:4 no-effect"]),
        # a row that cannot be
        (event_leaf(where={"amount": {"gte": 3, "lt": 2}}), ["a:8 contradiction"]),
        (
            event_leaf(where={"all": [{"channel": {"eq": "web"}}, {"channel": {"eq": "shop"}}]}),
            ["a:10 contradiction"],
        ),
        (
            {
                "sequence": {
                    "steps": [
                        {"name": "order"},
                        {"name": "order", "where": {"amount": {"gt": 1, "lt": 1}}},
                    ]
                }
            },
            ["a:10 contradiction"],
        ),
        # windows
        (event_leaf(in_period="this day"), ["a:5 contradiction"]),
        (event_leaf(in_period="this month"), []),
        (event_leaf(between=["2026-01-01", "2026-02-01"]), ["a:5 contradiction"]),
        (event_leaf(between=["2025-12-31", "2026-02-01"]), []),
        (abandoned("7d", "7d"), []),
        (abandoned("8d", "7d"), ["a:6 contradiction"]),
        ({"was_member": {"group": "vip", "day": "2026-01-01"}}, ["a:5 contradiction"]),
        ({"was_member": {"group": "vip", "day": "2025-12-31"}}, []),
        ({"changed": {"attribute": "tier", "from": "A", "to": "a"}}, ["a:6 contradiction"]),
        ({"changed": {"attribute": "tier", "from": "A", "to": "B"}}, []),
        ({"changed": {"attribute": "tier", "from": 1, "to": 1.0}}, ["a:6 contradiction"]),
        ({"changed": {"attribute": "tier", "from": None, "to": None}}, ["a:6 contradiction"]),
        ({"changed": {"attribute": "tier", "to": None}}, []),
        ({"changed": {"attribute": "tier", "from": None}}, []),
        ({"changed": {"attribute": "tier"}}, []),
        # gaps
        ({"revenue": {"between": [1, 5], "not_between": [0, 6]}}, CONTRADICTION),
        ({"revenue": {"between": [1, 5], "not_between": [1, 4]}}, []),
        (
            {
                "all": [
                    {"revenue": {"eq": 3}},
                    {"revenue": {"not_between": [3, 4], "nulls": "include"}},
                ]
            },
            CONTRADICTION,
        ),
        (
            {"all": [{"since": {"after": "2024-01-01"}}, {"since": {"before": "2024-01-02"}}]},
            CONTRADICTION,
        ),
        (
            {
                "all": [
                    {"since": {"between": ["2024-01-01", "2024-01-02"]}},
                    {"since": {"neq": "2024-01-01", "nulls": "include"}},
                    {"since": {"neq": "2024-01-02", "nulls": "include"}},
                ]
            },
            CONTRADICTION,
        ),
        (event_leaf(count={"between": [2, 4], "not_between": [1, 5]}), CONTRADICTION),
        # other numbers
        ({"since": {"years": {"gte": 5, "lt": 5}}}, ["a:6 contradiction"]),
        ({"since": {"years": {"gte": 5, "lte": 5}}}, []),
        (
            {"trend": {"name": "order", "within": "30d", "change_percent": {"gt": 5, "lt": 5}}},
            ["a:8 contradiction"],
        ),
        (points(gte=12), []),
        (points(gte=13), ["a:3 contradiction"]),
        (points(lt=-5), ["a:3 contradiction"]),
        (points(gte=-5), ["a:3 always"]),
    ],
)
def test_rules_that_cannot_be_meant(tmp_path: Path, tree: dict[str, Any], found: list[str]) -> None:
    shown = findings_of(tmp_path, {"a": tree})
    assert len(shown) == len(found), shown
    for one, wanted in zip(shown, found, strict=True):
        assert one.endswith(wanted)


def both(word: str, *children: dict[str, Any]) -> dict[str, Any]:
    return {word: list(children)}


def past(kind: str, **given: Any) -> dict[str, Any]:
    return {kind: {"group": "vip", **given}}


def changes(**given: Any) -> dict[str, Any]:
    return {"changed": {"attribute": "tier", **given}}


def letters(text: str) -> dict[str, Any]:
    return {"country": {"eq": text, "case_sensitive": True}}


def sensitive(operator: str, text: str) -> dict[str, Any]:
    return {"country": {operator: text, "case_sensitive": True, "nulls": "include"}}


def near(km: int) -> dict[str, Any]:
    return {"place": {"within_km": {"of": [48, 11], "km": km}}}


def share(percent: int) -> dict[str, Any]:
    return {"bucket": {"salt": "a", "below_percent": percent}}


OTHERS = [{"is_partner": {"eq": True}}, {"kind": {"eq": "a"}}, {"country": {"eq": "DE"}}]


def in_sql(expression: str) -> dict[str, Any]:
    return {"sql": {"expression": expression, "reason": "so it is"}}


NULLS = ("not_null", "is_null")


def sequence(*steps: str, **given: Any) -> dict[str, Any]:
    return {"sequence": {"steps": [{"name": step} for step in steps], **given}}


def periods(period: str, **given: Any) -> dict[str, Any]:
    return {"since": {"in_period": period, **given}}


def beside(word: str, other: str = "spent") -> dict[str, Any]:
    return {"revenue": {f"{word}_attribute": other}}


def part(operator: str, text: Any) -> dict[str, Any]:
    return {"country": {operator: text}}


CONTRARY, OTHER_TEXT = "since.older_than contradiction", "all[1].country contradiction"
OTHER_PERIOD = "all[1].since.in_period contradiction"
BUYS = event_leaf(within="30d", count={"gte": 3})
ON_WEB = {"channel": {"eq": "web"}}
GTE_10, GTE_5 = {"revenue": {"gte": 10}}, {"revenue": {"gte": 5}}


@pytest.mark.parametrize(
    ("tree", "found"),
    [
        (both("all", GTE_10, GTE_5), "all[1].revenue no-effect"),
        (both("all", GTE_5, GTE_10), "all[0].revenue no-effect"),
        (both("any", GTE_10, GTE_5), "any[0].revenue no-effect"),
        ({"revenue": {"gt": 5, "gte": 5}}, "revenue.gte no-effect"),
        ({"not": {"revenue": {"gt": 5, "gte": 5}}}, "not.revenue.gte no-effect"),
        (
            both(
                "all", GTE_10, {"revenue": {"lt": 90}}, {"revenue": {"neq": 7, "nulls": "include"}}
            ),
            "all[2].revenue no-effect",
        ),
        (both("all", GTE_10, {"revenue": {"not_null": True}}), "all[1].revenue no-effect"),
        (
            both("all", {"country": {"in": ["DE", "AT"]}}, {"country": {"in": ["DE", "AT", "CH"]}}),
            "all[1].country no-effect",
        ),
        (
            both("all", GTE_10, both("any", {"is_partner": {"eq": True}}, GTE_5)),
            "all[1].any no-effect",
        ),
        (
            both("all", GTE_10, both("all", {"is_partner": {"eq": True}}, GTE_5)),
            "all[1].all[1].revenue no-effect",
        ),
        (both("all", GTE_10, GTE_10), "all[1].revenue no-effect"),
        (
            both("all", {"tags": {"has_none": ["a"]}}, {"tags": {"is_null": True}}),
            "all[0].tags no-effect",
        ),
        (
            both("all", {"tags": {"has_none": ["a", "b"]}}, {"tags": {"has_none": ["b"]}}),
            "all[1].tags no-effect",
        ),
        # who asks for the unknown says what the other does not
        (both("any", {"revenue": {"is_null": True}}, {"revenue": {"neq": 5}}), ""),
        (
            both(
                "any", {"revenue": {"is_null": True}}, {"revenue": {"neq": 5, "nulls": "include"}}
            ),
            "any[0].revenue no-effect",
        ),
        # of the unknown the one says nothing and the other something
        (
            both("all", GTE_10, {"revenue": {"gte": 5, "nulls": "include"}}),
            "all[1].revenue no-effect",
        ),
        (both("all", {"revenue": {"gte": 10, "nulls": "include"}}, GTE_5), ""),
        (
            both(
                "all", {"country": {"eq": "DE", "case_sensitive": True}}, {"country": {"eq": "de"}}
            ),
            "",
        ),
        (
            both("all", {"country": {"contains": "erman"}}, {"country": {"contains": "man"}}),
            "all[1].country no-effect",
        ),
        (
            both(
                "all",
                {"country": {"contains": "er"}},
                {"country": {"not_starts_with": "e", "nulls": "include"}},
            ),
            "",
        ),
        (
            both("all", {"since": {"within": "30d"}}, {"since": {"within": "2m"}}),
            "all[1].since no-effect",
        ),
        (both("all", {"since": {"on_or_before": "2025-12-01"}}, {"since": {"within": "2m"}}), ""),
        (
            both("any", {"since": {"older_than": "2m"}}, {"since": {"older_than": "1m"}}),
            "any[0].since no-effect",
        ),
        # rows among rows
        (both("all", BUYS, event_leaf(within="90d", count={"gte": 1})), "all[1].event no-effect"),
        (both("all", BUYS, event_leaf(count={"gte": 3})), "all[1].event no-effect"),
        (both("all", BUYS, event_leaf(within="90d", count={"gte": 4})), ""),
        (both("all", BUYS, event_leaf(where=ON_WEB, within="90d", count={"gte": 1})), ""),
        (
            both("all", event_leaf(where=ON_WEB, count={"gte": 2}), event_leaf(count={"gte": 2})),
            "all[1].event no-effect",
        ),
        (
            both("all", BUYS, event_leaf(within="90d", count={"eq": 0})),
            "all[1].event contradiction",
        ),
        (
            both("all", BUYS, event_leaf(within="90d", count={"lt": 3})),
            "all[1].event contradiction",
        ),
        (both("all", BUYS, event_leaf(within="90d", count={"lt": 4})), ""),
        (both("all", BUYS, event_leaf(within="20d", count={"eq": 0})), ""),
        (
            both("any", event_leaf(count={"gte": 1}), event_leaf(within="9d", count={"eq": 0})),
            "any[1].event always",
        ),
        (both("all", related("every"), related("some")), "all[1].related no-effect"),
        (
            event_leaf(where=both("all", {"amount": {"gt": 3}}, {"amount": {"gt": 2}})),
            "event.where.all[1].amount no-effect",
        ),
        (both("all", abandoned("7d", "30d"), abandoned("7d", "60d")), "all[1].abandoned no-effect"),
        (both("all", abandoned("7d", "30d"), abandoned("8d", "60d")), ""),
        (
            both("all", {"country": {"starts_with": "deu"}}, {"country": {"starts_with": "DE"}}),
            "all[1].country no-effect",
        ),
        (
            both("all", {"country": {"eq": "DE"}}, {"country": {"ends_with": "e"}}),
            "all[1].country no-effect",
        ),
        (
            both("all", {"country": {"ends_with": "xe"}}, {"country": {"ends_with": "e"}}),
            "all[1].country no-effect",
        ),
        (
            both("all", {"country": {"contains": "de"}}, {"country": {"starts_with": "de"}}),
            "all[0].country no-effect",
        ),
        (
            both("all", {"country": {"contains": "de"}}, {"country": {"ends_with": "de"}}),
            "all[0].country no-effect",
        ),
        (both("all", {"country": {"starts_with": "de"}}, {"country": {"ends_with": "de"}}), ""),
        (
            both("all", {"country": {"is_null": True}}, sensitive("neq", "DE")),
            "all[1].country no-effect",
        ),
        # what holds for more
        (both("all", {"revenue": {"top": 3}}, {"revenue": {"top": 5}}), "all[1].revenue no-effect"),
        (
            both(
                "all",
                {"since": {"anniversary_in_next": "7d"}},
                {"since": {"anniversary_in_next": "9d"}},
            ),
            "all[1].since no-effect",
        ),
        (
            both("all", {"tags": {"has_only": ["a"]}}, {"tags": {"has_only": ["a", "b"]}}),
            "all[1].tags no-effect",
        ),
        (both("all", near(5), near(10)), "all[1].place no-effect"),
        (both("all", share(5), share(10)), "all[1].bucket no-effect"),
        (both("all", share(10), {"bucket": {"salt": "b", "below_percent": 5}}), ""),
        (
            both("all", {"since": {"eq": "2024-01-01"}}, {"since": {"after": "2023-12-31"}}),
            "all[1].since no-effect",
        ),
        (
            both(
                "all",
                {"at_least": {"count": 2, "of": [GTE_10, *OTHERS]}},
                {"at_least": {"count": 3, "of": [*OTHERS, GTE_10]}},
            ),
            "all[0].at_least no-effect",
        ),
        # spans, digits and letters as they are meant
        (
            both("all", {"since": {"in_next": "30d"}}, {"since": {"before": "2026-01-01"}}),
            "all[1].since.before contradiction",
        ),
        ({"revenue": {"gte": "10.50", "lt": 10.5}}, "revenue.lt contradiction"),
        (both("all", letters("DE"), letters("de")), "all[1].country.eq contradiction"),
        (both("all", letters("DE"), {"country": {"eq": "de"}}), ""),
        # false may be unknown
        (
            both(
                "all",
                {"is_partner": {"eq": False, "nulls": "include"}},
                {"is_partner": {"is_null": True}},
            ),
            "all[0].is_partner no-effect",
        ),
        # of several conditions under `not` none is certain
        (
            both("all", {"not": {"revenue": {"gte": 10, "lt": 20}}}, {"revenue": {"eq": 5}}),
            "all[0].not no-effect",
        ),
        (
            both(
                "all",
                {"not": event_leaf(count={"gte": 3, "lt": 5})},
                event_leaf(count={"eq": 7}),
            ),
            "all[0].not no-effect",
        ),
        (
            {
                "abandoned": {
                    "name": "order",
                    "without": {"name": "order", "where": {"amount": {"gt": 1, "lt": 1}}},
                    "for": "1d",
                }
            },
            "abandoned.without.where.amount.lt contradiction",
        ),
        (points(between=[7, 12]), ""),
        (points(between=[13, 14]), "points contradiction"),
        (points(between=[8, 11]), "points contradiction"),
        (points(between=[8, 12]), ""),
        (points(neq=5), "points always"),
        # periods, whatever day it is
        (periods("last month", in_next="3d"), "since.in_next contradiction"),
        (periods("this month", in_next="3d"), ""),
        (periods("next week", in_next="1d"), "since.in_next contradiction"),
        (periods("next week", in_next="2d"), ""),
        (periods("next day", years={"lt": 5}), "since.years contradiction"),
        (periods("last month", within="3d"), ""),
        (periods("next week", within="2y"), "since.within contradiction"),
        (periods("last week", ago=["13d", "15d"]), "since.ago contradiction"),
        (periods("last week", ago=["12d", "15d"]), ""),
        (periods("this quarter", older_than="91d"), "since.older_than contradiction"),
        (periods("this quarter", older_than="90d"), ""),
        (both("all", periods("this year"), periods("last year")), OTHER_PERIOD),
        (both("all", periods("last year"), periods("this month")), OTHER_PERIOD),
        (both("all", periods("last month"), periods("this year")), ""),
        (both("all", periods("last month"), periods("this week")), ""),
        (both("all", periods("last year"), periods("next day")), OTHER_PERIOD),
        (both("all", periods("last day"), periods("last month")), ""),
        # ages and windows
        ({"since": {"years": {"gte": 5}, "within": "1y"}}, "since.within contradiction"),
        ({"since": {"years": {"gte": 1}, "within": "367d"}}, ""),
        ({"since": {"years": {"lt": 5}, "older_than": "5y"}}, "since.older_than contradiction"),
        ({"since": {"years": {"lte": 5}, "older_than": "5y"}}, ""),
        ({"since": {"years": {"eq": 2}, "within": "1y"}}, "since.within contradiction"),
        ({"since": {"years": {"between": [2, 3]}, "older_than": "4y"}}, CONTRARY),
        ({"since": {"years": {"neq": 2}, "within": "1y"}}, ""),
        ({"since": {"years": {"gte": 5}, "within": "1y", "nulls": "include"}}, ""),
        # of two attributes
        (both("all", beside("gt"), beside("lt")), "all[1].revenue contradiction"),
        (both("all", beside("gt"), beside("lte")), "all[1].revenue contradiction"),
        (both("all", beside("gt"), beside("eq")), "all[1].revenue contradiction"),
        (both("all", beside("lt"), beside("eq")), "all[1].revenue contradiction"),
        (both("all", beside("lte"), beside("eq")), "all[0].revenue no-effect"),
        (both("all", beside("gte"), beside("gt")), "all[0].revenue no-effect"),
        (both("all", beside("gt", "spent"), beside("lt", "paid")), ""),
        # texts that begin, or end, in two ways
        (both("all", part("starts_with", "a"), part("starts_with", "b")), OTHER_TEXT),
        (both("all", part("ends_with", "ab"), part("ends_with", "bb")), OTHER_TEXT),
        (both("all", part("starts_with", "a"), part("ends_with", "b")), ""),
        (both("all", part("contains", "a"), part("contains", "b")), ""),
        (both("all", part("starts_with", ["a", "b"]), part("starts_with", "c")), OTHER_TEXT),
        (
            both("all", part("starts_with", ["a", "c"]), part("starts_with", "cd")),
            "all[0].country no-effect",
        ),
        (
            {"points": {"of": [{"if": {"revenue": {"gte": 2, "lt": 1}}, "add": 1}], "gte": 1}},
            "points.of[0].if.revenue.lt contradiction",
        ),
        # keys of a leaf on facts are no conditions by themselves
        (
            both("all", past("was_member", day="2025-01-01"), past("was_member", day="2025-02-01")),
            "",
        ),
        (both("all", past("entered", within="30d"), past("entered", ago=["60d", "90d"])), ""),
        (
            both("all", past("left", ago=["0d", "9d"]), past("left", within="9d")),
            "all[1].left no-effect",
        ),
        (both("all", changes(**{"from": "A"}), changes(to="B")), ""),
        (
            both("all", sequence("order", within="3d"), sequence("order", ago=["6d", "9d"])),
            "",
        ),
        (both("all", in_sql("a"), in_sql("b")), ""),
        (both("any", in_sql("a"), in_sql("a")), "any[1].sql no-effect"),
        (both("all", {"member_of": ["vip"]}, {"member_of": ["vip"]}), "all[1].member_of no-effect"),
        (event_leaf(count={"gte": 3, "gt": 1}), "event.count.gt no-effect"),
    ],
)
def test_conditions_that_lie_in_one_another(tree: dict[str, Any], found: str) -> None:
    entry = published("a", tree)
    shown = [f"{path} {code}" for path, code, _ in published_findings(entry, project_of([entry]))]
    assert shown == ([found] if found else [])


def itself(word: str, **given: Any) -> dict[str, Any]:
    return {"revenue": {f"{word}_attribute": "revenue", **given}}


def fall(**comparison: Any) -> dict[str, Any]:
    return {"trend": {"name": "order", "within": "30d", "change_percent": comparison}}


def spans(kind: str, key: str, *days: str) -> dict[str, Any]:
    return {kind: {"name": "order", key: list(days)}}


@pytest.mark.parametrize(
    ("tree", "found"),
    [
        ({"revenue": {"top_percent": 0}}, "revenue.top_percent contradiction"),
        ({"revenue": {"bottom_percent": "0.0"}}, "revenue.bottom_percent contradiction"),
        ({"revenue": {"top_percent": 0.01}}, ""),
        ({"revenue": {"top_percent": 99.99}}, ""),
        ({"revenue": {"top_percent": 100}}, "revenue.top_percent always"),
        ({"bucket": {"salt": "a", "below_percent": 0}}, "bucket.below_percent contradiction"),
        ({"bucket": {"salt": "a", "below_percent": "0.01"}}, ""),
        ({"bucket": {"salt": "a", "below_percent": 100}}, "bucket.below_percent always"),
        ({"since": {"years": {"eq": -1}}}, "since.years.eq contradiction"),
        ({"since": {"years": {"eq": 0}}}, ""),
        ({"since": {"years": {"eq": 2.5}}}, "since.years.eq contradiction"),
        ({"since": {"years": {"lt": 0}}}, "since.years.lt contradiction"),
        ({"since": {"years": {"lt": 1}}}, ""),
        ({"since": {"years": {"lt": 0}, "nulls": "include"}}, ""),
        ({"since": {"years": {"gte": 0}}}, "since.years always"),
        ({"since": {"years": {"gt": -0.5}}}, "since.years always"),
        ({"since": {"years": {"gt": 0}}}, ""),
        ({"since": {"years": {"gte": 0, "lt": 5}}}, ""),
        ({"place": {"within_km": {"of": [48, 11], "km": 20016}}}, "place.within_km.km always"),
        ({"place": {"within_km": {"of": [48, 11], "km": 20015}}}, ""),
        (itself("gt"), "revenue.gt_attribute compares-itself"),
        (itself("eq"), "revenue.eq_attribute compares-itself"),
        ({"revenue": {"gt_attribute": "spent"}}, ""),
        (
            event_leaf(where={"not": {"amount": {"lt_attribute": "amount"}}}),
            "event.where.not.amount.lt_attribute compares-itself",
        ),
        (
            {"not": {"points": {"of": [{"if": itself("neq"), "add": 1}], "gte": 1}}},
            "not.points.of[0].if.revenue.neq_attribute compares-itself",
        ),
        # texts are stored without blanks around them
        ({"country": {"in": ["DE", "AT "]}}, "country.in[1] blank"),
        ({"country": {"starts_with": " D"}}, "country.starts_with blank"),
        ({"country": {"ends_with": "D\t"}}, "country.ends_with blank"),
        ({"tags": {"has_any": [" a"]}}, "tags.has_any[0] blank"),
        ({"country": {"starts_with": "D "}}, ""),
        ({"country": {"contains": " "}}, ""),
        ({"country": {"matches": " "}}, ""),
        (event_leaf(where={"channel": {"eq": "web "}}), "event.where.channel.eq blank"),
        ({"market": {"contains": ["d", "x"]}}, "market.contains[1] contradiction"),
        ({"market": {"starts_with": "D"}}, ""),
        ({"market": {"ends_with": "e"}}, ""),
        ({"market": {"starts_with": "E"}}, "market.starts_with contradiction"),
        ({"market": {"contains": "ED"}}, "market.contains contradiction"),
        ({"market": {"contains": "d", "case_sensitive": True}}, "market.contains contradiction"),
        # of a sequence
        (sequence("order", gap="1d"), "sequence.gap no-effect"),
        (sequence("order", within="1d"), ""),
        (sequence("order", "order", gap="7d", within="7d"), ""),
        (sequence("order", "order", gap="169h", within="7d"), "sequence.gap no-effect"),
        (sequence("order", "order", gap="62d", ago=["30d", "3m"]), ""),
        (sequence("order", "order", gap="63d", ago=["30d", "3m"]), "sequence.gap no-effect"),
        (sequence("order", "order", gap="999d"), ""),
        # rows fall by all of them at most
        (fall(lt=-100), "trend.change_percent contradiction"),
        (fall(lte=-100), ""),
        (fall(gte=-100), "trend.change_percent always"),
        (fall(gt=-100), ""),
        ({"trend": {**fall(lt=-100)["trend"], "sum": {"of": "amount"}}}, ""),
        # spans of no day
        (event_leaf(ago=["30d", "30d"]), "event.ago contradiction"),
        (event_leaf(ago=["30d", "31d"]), ""),
        ({"since": {"ago": ["1m", "31d"]}}, "since.ago contradiction"),
        (spans("stopped", "active", "7d", "1w"), "stopped.active contradiction"),
        (spans("stopped", "active", "7d", "8d"), ""),
        (spans("restarted", "silent", "12m", "1y"), "restarted.silent contradiction"),
        (spans("restarted", "silent", "12m", "2y"), ""),
        # below a count
        (
            {"at_least": {"count": 1, "of": [GTE_10, {"revenue": {"top_percent": 0}}]}},
            "at_least.of[1].revenue.top_percent contradiction",
        ),
        # counts of any length
        ({"at_least": {"count": 0, "of": [GTE_10]}}, "at_least always"),
        ({"at_most": {"count": 1, "of": [GTE_10]}}, "at_most always"),
        ({"at_most": {"count": 0, "of": [GTE_10]}}, ""),
    ],
    ids=str,
)
def test_leaves_that_part_nobody_by_themselves(tree: dict[str, Any], found: str) -> None:
    entry = published("a", tree)
    shown = [f"{path} {code}" for path, code, _ in published_findings(entry, project_of([entry]))]
    assert shown == ([found] if found else [])


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        (itself("gt"), "nobody passes, or name another attribute"),
        ({"bucket": {"salt": "a", "below_percent": 0}}, "nobody is in the first 0 %"),
        ({"bucket": {"salt": "a", "below_percent": 100}}, "everybody is in the first 100 %"),
        (itself("lt", nulls="include"), "whoever has none passes. Write revenue: {is_null: true}"),
        (itself("neq"), "whoever has none passes. Write revenue: {is_null: true}"),
        (itself("neq", nulls="exclude"), "nobody passes"),
        (itself("gte"), "whoever has one passes. Write revenue: {not_null: true}"),
        (itself("eq", nulls="include"), "everybody passes. Take it away"),
        (
            {"at_least": {"count": 0, "of": [GTE_10]}},
            "whatever holds, so many do: everybody passes. Mend the count.",
        ),
    ],
    ids=str,
)
def test_who_passes_is_said_as_it_is(tree: dict[str, Any], said: str) -> None:
    entry = published("a", tree)
    ((_, _, message),) = published_findings(entry, project_of([entry]))
    assert said in message


def test_what_is_said_to_part_nobody_parts_nobody() -> None:
    from criteria.worlds import make_world

    world = make_world(7, 200, 400, "Europe/Berlin", date(2025, 3, 31), "monday", None)
    everybody = members("any: [is_vip: true, is_vip: false]", world)
    with_one, without = (members(f"headcount: {{{word}: true}}", world) for word in NULLS)
    assert with_one and without and with_one | without == everybody
    for rule, found in {
        "headcount: {top_percent: 0}": set(),
        "headcount: {bottom_percent: 100}": with_one,
        "bucket: {salt: a, below_percent: 0}": set(),
        "bucket: {salt: a, below_percent: 100}": everybody,
        "joined_on: {years: -1}": set(),
        "joined_on: {years: {gte: 0}}": members("joined_on: {before: 2025-04-01}", world),
        "headcount: {gt_attribute: headcount}": set(),
        "headcount: {lt_attribute: headcount, nulls: include}": without,
        "headcount: {neq_attribute: headcount}": without,
        "headcount: {neq_attribute: headcount, nulls: exclude}": set(),
        "headcount: {lte_attribute: headcount}": with_one,
        "headcount: {eq_attribute: headcount, nulls: include}": everybody,
        "site: {within_km: {of: [48, 11], km: 20016}}": members("site: {not_null: true}", world),
        "market: {contains: x}": set(),
        "trend: {name: purchase, within: 90d, change_percent: {lt: -100}}": set(),
        "stopped: {name: purchase, active: [7d, 1w]}": set(),
        "event: {name: purchase, ago: [7d, 1w]}": set(),
        "sequence: {steps: [purchase, call], within: 30d, gap: 721h}": members(
            "sequence: {steps: [purchase, call], within: 30d}", world
        ),
    }.items():
        assert members(rule, world) == found, rule


REVENUE, LEAD = {"revenue": {"neq": 5}}, {"kind": {"eq": "lead"}}
KNOWN, UNKNOWN = ({"revenue": {word: True}} for word in NULLS)
EVERYBODY = "any: [is_vip: true, is_vip: false]"
HERE, THERE = {"country": {"neq": "a"}}, {"country": {"neq": "b"}}


@pytest.mark.parametrize(
    ("tree", "found"),
    [
        # another condition decides it
        (both("all", KNOWN, REVENUE), ""),
        (both("all", REVENUE, {"revenue": {"gt": 2}}), ""),
        (both("all", part("starts_with", "a"), part("not_contains", "b")), ""),
        (both("any", UNKNOWN, REVENUE), ""),
        (both("any", REVENUE, UNKNOWN), ""),
        (both("any", {"revenue": {"gt": 9, "nulls": "include"}}, REVENUE), ""),
        (both("all", {"not": UNKNOWN}, REVENUE), ""),
        (both("all", both("all", KNOWN, LEAD), REVENUE), ""),
        (both("all", KNOWN, both("any", LEAD, REVENUE)), ""),
        ({"not": both("all", KNOWN, {"not": REVENUE})}, ""),
        (both("all", KNOWN, {"points": {"of": [{"if": REVENUE, "add": 1}], "gte": 1}}), ""),
        (both("all", both("any", KNOWN, {"revenue": {"lt": 2}}), REVENUE), ""),
        (both("all", beside("gt"), {"spent": {"neq": 3}}), ""),
        (both("all", {"is_partner": {"not_null": True}}, {"is_partner": {"eq": False}}), ""),
        # and here none does
        (both("all", LEAD, REVENUE), "all[1].revenue.neq"),
        (both("any", KNOWN, REVENUE), "any[1].revenue.neq"),
        (both("all", UNKNOWN, REVENUE), "all[1].revenue.neq"),
        (both("all", HERE, THERE), "all[0].country.neq all[1].country.neq"),
        (
            both("any", HERE, part("not_contains", "c")),
            "any[0].country.neq any[1].country.not_contains",
        ),
        (both("all", both("any", KNOWN, LEAD), REVENUE), "all[1].revenue.neq"),
        (both("all", {"spent": {"not_null": True}}, REVENUE), "all[1].revenue.neq"),
        ({"not": REVENUE}, "not.revenue.neq"),
        ({"at_least": {"count": 1, "of": [LEAD, REVENUE]}}, "at_least.of[1].revenue.neq"),
        # either of two may be unknown
        (both("all", KNOWN, beside("neq")), "all[1].revenue.neq_attribute"),
        (both("all", KNOWN, {"spent": {"not_null": True}}, beside("neq")), ""),
        # false may be unknown
        ({"is_partner": {"eq": False}}, "is_partner.eq"),
        ({"is_partner": {"eq": False, "nulls": "exclude"}}, ""),
        ({"is_partner": {"eq": False, "nulls": "include"}}, ""),
        ({"is_partner": {"eq": True}}, ""),
        # of the columns of a row nothing is declared
        (event_leaf(where={"channel": {"neq": "web"}}), ""),
    ],
    ids=str,
)
def test_the_unknown_is_asked_for_where_no_condition_decides_it(
    tree: dict[str, Any], found: str
) -> None:
    entry = published("a", tree)
    shown = [
        path
        for path, code, _ in published_findings(entry, project_of([entry]))
        if code == "unknown-value"
    ]
    assert " ".join(shown) == found


def test_what_is_said_to_decide_the_unknown_does() -> None:
    """Of random trees, over accounts whose value is unknown."""
    from criteria.worlds import ATTRIBUTES as DRAWN

    decided = Counter[bool]()
    for seed in range(3):
        draw = Seeded(seed)
        world = draw_world(draw)
        for tree in [draw_rule(draw, world, depth=2) for _ in range(80)]:
            found = members(as_text(tree), world)
            for name in DRAWN:
                outcome = lint.for_unknown(tree, name)
                without = {
                    account
                    for account, row in world.attributes.items()
                    if name in row and row[name] is None
                }
                if outcome is None or not without:
                    continue
                decided[outcome] += 1
                within = without & found
                assert within == (without & members(EVERYBODY, world) if outcome else set()), (
                    f"{name} {as_text(tree)}"
                )
    assert min(decided[True], decided[False]) > 5, decided


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        (
            {"is_partner": {"eq": False}},
            "false also holds where is_partner is unknown. Say so: {eq: false, nulls: include}, or "
            "exclude.",
        ),
        (
            beside("neq"),
            "neq_attribute also holds where revenue or spent is unknown. Say so: nulls: include, "
            "or exclude.",
        ),
        (
            {"since": {"ago": ["30d", "30d"]}},
            "no value of since satisfies ago: [30d, 30d]. Mend it.",
        ),
        (
            both("all", {"is_partner": {"eq": True}}, {"not": {"is_partner": {"eq": True}}}),
            "no value of is_partner satisfies eq: true, not: {eq: true}. Mend one of them, or say "
            "'any'.",
        ),
        (
            {"revenue": {"gte": 10, "lt": "5.50"}},
            "no value of revenue satisfies gte: 10, lt: '5.50'. Mend one of them, or say 'any'.",
        ),
        (points(eq=3), "the points add up to -5, 0, 7 or 12. Mend the comparison."),
    ],
    ids=str,
)
def test_what_is_said_can_be_written(tree: dict[str, Any], said: str) -> None:
    entry = published("a", tree)
    ((_, _, message),) = published_findings(entry, project_of([entry]))
    assert message == said


def test_a_needless_condition_is_told_by_the_one_that_makes_it_so(tmp_path: Path) -> None:
    tree = {"all": [{"country": {"in": ["DE", "AT"]}}, {"country": {"in": ["AT", "CH", "DE"]}}]}
    model(tmp_path, yaml.safe_dump(tree, sort_keys=False), "a")
    (found,) = project_findings(tmp_path, project_of([published("a", tree)]))
    assert str(found) == (
        "models/a.sql:8:3: warning: whoever passes country: {in: [DE, AT]} passes this, too, so it "
        "changes nothing. Take it away, or mend one of them. [no-effect]"
    )


def test_what_is_said_to_follow_follows() -> None:
    """Of random leaves and trees, over the accounts of random worlds."""
    from criteria.worlds import ATTRIBUTES as DRAWN
    from criteria.worlds import EVENTS as DRAWN_EVENTS

    types = {name: declared["type"] for name, declared in DRAWN.items()}
    rows = {"events": DRAWN_EVENTS, "relations": {}}
    words = Counter[str]()
    for seed in range(3):
        draw = Seeded(seed)
        world = draw_world(draw)
        reader, known = Reader(types, rows), Implications(types, world.as_of, rows)
        trees = [draw_leaf(draw, world, name) for name in NAMES * 3]
        trees += [draw_rule(draw, world, depth=2) for _ in range(20)]
        drawn = [
            (tree, reader.node(tree), reader.node(tree, False), members(as_text(tree), world))
            for tree in trees
        ]
        for one, form, _, found in drawn:
            for other, wider, contrary, others in drawn:
                if known.implies(form, wider):
                    assert found <= others, f"{as_text(one)}\n{as_text(other)}"
                    words[next(iter(one))] += one != other
                if known.implies(form, contrary):
                    assert found.isdisjoint(others), f"{as_text(one)}\n{as_text(other)}"
                    words["nobody"] += 1
    assert len(words) > 20 and words["nobody"] > 500, words


def test_of_two_under_any_the_narrower_is_needless(tmp_path: Path) -> None:
    tree = both("any", {"revenue": {"gte": 5}}, {"revenue": {"gte": 10}})
    model(tmp_path, yaml.safe_dump(tree, sort_keys=False), "a")
    (found,) = project_findings(tmp_path, project_of([published("a", tree)]))
    assert found.message == (
        "whoever passes this passes revenue: {gte: 5}, too, so it changes nothing. Take it away, "
        "or mend one of them."
    )


def test_unused_and_equal_profiles(tmp_path: Path) -> None:
    shown = findings_of(
        tmp_path,
        {
            "a": {"all": [{"country": {"in": ["DE", "AT"]}}, {"revenue": {"gte": 10}}]},
            "b": {"not": {"any": [{"revenue": {"lt": 10.0, "nulls": "include"}}]}},
            "c": {"all": [{"revenue": {"gte": 10}}, {"country": {"in": ["at", "DE", "de"]}}]},
            "d": {"revenue": {"gte": 10}},
            "e": {"any": [{"country": {"eq": "DE"}}, {"country": {"eq": "AT"}}]},
            "f": {"country": {"in": ["AT", "DE"]}},
            "g": {"country": {"not_in": ["AT", "DE"], "nulls": "include"}},
            "h": {"not": {"any": [{"country": {"eq": "de"}}, {"country": {"in": ["at"]}}]}},
            "i": event_leaf(where={"channel": {"in": ["web"]}}, count={"eq": 0}),
            "j": {"not": event_leaf(where={"channel": {"eq": "WEB"}}, count={"gt": 0})},
            "k": related("none"),
            "l": {"not": related("some")},
        },
        d=("profile_catalog",),
    )
    assert sorted(shown) == [
        "c:3 same-meaning",
        "d:3 same-meaning",
        "d:3 unused",
        "f:3 same-meaning",
        "h:3 same-meaning",
        "j:3 same-meaning",
        "l:3 same-meaning",
    ]


def test_what_the_data_says(tmp_path: Path) -> None:
    counted = {"base": 10, "members": 3, "fingerprint": "f"}
    window = {"event": {"name": "order", "within": "5y", "count": {"gte": 1}}}
    rules = {"a": {"all": [{"revenue": {"gte": 10}}, window]}, "b": {"revenue": {"gte": 11}}}
    leaves = [{"path": "all[0].revenue", "passed": 10}, {"path": "all[1].event", "passed": 3}]
    data = {
        "profiles": {
            "a": {**counted, "leaves": leaves},
            "b": {**counted, "leaves": [{"path": "revenue", "passed": 3}]},
        },
        "first_days": {"events": {"order": "2024-01-01"}},
    }
    assert sorted(findings_of(tmp_path, rules, data)) == [
        "a:4 parts-nobody",
        "a:8 long-window",
        "b:3 same-members",
    ]


def test_the_same_members_are_told_of_the_name_that_comes_later(tmp_path: Path) -> None:
    counted = {"base": 10, "members": 3, "fingerprint": "f", "leaves": []}
    data = {"profiles": {"vip": counted, "zz_same": counted}, "first_days": {}}
    # in whatever order dbt names them
    rules = {"zz_same": {"revenue": {"gte": 11}}, "vip": {"revenue": {"gte": 10}}}
    assert findings_of(tmp_path, rules, data) == ["zz_same:3 same-members"]


@pytest.mark.parametrize(
    ("base", "passed", "found"),
    [
        (10, (4, 5), ["a:3 no-members"]),
        # what nobody passes is told by itself
        (10, (0, 5), ["a:4 parts-nobody"]),
        (0, (0, 0), []),
    ],
)
def test_a_rule_without_members_is_told(
    tmp_path: Path, base: int, passed: tuple[int, int], found: list[str]
) -> None:
    leaves = [
        {"path": f"all[{index}].{name}", "passed": count}
        for index, (name, count) in enumerate(zip(("revenue", "kind"), passed, strict=True))
    ]
    counted = {"base": base, "members": 0, "fingerprint": None, "leaves": leaves}
    data = {"profiles": {"a": counted}, "first_days": {}}
    rules = {"a": both("all", {"revenue": {"gte": 10}}, {"kind": {"eq": "a"}})}
    assert findings_of(tmp_path, rules, data) == found


def satisfies(literal: Literal, value: Decimal | None) -> bool:
    """Straight from the text of the rules: what one operator makes of one value."""
    asked = literal.value
    negative = literal.operator in ("neq", "not_in", "not_between")
    if value is None:
        result = literal.nulls == "include" if literal.nulls else negative
    else:
        result = {
            "eq": lambda: value == asked,
            "neq": lambda: value != asked,
            "in": lambda: value in asked,
            "not_in": lambda: value not in asked,
            "gt": lambda: value > asked,
            "gte": lambda: value >= asked,
            "lt": lambda: value < asked,
            "lte": lambda: value <= asked,
            "between": lambda: asked[0] <= value <= asked[1],
            "not_between": lambda: not asked[0] <= value <= asked[1],
        }[literal.operator]()
    return result is literal.holds


def test_periods_that_never_meet_are_the_ones_that_are_told() -> None:
    words = [
        f"{which} {unit}"
        for which in ("last", "this", "next")
        for unit in ("day", "week", "month", "quarter", "year")
    ]
    pairs = [(one, other) for one in words for other in words if one < other]
    meeting: set[tuple[str, str]] = set()
    # months of every length end in these, with a leap year
    for day in (date(2023, 12, 25) + timedelta(days=past) for past in range(0, 1500, 2)):
        spans = {
            word: [period(word, day, start) for start in ("monday", "saturday")] for word in words
        }
        meeting |= {
            (one, other)
            for one, other in pairs
            if any(
                max(a[0], b[0]) < min(a[1], b[1])
                for a, b in zip(spans[one], spans[other], strict=True)
            )
        }
    for as_of in (date(2024, 2, 29), date(2025, 12, 31), date(2026, 1, 1)):
        told = {
            pair
            for pair in pairs
            if contradiction([dated("in_period", word) for word in pair], as_of)
        }
        assert told == set(pairs) - meeting


def dated(operator: str, asked: Any) -> Literal:
    return Literal("x", "date", operator, asked, None, True, "")


def test_ages_that_no_day_of_a_window_has() -> None:
    random = Random(1)
    counts = {True: 0, False: 0}
    for _ in range(300):
        as_of = random.choice([date(2024, 2, 29), date(2025, 2, 28), date(2025, 6, 1)])
        days = [as_of + timedelta(days=past) for past in range(-1500, 40)]
        ages = {day: completed(day, as_of) for day in days}
        operator = random.choice([one for one in OPERATORS if one not in ("in", "not_in")])
        low = random.choice([0, 1, 2, 2.5, 3])
        asked: Any = [low, low + 1] if operator.endswith("between") else low
        window = random.choice(["within", "older_than", "in_next"])
        length = random.choice(["1y", "2y", "365d", "730d", "18m"])
        start, end = {
            "within": (shift(as_of, length, -1), as_of),
            "older_than": (date.min, shift(as_of, length, -1)),
            "in_next": (as_of, shift(as_of, length, 1)),
        }[window]
        of_years = Literal("x", "number", operator, asked, None, True, "")
        possible = any(
            start <= day < end and age is not None and satisfies(of_years, Decimal(age))
            for day, age in ages.items()
        )
        found = contradiction([dated("years", {operator: asked}), dated(window, length)], as_of)
        counts[found] += 1
        assert not (found and possible), (as_of, operator, asked, window, length)
    assert min(counts.values()) > 20, counts
    # 29 February completes its years on the 28th
    leap_day = [dated("years", {"gte": 1}), dated("between", ["2024-02-29", "2024-02-29"])]
    assert not contradiction(leap_day, date(2025, 2, 28))
    assert contradiction(leap_day, date(2025, 2, 26))


@cache
def completed(day: date, as_of: date) -> int | None:
    """Completed years; a day still to come has none."""
    later = [day, *(shift(day, f"{years}y", 1) for years in range(1, 7))]
    return max((years for years, one in enumerate(later) if one <= as_of), default=None)


OPERATORS = ["eq", "neq", "in", "not_in", "gt", "gte", "lt", "lte", "between", "not_between"]


@pytest.mark.parametrize("kind", ["number", "years"])
def test_a_contradiction_is_one(kind: str) -> None:
    random = Random(1)
    values = [None, *(Decimal(half) / 2 for half in range(-3, 14))]
    if kind == "years":
        values = [value for value in values if value is None or (value >= 0 and value % 1 == 0)]
    counts = {True: 0, False: 0}
    for _ in range(3000):
        literals = []
        for _ in range(random.randint(1, 5)):
            operator = random.choice([*OPERATORS, "between", "not_between"])
            low = random.randint(0, 5)
            asked: Any = low
            if operator in ("in", "not_in"):
                asked = [low, random.randint(0, 5)]
            elif operator.endswith("between"):
                asked = [low, random.randint(low, 5)]
            nulls = random.choice([None, None, "include", "exclude"])
            holds = random.random() < 0.7
            literals.append(Literal("x", kind, operator, asked, nulls, True, "", holds))
        possible = any(all(satisfies(one, value) for one in literals) for value in values)
        found = contradiction(literals, date(2026, 1, 1))
        counts[found] += 1
        assert found is not possible, [str(one) for one in literals]
    assert min(counts.values()) > 300


def test_days_are_moved_as_rules_move_them() -> None:
    assert shifted(date(2024, 3, 31), "1m", -1) == date(2024, 2, 29)
    assert shifted(date(2024, 2, 29), "1y", 1) == date(2025, 2, 28)
    assert shifted(date(2024, 1, 1), "2w", -1) == date(2023, 12, 18)


def rewritten(random: Random, tree: Any) -> Any:
    """Another way to write the same rule."""
    ((word, given),) = tree.items()
    if word in ("all", "any"):
        children = [rewritten(random, child) for child in given]
        random.shuffle(children)
        if random.random() < 0.3:
            children.append(children[0])
        if random.random() < 0.3:
            other = {"all": "any", "any": "all"}[word]
            return {"not": {other: [{"not": child} for child in children]}}
        return {word: [{word: children}]} if random.random() < 0.3 else {word: children}
    if word == "not":
        return {"not": rewritten(random, given)}
    return {"not": {"not": tree}} if random.random() < 0.3 else {"all": [tree]}


def test_one_meaning_however_it_is_written_and_members_of_one_meaning_agree() -> None:
    from criteria.worlds import ATTRIBUTES as DRAWN

    random = Random(2)
    for seed in range(4):
        draw = Seeded(seed)
        world = draw_world(draw)
        known: dict[str, tuple[str, frozenset[str]]] = {}
        for _ in range(60):
            tree = draw_rule(draw, world, depth=draw.integer(1, 3))
            other = rewritten(random, tree)
            form = json.dumps(meaning(tree, DRAWN), default=str)
            assert json.dumps(meaning(other, DRAWN), default=str) == form, as_text(tree)
            found = members(as_text(tree), world)
            text, first = known.setdefault(form, (as_text(tree), found))
            assert found == first, f"{text}\n{as_text(tree)}"


def test_all_profiles_satisfy_the_committed_schema() -> None:
    schema = json.loads((ROOT / "docs" / "rule.schema.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema)
    rules = [
        rule
        for file in sorted((ROOT / "models").rglob("*.sql"))
        for rule in rules_in(file)
        if rule.kind == "profile"
    ]
    assert len(rules) > 15
    for rule in rules:
        errors = [one.message for one in validator.iter_errors(as_json(yaml.safe_load(rule.text)))]
        assert not errors, rule.name
