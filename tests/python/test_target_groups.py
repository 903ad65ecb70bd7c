"""Target groups: set operations against plain Python sets, and every complaint of the reader."""

from __future__ import annotations

import hashlib
import json
import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import DbtProject, DbtRun
from tiny_project import write_consumer, write_seed

AS_OF = "2025-06-30"
GROUPS = ("ash", "birch", "cedar", "empty_group")
LISTS = ("key_accounts", "litigants")
# ids that sort differently by bytes than by most collations, and one outside ASCII
ACCOUNTS = [f"A{i}" for i in range(20)] + [f"a_{i}" for i in range(20)] + ["Ü-7", "B-1", "b1"]

# groups that carry the test on their inputs
TESTED = ("random_group_0", "random_group_1")

Definition = dict[str, Any]


def group_model(definition: Definition) -> str:
    text = yaml.safe_dump(definition, sort_keys=False)
    return f"{{% call crm_segmentation.target_group() %}}\n{text}{{% endcall %}}\n"


def profile_model(members: set[str]) -> str:
    rows = " union all ".join(f"select '{account}' as account_id" for account in sorted(members))
    rows = rows or "select 'nobody' as account_id where false"
    return (
        "select\n    cast(account_id as text) as account_id,\n"
        f"    cast('{AS_OF}' as date) as as_of_date,\n"
        "    cast('written by hand' as text) as rule_hash\n"
        f"from ({rows}) as members\n"
    )


# ---------------------------------------------------------------- the oracle


def expected_members(
    definition: Definition,
    sets: dict[str, set[str]],
    values: dict[str, dict[str, Any]],
) -> set[str]:
    """The page on set operations, in Python sets and lists: no SQL, nothing of ours."""

    def names(step: str) -> list[str]:
        named = definition.get(step, [])
        return [named] if isinstance(named, str) else named

    members: set[str] = set()
    for name in names("merge"):
        members |= sets[name]
    if "intersect" in definition:
        members = set(ACCOUNTS)
        for name in names("intersect"):
            members &= sets[name]
    if "difference" in definition:
        first, *others = names("difference")
        members = set(sets[first])
        for name in others:
            members -= sets[name]
    for name in names("remove"):
        members -= sets[name]
    for name in names("include_list"):
        members |= sets[name]
    for name in names("exclude_list"):
        members -= sets[name]

    reduce = definition.get("reduce")
    if reduce is None:
        return members

    ranked = sorted(members, key=lambda account: account.encode())
    if "random" in reduce:
        salt = reduce["random"]
        ranked.sort(key=lambda a: hashlib.md5(f"reduce:{salt}:{a}".encode()).hexdigest())
    else:
        value = values[reduce["of"]]
        known = [account for account in ranked if value.get(account) is not None]
        unknown = [account for account in ranked if value.get(account) is None]
        known.sort(key=lambda a: value[a], reverse=reduce["keep"] == "highest")
        if reduce["keep"] == "highest":
            # reverse=True keeps the order of equals, as ties by account want it
            assert known == sorted(known, key=lambda a: -_ordinal(value[a]))
        ranked = known + unknown
    if "to" in reduce:
        wanted = reduce["to"]
    else:
        wanted = len(ranked) * round(reduce["to_percent"] * 100) // 10000
    return set(ranked[:wanted])


def _ordinal(value: Any) -> int:
    return value.toordinal() if isinstance(value, date) else value


def random_definition(chance: random.Random) -> Definition:
    kind = chance.choice(["merge", "intersect", "difference"])
    groups = chance.sample(GROUPS, chance.randint(1 if kind == "merge" else 2, 3))
    steps: list[tuple[str, Any]] = [(kind, groups)]
    if chance.random() < 0.5:
        steps.append(("remove", chance.sample(GROUPS, chance.randint(1, 2))))
    if chance.random() < 0.4:
        steps.append(("include_list", chance.choice(LISTS)))
    if chance.random() < 0.4:
        steps.append(("exclude_list", [chance.choice(LISTS)]))
    if chance.random() < 0.8:
        reduce: dict[str, Any] = (
            {"random": chance.choice(["spring", "autumn-2", "x_1"])}
            if chance.random() < 0.3
            else {
                "keep": chance.choice(["highest", "lowest"]),
                "of": chance.choice(["test_points", "test_day"]),
            }
        )
        if chance.random() < 0.6:
            reduce["to"] = chance.choice([1, 2, 3, 5, 8, 13, 500])
        else:
            reduce["to_percent"] = chance.choice([0.01, 12.5, 33.33, 50, 99.99, 100])
        steps.append(("reduce", reduce))
    # the order of the text must not matter
    chance.shuffle(steps)
    return dict(steps)


