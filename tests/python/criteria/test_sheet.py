"""Rules in a sheet: what is written is what was meant, and errors name the line."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Environment

from criteria.engine import Engine
from criteria.rules import Seeded, as_text, draw_rule, draw_world
from crm_segmentation.rules import sheet
from crm_segmentation.rules.meaning import meaning
from crm_segmentation.rules.project import RulesError
from crm_segmentation.rules.sheet import (
    COLUMNS,
    DoesNotFitError,
    Line,
    Problems,
    Profile,
    check_names,
    left_over,
    properties_text,
    read_sheet,
    scalar_text,
    sheet_lines,
    sheet_text,
    yaml_text,
)

HEADER = ",".join(COLUMNS) + "\n"
HOSTILE = ["NO", "01067", "1e3", "12:30", "null", "~", "Nr #1", "{{ x }}", "{% raw %}", "{#"]
# a line's end to YAML alone, what it refuses, and a letter of another plane
HOSTILE += ["a\x85b", "a\x90b", "\ufeffx", "a\u2028b", "\ufffe", "\U0001f600"]
HOSTILE += ["'); drop table x; --", 'a "b" \\n', "Ümläut, Straße", "- a", "a: b", "%_", "*&!@`"]


@pytest.fixture(scope="module")
def project(engine: Engine) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(engine.call("rule_project"), default=str))
    return found


def profiles_of(text: str, project: dict[str, Any]) -> list[Profile]:
    problems = Problems(Path("sheet.csv"))
    profiles = read_sheet(text, project, problems)
    problems.raise_all()
    return profiles


def as_sheet(lines: list[Line]) -> str:
    def quoted(value: str) -> str:
        return '"' + value.replace('"', '""') + '"'

    return HEADER + "".join(
        ",".join(quoted(getattr(line, column)) for column in COLUMNS) + "\n" for line in lines
    )


def published(engine: Engine, profile: Profile) -> Any:
    """The tree that dbt publishes for a generated model."""
    return engine.call("read_rule", yaml_text(profile), "rule_base", profile.name)["tree"]


def random_lines(draw: Seeded) -> list[Line]:
    """A sheet of one profile, conditions of all types in groups and exclusions."""

    def condition() -> tuple[str, str, str, str]:
        nulls = draw.pick(["", "include", "exclude"])
        number = draw.pick(["0", "-1", "12.5", "1000000", "123456789012345678.25"])
        days = draw.pick(["2024-01-31|2024-02-29", "2023-12-31|2023-12-31"])
        texts = [draw.pick(HOSTILE), draw.pick(HOSTILE)]
        return draw.pick(
            [
                (
                    "sector",
                    draw.pick(["eq", "neq", "contains", "not_starts_with"]),
                    texts[0],
                    nulls,
                ),
                ("sector", draw.pick(["in", "not_in", "ends_with"]), "|".join(texts), nulls),
                ("headcount", draw.pick(["eq", "gt", "gte", "lt", "lte", "neq"]), number, nulls),
                ("headcount", "between", "-1|10", nulls),
                ("is_vip", "eq", draw.pick(["true", "false"]), nulls),
                ("joined_on", draw.pick(["before", "on_or_after", "eq"]), days[:10], nulls),
                ("joined_on", draw.pick(["between", "not_between"]), days, nulls),
                ("joined_on", draw.pick(["within", "older_than", "in_next"]), "3m", nulls),
                ("joined_on", "ago", "0d|2w", nulls),
                ("joined_on", "in_period", "last month", nulls),
                ("joined_on", draw.pick(["years", "years gte", "years lt"]), "5", nulls),
                ("joined_on", "anniversary_in_next", "14d", nulls),
                ("headcount", draw.pick(["top_percent", "bottom_percent", "top"]), "10", ""),
                ("tags", draw.pick(["has_any", "has_all", "has_none", "has_only"]), "a|NO", ""),
                ("sector", draw.pick(["is_null", "not_null"]), "", ""),
                ("member_of", "", draw.pick(["group_a", "group_a|group_b"]), ""),
            ]
        )

    lines = []
    for group in draw.pick([["1"], ["1", "2"], ["1", "exclude"], ["exclude", "exclude_b"]]):
        for _ in range(draw.integer(1, 3)):
            attribute, operator, value, nulls = condition()
            lines.append(Line("rule", group, attribute, operator, value, nulls))
    return lines


def shape_of(lines: list[Line]) -> list[tuple[bool, frozenset[tuple[str, ...]]]]:
    """Groups as sets of conditions; a group of the sheet has no name in a rule."""
    groups: dict[str, set[tuple[str, ...]]] = {}
    for line in lines:
        # years: 5 is published as an equality
        operator = "years" if line.operator == "years eq" else line.operator
        cells = (line.attribute, operator, line.value, line.nulls)
        groups.setdefault(line.condition_group, set()).add(cells)
    return sorted(
        ((name.startswith("exclude"), frozenset(cells)) for name, cells in groups.items()),
        key=lambda group: (group[0], sorted(group[1])),
    )


def test_a_sheet_comes_back_from_its_rules(engine: Engine, project: dict[str, Any]) -> None:
    for seed in range(60):
        lines = random_lines(Seeded(seed))
        (profile,) = profiles_of(as_sheet(lines), project)
        again = sheet_lines("rule", published(engine, profile), project)
        assert shape_of(again) == shape_of(lines), as_sheet(lines)


def test_a_rule_that_fits_comes_back_from_the_sheet(
    engine: Engine, project: dict[str, Any]
) -> None:
    fitting = 0
    for world_seed in range(5):
        draw = Seeded(world_seed)
        world = draw_world(draw)
        for _ in range(40):
            rule = draw_rule(draw, world, depth=draw.integer(1, 3))
            tree = engine.call("read_rule", as_text(rule), "rule_base", "rule")["tree"]
            try:
                lines = sheet_lines("rule", tree, project)
            except DoesNotFitError:
                continue
            fitting += 1
            (profile,) = profiles_of(as_sheet(lines), project)
            again = published(engine, profile)
            attributes = project["attributes"]
            assert meaning(again, attributes) == meaning(tree, attributes), as_text(rule)
    assert fitting > 30


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("profile,b\n", ["sheet.csv:1: error: wrong columns: got profile, b"]),
        ("profile_id;note\n", ["got profile_id;note; allowed", "Save it as CSV with commas."]),
        (HEADER + "A b,1,sector,eq,x,,\n", ["sheet.csv:2: error: profile_id", "'A b'"]),
        (HEADER + "\n,,,,,,\na,,sector,eq,x,,\n", ["sheet.csv:4: error: condition_group is empty"]),
        (HEADER + "a,1,sector,eq,x\n", ["sheet.csv:2: error: wrong number of cells: got 5"]),
        (HEADER + 'a,1,sector,eq,"x,,\n', ["sheet.csv:2: error: no CSV"]),
        (HEADER + "a,1,sector,in,a||b,,\n", ["sheet.csv:2", "empty value: got 'a||b'"]),
        (HEADER + "a,1,sector,eq,a|b,,\n", ["sheet.csv:2", "one value: got 'a|b'", "in YAML"]),
        (HEADER + "a,1,sector,is_null,a,,\n", ["sheet.csv:2", "takes no value: got 'a'"]),
        (HEADER + "a,1,member_of,eq,group_a,,\n", ["sheet.csv:2", "no operator", "'eq'"]),
        (HEADER + "a,1,place,within_km,1|2,,\n", ["sheet.csv:2", "does not fit", "in YAML"]),
        (HEADER + "a,1,event,eq,purchase,,\n", ["sheet.csv:2", "event does not fit", "in YAML"]),
        (HEADER + "a,1,all,,x,,\n", ["sheet.csv:2: error: all does not fit"]),
        (HEADER + "a,1,is_vip,eq,TRUE,,\n", ["sheet.csv:2", "got 'TRUE'", "in small letters"]),
        (HEADER + "a,1,headcount,top,3|4,,\n", ["top takes one value: got '3|4'. Write one."]),
        (HEADER + "a,1,headcount,neq,3|4,,\n", ["got '3|4'. Use not_in for a list."]),
        (HEADER + "a,1,is_vip,eq,true|false,,\n", ["one value: got 'true|false'. Write one."]),
        (HEADER + "a,1,joined_on,years eq,1|2,,\n", ["one value: got '1|2'. Write one."]),
        (
            HEADER + "a,1,is_vip,,true,,\n",
            ["sheet.csv:2: error: is_vip has no operator; allowed: eq, is_null, not_null."],
        ),
        (
            HEADER + "a,1,sector,equals,x,,\n",
            ["no operator on sector, a text: got 'equals'; allowed: eq, neq, in, ", "mean 'eq'?"],
        ),
        (HEADER + "a,1,headcount,>=,3,,\n", ["got '>='; allowed: ", "Did you mean 'gte'?"]),
        (HEADER + "a,1,sector,is not,x,,\n", ["got 'is not'; allowed: ", "mean 'neq'?"]),
        (HEADER + "a,1,headcount,contains,3,,\n", ["on headcount, a number: got 'contains'"]),
        # ten, or ten thousand
        (
            HEADER + "a,1,headcount,gte,10.000,,\n",
            ["sheet.csv:2: error: a number", "got '10.000'. Write 10000 if", ", 10.0000 if it"],
        ),
        (HEADER + "a,1,headcount,between,0.125|-1.250,,\n", ["got '-1.250'. Write -1250 if"]),
        (HEADER + "a,1,joined_on,years gte,1.000,,\n", ["got '1.000'"]),
        (HEADER + "a,1,headcount,top,1.000,,\n", ["got '1.000'"]),
        *(
            (HEADER + f"a,{group},sector,eq,x,,\n", [f"got {group!r}; allowed: exclude, exclude_"])
            for group in ("exclude2", "Exclude-2", "excluded", "exclude 2", "excluding")
        ),
        (
            HEADER + "a,1,sector,eq,,,\nb,1,member_of,,,exclude,\n",
            ["sheet.csv:2: error: empty value", "sheet.csv:3: error: member_of takes a name"],
        ),
    ],
)
def test_an_ill_formed_sheet_is_refused_by_line(
    project: dict[str, Any], text: str, errors: list[str]
) -> None:
    problems = Problems(Path("sheet.csv"))
    read_sheet(text, project, problems)
    with pytest.raises(Exception, match="error") as caught:
        problems.raise_all()
    for part in errors:
        assert part in str(caught.value)


def test_what_only_one_reads_so_is_no_error(project: dict[str, Any]) -> None:
    lines = [
        Line("a", "exclusive", "headcount", "in", "0.125|12.5|1234.500|10.0000|-1.25"),
        Line("a", "exclude_2", "sector", "in", "1.250"),
        Line("a", "EXCLUDE", "sector", "eq", "excluded"),
    ]
    (profile,) = profiles_of(as_sheet(lines), project)
    tree = {
        "all": [
            {"headcount": {"in": [0.125, 12.5, "1234.500", "10.0000", -1.25]}},
            {"not": {"any": [{"sector": {"in": ["1.250"]}}, {"sector": {"eq": "excluded"}}]}},
        ]
    }
    assert profile.bare() == tree
    # and a number that may be read in two ways comes back with a digit more
    (again,) = sheet_lines("a", {"headcount": {"in": [12.375, 0.125, 12.5]}}, project)
    assert again.value == "12.3750|0.125|12.5"
    (again,) = sheet_lines("a", {"sector": {"eq": "12.375"}}, project)
    assert again.value == "12.375"


def test_a_stale_sheet_is_written_by_the_command_that_is_named(
    project: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "a sheet.csv").write_text(HEADER + "a,1,sector,eq,x,,\n")
    monkeypatch.setattr(sheet, "rule_project", lambda *_: {**project, "models": {}})
    monkeypatch.setattr(sheet, "ask_dbt", lambda *_: {"a": []})
    options = ["--project-dir", str(tmp_path), "--sheet", "a sheet.csv", "--models", "models/x"]
    options += ["--target", "dev"]
    assert sheet.main(["--check", *options]) == 1
    told = capsys.readouterr().err
    command = told.split("`")[1]
    assert shlex.split(command) == ["crm-segmentation", "rules", *options]
    assert sheet.main(shlex.split(command)[2:]) == 0
    assert (tmp_path / "models/x/a.sql").exists()
    assert sheet.main(["--check", *options]) == 0


def test_models_are_written_where_dbt_reads_them(
    project: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "dbt_project.yml").write_text("model-paths: [transform]")
    (tmp_path / "sheet.csv").write_text(HEADER + "a,1,sector,eq,x,,\n")
    monkeypatch.setattr(sheet, "rule_project", lambda *_: {**project, "models": {}})
    monkeypatch.setattr(sheet, "ask_dbt", lambda *_: {"a": []})
    options = ["--project-dir", str(tmp_path), "--sheet", "sheet.csv"]
    assert sheet.main(options) == 2
    assert "got models/profiles/sheet; allowed: a folder in transform" in capsys.readouterr().err
    assert sheet.main([*options, "--models", "transform/rules"]) == 0
    assert (tmp_path / "transform/rules/a.sql").exists()


def test_a_sheet_in_another_encoding_is_refused_by_line(tmp_path: Path) -> None:
    file = tmp_path / "sheet.csv"
    file.write_bytes((HEADER + "a,1,sector,eq,x,,\na,1,sector,eq,München,,\n").encode("latin-1"))
    with pytest.raises(RulesError, match=r"sheet.csv:3: error: .* not in UTF-8: got the byte 0xfc"):
        sheet_text(file)


def test_an_unknown_group_is_named_with_its_line(project: dict[str, Any]) -> None:
    problems = Problems(Path("sheet.csv"))
    text = HEADER + "a,1,member_of,,contacted_last_60,,\nb,1,member_of,,a|contacted_last_60d,,\n"
    models = {"contacted_last_60d": "models/contacted_last_60d.sql"}
    profiles = profiles_of(text, project)
    check_names(profiles, {**project, "models": models}, Path("models/sheet"), problems)
    with pytest.raises(RulesError) as caught:
        problems.raise_all()
    assert str(caught.value) == (
        "sheet.csv:2: error: member_of: not a group: got 'contacted_last_60'; allowed: a profile, "
        "a target group or another model with account_id and as_of_date. Did you mean "
        "'contacted_last_60d'?"
    )


def test_names_that_are_taken_and_circles_are_named_with_their_lines(
    project: dict[str, Any],
) -> None:
    problems = Problems(Path("sheet.csv"))
    text = HEADER + (
        "a,1,member_of,,b,,\nb,1,member_of,,c|model_of_a,,\nc,1,member_of,,c,,\n"
        "d,1,member_of,,a,,\nfair,1,sector,eq,x,,\n"
    )
    known = {
        "models": {"model_of_a": "models/model_of_a.sql", "a": "models/sheet/a.sql"},
        "parents": {"model_of_a": ["accounts", "a"], "a": ["d"]},
        "other_names": {"fair": "seeds/fair.csv"},
    }
    check_names(profiles_of(text, project), {**project, **known}, Path("models/sheet"), problems)
    lines = [(line, text.split(";")[0]) for line, text in sorted(problems.found)]
    assert lines == [
        (2, "member_of: a would ask for itself: got 'b', by a -> b -> model_of_a -> a"),
        (3, "member_of: b would ask for itself: got 'model_of_a', by b -> model_of_a -> a -> b"),
        (4, "member_of: c would ask for itself: got 'c', by c -> c"),
        (
            6,
            "profile_id is a name that is taken: got 'fair', which stands in seeds/fair.csv. "
            "Choose another name.",
        ),
    ]


def test_a_mended_sheet_replaces_what_dbt_cannot_read(
    project: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The attribute `sektor` is `sector` now; until then dbt does not read what was written."""
    models = tmp_path / "models/profiles/sheet"
    models.mkdir(parents=True)

    def ask(*_: Any) -> Any:
        texts = {path.name: path.read_text() for path in sorted(models.glob("*.sql"))}
        if "sektor" in "".join(texts.values()):
            raise RulesError("Compilation Error in model a (models/profiles/sheet/a.sql)")
        read.append(texts)
        return {**project, "models": {}}

    read: list[dict[str, str]] = []
    monkeypatch.setattr(sheet, "ask_dbt", lambda *_: {"a": [], "b": [], "c": []})
    monkeypatch.setattr(sheet, "rule_project", lambda *_: {**project, "models": {}})
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "seeds/rules/profile_criteria.csv"
    file.parent.mkdir(parents=True)
    file.write_text(HEADER + "a,1,sektor,eq,x,,\nb,1,sector,eq,x,,\n")
    assert sheet.main([]) == 0
    old = (models / "a.sql").read_text()
    capsys.readouterr()
    monkeypatch.setattr(sheet, "rule_project", ask)
    # the sheet still has a fault: what was written stays, and it is said where it comes from
    file.write_text(HEADER + "a,2 3,sector,oq,x,,\nc,1,sector,eq,x,,\n")
    assert sheet.main([]) == 2
    assert ":2: error: no operator" in capsys.readouterr().err
    assert (models / "a.sql").read_text() == old and not (models / "c.sql").exists()
    assert sheet.main(["--check"]) == 2
    assert "a.sql: written from seeds/rules/profile_criteria.csv" in capsys.readouterr().err
    # a profile that is new stands there, too, as another model may name it
    file.write_text(HEADER + "a,1,sector,eq,x,,\nb,1,sector,eq,x,,\nc,1,sector,eq,x,,\n")
    assert sheet.main([]) == 0
    assert read[-1].keys() == {"a.sql", "b.sql", "c.sql"}
    assert "sector" in (models / "a.sql").read_text() and "sector" in (models / "c.sql").read_text()
    assert capsys.readouterr().out.splitlines() == [
        f"wrote models/profiles/sheet/{name}" for name in ("_sheet_profiles.yml", "a.sql", "c.sql")
    ]