@pytest.fixture(scope="module")
def data() -> tuple[dict[str, set[str]], dict[str, dict[str, Any]]]:
    chance = random.Random(20250630)
    sets = {
        name: set() if name == "empty_group" else {a for a in ACCOUNTS if chance.random() < 0.6}
        for name in GROUPS
    }
    sets |= {name: {a for a in ACCOUNTS if chance.random() < 0.2} for name in LISTS}
    # few values, so that there are ties; a third is NULL; some accounts have no row at all
    points = {a: chance.choice([None, -1, 0, 2]) for a in ACCOUNTS[:-4]}
    days = {a: chance.choice([None, date(2024, 2, 29), date(2030, 1, 1)]) for a in ACCOUNTS[:-4]}
    return sets, {"test_points": points, "test_day": days}


@pytest.fixture(scope="module")
def definitions() -> dict[str, Definition]:
    chance = random.Random(7)
    return {f"random_group_{i}": random_definition(chance) for i in range(60)}


@pytest.fixture(scope="module")
def consumer(
    tmp_path_factory: pytest.TempPathFactory,
    data: tuple[dict[str, set[str]], dict[str, dict[str, Any]]],
    definitions: dict[str, Definition],
) -> DbtProject:
    sets, values = data
    models = {name: profile_model(sets[name]) for name in GROUPS}
    models |= {name: group_model(definition) for name, definition in definitions.items()}
    folder = tmp_path_factory.mktemp("groups") / "project"
    attributes = {
        name: {"type": kind, "label": name, "description": name, "model": "test_attributes"}
        for name, kind in (("test_points", "number"), ("test_day", "date"), ("test_word", "text"))
    }
    project = write_consumer(
        folder, models, vars={"as_of_date": AS_OF, "extra_attributes": attributes}
    )
    for name in LISTS:
        write_seed(folder, name, {"account_id": "text"}, [(a,) for a in sorted(sets[name])])
    write_seed(
        folder,
        "test_attributes",
        {"account_id": "text", "test_points": "integer", "test_day": "date", "test_word": "text"},
        [(a, points, values["test_day"][a], "word") for a, points in values["test_points"].items()],
    )
    (folder / "models" / "groups.yml").write_text(
        yaml.safe_dump(
            {"models": [{"name": n, "data_tests": ["inputs_built_as_of_run"]} for n in TESTED]}
        ).replace("inputs_built", "crm_segmentation.inputs_built")
    )
    (folder / "macros").mkdir()
    (folder / "macros" / "read_texts.sql").write_text(
        "{% macro read_texts(texts) %}{% for text in texts %}{{ log('READ ' ~ tojson("
        "crm_segmentation.read_target_group(text, 'own_name'), sort_keys=true), info=true) }}"
        "{% endfor %}{% endmacro %}"
    )
    return project


@pytest.fixture(scope="module")
def built(consumer: DbtProject) -> DbtRun:
    return consumer.run("build", "-s", "package:consumer")


def test_random_groups_are_plain_python_sets(
    built: DbtRun,
    data: tuple[dict[str, set[str]], dict[str, dict[str, Any]]],
    definitions: dict[str, Definition],
):
    sets, values = data
    sizes = set()
    for name, definition in definitions.items():
        rows = built.query(f"select account_id, as_of_date, group_hash from crm.{name}")
        found = {account for account, _, _ in rows}
        assert len(found) == len(rows), f"{name}: an account twice"
        assert found == expected_members(definition, sets, values), f"{name}: {definition}"
        assert {day for _, day, _ in rows} <= {date.fromisoformat(AS_OF)}
        sizes.add(len(found))
    assert len(sizes) > 8, "the random groups are too alike to prove anything"


def test_groups_publish_what_they_are(built: DbtRun, definitions: dict[str, Definition]):
    manifest = built.manifest()
    hashes = set()
    for name, definition in definitions.items():
        node = manifest["nodes"][f"model.consumer.{name}"]
        meta = node["config"]["meta"]["crm_segmentation"]
        kind = next(k for k in ("merge", "intersect", "difference") if k in definition)
        assert meta["kind"] == "target_group"
        assert meta["label"] == name.replace("_", " ").capitalize()
        assert meta["tree"]["combine"] == kind
        assert meta["tree"]["groups"] == definition[kind]
        written = json.dumps(meta["tree"], sort_keys=True)
        assert meta["group_hash"] == hashlib.md5(written.encode()).hexdigest()
        hashes.add(meta["group_hash"])
        rows = built.query(f"select distinct group_hash from crm.{name}")
        assert rows in ([], [(meta["group_hash"],)])
        # lineage: exactly the groups, the lists and the attribute's model
        named = {definition[kind][0], *definition[kind], *definition.get("remove", [])}
        for step in ("include_list", "exclude_list"):
            value = definition.get(step, [])
            named |= {value} if isinstance(value, str) else set(value)
        if "of" in definition.get("reduce", {}):
            named.add("test_attributes")
        assert {parent.split(".")[-1] for parent in node["depends_on"]["nodes"]} == named
    assert len(hashes) > 50


def test_a_group_of_another_day_is_found(
    consumer: DbtProject, built: DbtRun, definitions: dict[str, Definition]
):
    assert "PASS=" in built.output
    tomorrow = {"as_of_date": "2025-07-01"}
    run = consumer.run("test", "-s", *TESTED, vars=tomorrow, check=False)
    assert run.returncode
    for name in TESTED:
        steps = ("merge", "intersect", "difference", "remove")
        inputs = {group for step in steps for group in definitions[name].get(step, [])}
        stale = len(inputs - {"empty_group"})
        assert f"FAIL {stale} crm_segmentation_inputs_built_as_of_run_{name}" in run.output