def test_errors_of_the_macros_find_their_line(engine: Engine, project: dict[str, Any]) -> None:
    lines = [
        Line("rule", "1", "sector", "eq", "x", number=2),
        Line("rule", "1", "headcount", "gte", "50,000", number=3),
        Line("rule", "2", "sectr", "eq", "x", number=4),
        Line("rule", "exclude", "joined_on", "eq", "2024-02-30", number=5),
    ]
    (profile,) = profiles_of(as_sheet(lines), project)
    errors: list[str] = []
    engine.call("read_rule", yaml_text(profile), "rule_base", "rule", errors=errors)
    places = profile.lines()
    found = {
        max((place for place in places if error.startswith(place)), key=len) for error in errors
    }
    assert sorted(places[place].number for place in found) == [3, 4, 5]


def test_only_generated_files_of_no_profile_are_left_over(tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    (models / "old.sql").write_text("{#- Generated by `crm-segmentation rules` from ..")
    (models / "kept.sql").write_text("{#- Generated by `crm-segmentation rules` from ..")
    (models / "own.sql").write_text("select 1")
    assert left_over(tmp_path, [Path("models/kept.sql")], Path("models")) == [models / "old.sql"]


def test_profiles_that_ask_a_group_test_its_day(project: dict[str, Any]) -> None:
    text = HEADER + "a,1,member_of,,group_a,,\nb,1,sector,eq,x,,\n"
    written = properties_text(profiles_of(text, project), Path("sheet.csv"))
    before, after = written.split("- name: a\n")
    assert "inputs_built_as_of_run" in after
    assert "inputs_built_as_of_run" not in before


@pytest.mark.parametrize("value", [*HOSTILE, "{% endcall %}", "{{'a'}} {", "\x7f", "\\x7b"])
def test_what_is_written_is_read_as_itself_after_jinja(value: str) -> None:
    written = Environment().from_string(f"a: {scalar_text(value)}").render()
    assert yaml.safe_load(written) == {"a": value}