PERCENT = "a number above 0, 100 at most, with two decimals at most"
# text -> what each complaint must say, in order
WRONG: dict[str, list[list[str]]] = {
    "": [["no YAML mapping", "merge, intersect"]],
    "merge: [a": [["no YAML mapping"]],
    "- merge": [["no YAML mapping"]],
    "merg: [ash]": [
        ["'merg' is not a step", "did you mean 'merge'?", "remove, include_list"],
        ["got none of merge", "exactly one of merge, intersect, difference"],
    ],
    "split: 3\nmerge: [ash]": [["'split' is not a step"]],
    "merge: [ash]\nintersect: [ash, birch]": [["got merge and intersect", "exactly one"]],
    "merge: []": [["merge: got '[]'", "a list of names"]],
    "merge:": [["merge: got 'None'"]],
    "merge: {a: 1}": [["merge: got"]],
    "merge: 3": [["merge: got '3'"]],
    "intersect: [ash]": [["intersect: got 1 name", "2 or more"]],
    "difference: ash": [["difference: got 1 name"]],
    "merge: [NO, Ash, 1]": [
        ["merge[0]: got 'False'", "put the name in quotes"],
        ["merge[1]: got 'Ash'", "a small letter"],
        ["merge[2]: got '1'"],
    ],
    'merge: ["a\'); drop table x; --"]': [["merge[0]: got 'a'); drop table"]],
    "merge: [ash, ash]": [["merge[1]: got 'ash' a second time"]],
    "merge: [ash]\nremove: [own_name]": [["remove[0]: got 'own_name', the group itself"]],
    "merge: [ash]\nreduce: 5": [["reduce: got '5'", "a mapping with to, to_percent"]],
    "merge: [ash]\nreduce: {to: 5, to_percent: 5, random: x}": [
        ["reduce: got both to and to_percent", "exactly one"]
    ],
    "merge: [ash]\nreduce: {random: x}": [["reduce: got neither to nor to_percent"]],
    "merge: [ash]\nreduce: {to: 0, random: x}": [["reduce.to: got '0'", "from 1"]],
    "merge: [ash]\nreduce: {to: 1e3, random: x}": [["reduce.to: got '1e3'", "plain digits"]],
    "merge: [ash]\nreduce: {to: yes, random: x}": [["reduce.to: got 'True'"]],
    "merge: [ash]\nreduce: {to: 2.5, random: x}": [["reduce.to: got '2.5'"]],
    "merge: [ash]\nreduce: {to_percent: 0, random: x}": [["reduce.to_percent: got '0'", PERCENT]],
    "merge: [ash]\nreduce: {to_percent: 100.01, random: x}": [[PERCENT]],
    "merge: [ash]\nreduce: {to_percent: 0.001, random: x}": [[PERCENT]],
    "merge: [ash]\nreduce: {to_percent: .nan, random: x}": [[PERCENT]],
    "merge: [ash]\nreduce: {to_percent: .inf, random: x}": [[PERCENT]],
    "merge: [ash]\nreduce: {to_percent: '5', random: x}": [[PERCENT]],
    "merge: [ash]\nreduce: {to: 5, random: 2025}": [["reduce.random: got '2025'", "in quotes"]],
    'merge: [ash]\nreduce: {to: 5, random: "x\' || y"}': [["reduce.random: got 'x' || y'"]],
    "merge: [ash]\nreduce: {to: 5, random: x, keep: lowest}": [["random beside keep or of"]],
    "merge: [ash]\nreduce: {to: 5, of: test_points}": [["reduce.keep: got nothing", "highest"]],
    "merge: [ash]\nreduce: {to: 5, keep: best, of: test_points}": [["reduce.keep: got 'best'"]],
    "merge: [ash]\nreduce: {to: 5, keep: lowest}": [["reduce.of: got nothing"]],
    "merge: [ash]\nreduce: {to: 5, keep: lowest, of: [a]}": [["reduce.of: '['a']' is not"]],
    "merge: [ash]\nreduce: {to: 5, keep: lowest, of: test_point}": [
        ["reduce.of: 'test_point' is not an attribute", "did you mean 'test_points'?"]
    ],
    "merge: [ash]\nreduce: {to: 5, keep: lowest, of: test_word}": [
        ["reduce.of: got 'test_word', whose type is text", "a number or a date"]
    ],
    "merge: [ash]\nreduce: {too: 5, keep: lowest, of: test_points}": [
        ["reduce: 'too' is not a key", "did you mean 'to'?"],
        ["neither to nor to_percent"],
    ],
}


def test_every_mistake_is_named_with_the_others(consumer: DbtProject):
    arguments = yaml.safe_dump({"texts": list(WRONG)})
    output = consumer.run("run-operation", "read_texts", "--args", arguments).output
    read = [
        json.loads(line.split("READ ", 1)[1]) for line in output.splitlines() if "READ {" in line
    ]
    assert len(read) == len(WRONG)
    for (text, complaints), found in zip(WRONG.items(), read, strict=True):
        problems = found["problems"]
        assert len(problems) == len(complaints), (text, problems)
        for words, problem in zip(complaints, problems, strict=True):
            for word in words:
                assert word in problem, (text, word, problem)


def test_a_wrong_group_stops_dbt_with_model_and_path(tmp_path: Path):
    text = "{% call crm_segmentation.target_group() %}\nmerge: 3\nsplit: 1\n{% endcall %}"
    project = write_consumer(tmp_path / "project", {"wrong_group": text}, vars={})
    run = project.run("parse", check=False)
    assert run.returncode
    assert "Target group wrong_group (models/wrong_group.sql) has 2 error(s):" in run.output
    assert "- 'split' is not a step; allowed: merge" in run.output
    assert "- merge: got '3'; allowed: a list of names." in run.output
