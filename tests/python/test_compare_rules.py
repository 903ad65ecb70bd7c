"""Rules of two commits on the same data, and explanations, by the commands themselves.

A small project in a git repository of its own: six accounts, so that every figure below
is counted by hand.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from criteria.engine import install

from crm_segmentation import compare_rules
from crm_segmentation.compare_rules import Change, Rule

ATTRIBUTES = {
    "turnover": {"type": "number", "label": "Turnover", "model": "account_attributes"},
    "sector": {"type": "text", "label": "Sector", "model": "account_attributes"},
    "is_vip": {"type": "boolean", "label": "VIP", "model": "account_attributes"},
}
# known to the first commit alone
GONE = {"size": {"type": "number", "label": "Size", "model": "account_attributes"}}
ACCOUNTS = [
    ("a1", 100, "retail", True),
    ("a2", 99, "retail", False),
    ("a3", 50, "energy", None),
    ("a4", 49, "energy", True),
    ("a5", None, None, True),
    ("a6", 500, "retail", False),
]
BEFORE = {
    "large": "turnover: {gte: 100}",
    "known": "any:\n  - sector: {not_null: true}\n  - is_vip: true",
    "readers": "member_of: large",
    "gone": "sector: energy",
    "steady": "is_vip: true",
    # names a profile and an attribute that are gone
    "stale": "any: [{member_of: gone}, {size: {gt: 1}}]",
}
NOW = {
    "large": "all:\n  - turnover: {gte: 50}\n  - not: {sector: energy}",
    "known": "any:\n  - sector: {not_null: true}",
    "readers": "member_of: large",
    "fresh": 'sector: {contains: "{% raw %}|{{{% endraw %}"}',
    "steady": "{is_vip: {eq: true}}",
    "stale": "sector: energy",
}
CHANGED = """\
Rules of the working tree against first (COMMIT), as of 2026-01-01

fresh (added)
  now     sector contains "|{{" [base rule_base]
  0 members before, 0 now: 0 entered, 0 left, 0 stayed

gone (deleted)
  before  sector is energy [base rule_base]
  2 members before, 0 now: 0 entered, 2 left, 0 stayed
  left, by the change
            2  the profile is deleted
  left, for example
    a3
    a4

known (changed)
  before  sector is known, or VIP is yes [base rule_base]
  now     sector is known [base rule_base]
  6 members before, 5 now: 0 entered, 1 left, 5 stayed
  left, by the change
            1  VIP is yes (no longer asked)
  left, for example
    a5

large (changed)
  before  turnover is at least 100 [base rule_base]
  now     turnover is at least 50, and not (sector is energy) [base rule_base]
  2 members before, 3 now: 1 entered, 0 left, 2 stayed
  entered, by the change
            1  turnover is at least 100 -> turnover is at least 50
  entered, for example
    a2

stale (changed)
  before  cannot be read: the rule: a model that is not there: got 'gone'
  before  cannot be read: any[1].size: not an attribute, a kind or a tree word: got 'size'; ALLOWED
  now     sector is energy [base rule_base]
  not compared: the rule of before cannot be read

2 other rules are the same.
Rendered by the macros of the working tree, on the data as built last.
large is read by readers: they may change with it.
What these macros cannot read is asked by those of BASE with --base-macros (make: BASE_MACROS=1), \
as far as what it names is still in the warehouse.
"""


def write_profiles(folder: Path, rules: dict[str, str]) -> None:
    for old in (folder / "models" / "profiles").glob("*.sql"):
        old.unlink()
    for name, rule in rules.items():
        path = folder / "models" / "profiles" / f"{name}.sql"
        path.parent.mkdir(exist_ok=True)
        path.write_text(
            "{% call crm_segmentation.profile(base='rule_base') %}\n" + rule + "\n{% endcall %}\n"
        )


def git(folder: Path, *arguments: str) -> None:
    named = ["-c", "user.name=Test", "-c", "user.email=test@example.com"]
    subprocess.run(["git", *named, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working tree: its first commit holds other rules, and macros that read `gte` as `gt`."""
    folder = install(tmp_path_factory.mktemp("compare") / "project")
    settings = yaml.safe_load((folder / "dbt_project.yml").read_text())
    settings["vars"] = {
        "as_of_date": "2026-01-01",
        "extra_attributes": {
            name: {"description": name, **entry} for name, entry in (ATTRIBUTES | GONE).items()
        },
    }
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(settings))
    (folder / ".gitignore").write_text("target/\nlogs/\n*.duckdb\n")
    order = folder / "dbt_packages/crm_segmentation/macros/criteria/kinds/order.sql"
    macro = order.read_text()
    assert "'gte': '>='" in macro
    order.write_text(macro.replace("'gte': '>='", "'gte': '>'"))
    write_profiles(folder, BEFORE)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "First")
    git(folder, "tag", "first")
    order.write_text(macro)
    for name in GONE:
        del settings["vars"]["extra_attributes"][name]
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(settings))
    write_profiles(folder, NOW)
    (folder / "models" / "identity_ledger.sql").write_text("select 1 as one\n")
    with duckdb.connect(str(folder / "rule_consumer.duckdb")) as connection:
        connection.execute("create schema rules")
        connection.execute("create table rules.rule_base (account_id text)")
        connection.execute(
            "create table rules.account_attributes "
            "(account_id text, turnover decimal(18, 2), sector text, is_vip boolean, "
            "size integer)"
        )
        connection.executemany("insert into rules.rule_base values (?)", [a[:1] for a in ACCOUNTS])
        connection.executemany(
            "insert into rules.account_attributes values (?, ?, ?, ?, null)", ACCOUNTS
        )
        connection.execute(
            "create table rules.identity_ledger as select 'a''0' as old_account_id,"
            " 'a1' as new_account_id, date '2025-12-31' as as_of_date"
        )
        connection.execute("create table rules.large as select 'a1' as account_id")
        connection.execute("create table rules.gone as select 'a3' as account_id")
    return folder


COMMANDS: dict[str, list[str]] = {
    "text": ["compare-rules", "first", "--markdown", "report.md"],
    "macros": ["compare-rules", "first", "--base-macros"],
    "no such commit": ["compare-rules", "frist"],
    "member": ["explain", "large", "a2"],
    "no such profile": ["explain", "larg", "a2"],
    "no such account": ["explain", "large", "a7"],
    "merged account": ["explain", "large", "a'0"],
    "no rule": ["explain", "rule_base", "a1"],
    "docs": ["docs"],
}
# one process for all of them: dbt takes seconds to import
DRIVER = """
import contextlib, io, json, sys
from crm_segmentation.cli import main
found = {}
for name, arguments in json.loads(sys.argv[1]).items():
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    found[name] = [code, out.getvalue(), err.getvalue()]
print("found:" + json.dumps(found))
"""


@pytest.fixture(scope="module")
def said(project: Path) -> dict[str, tuple[int, str, str]]:
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, json.dumps(COMMANDS)],
        cwd=project,
        env={**os.environ, "DBT_PROFILES_DIR": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "found:" in done.stdout, done.stdout + done.stderr
    return json.loads(done.stdout.rsplit("found:", 1)[1])


def commit(project: Path) -> str:
    return compare_rules.commit_of(project, "first")


def test_the_report_counts_who_entered_and_left(project: Path, said: dict[str, Any]) -> None:
    code, out, _ = said["text"]
    assert code == 0
    out = re.sub("got 'size'; .*", "got 'size'; ALLOWED", out)
    assert out == CHANGED.replace("COMMIT", commit(project))


def test_the_report_for_a_review_is_markdown(project: Path, said: dict[str, Any]) -> None:
    lines = (project / "report.md").read_text().splitlines()
    assert lines[2:9] == [
        "| profile | | before | entered | left | stayed | now |",
        "|---|---|---:|---:|---:|---:|---:|",
        "| `fresh` | added | 0 | 0 | 0 | 0 | 0 |",
        "| `gone` | deleted | 2 | 0 | 2 | 0 | 0 |",
        "| `known` | changed | 6 | 0 | 1 | 5 | 5 |",
        "| `large` | changed | 2 | 1 | 0 | 2 | 3 |",
        "| `stale` | changed | ? | ? | ? | ? | ? |",
    ]
    # a bar would end a cell
    assert '- now: sector contains "\\|{{" (base `rule_base`)'.replace("{", "\\{") in lines
    assert "- `a5`" in lines


def test_the_other_commits_macros_can_be_asked(project: Path, said: dict[str, Any]) -> None:
    """There `gte` left the threshold out: a1 was no member of large, and is one now."""
    code, out, _ = said["macros"]
    assert code == 0
    # its rule cannot be read here, and its members are known
    assert "1 member before, 2 now: 1 entered, 0 left, 1 stayed" in out.split("stale")[1]
    assert "1 member before, 3 now: 2 entered, 0 left, 1 stayed" in out
    assert "1  the macros: they read the same rule in another way" in out
    assert "Rendered by the macros of first and of the working tree" in out
    # what reads alike by both is no news
    assert "steady" not in out


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a1", "`a1`"),
        ("a`b|c", "``a`b|c``"),
        ("``a", "``` ``a ```"),
        (" ", "`   `"),
        ("a\nb", "`a\\nb`"),
    ],
)
def test_an_id_in_markdown_is_itself(text: str, shown: str) -> None:
    assert compare_rules.code(text) == shown


def test_marks_in_markdown_are_themselves() -> None:
    assert compare_rules.markdown("a|b *c* $x$ &lt; `d`") == r"a\|b \*c\* \$x\$ \&lt; \`d\`"


def test_an_unknown_commit_is_an_error_with_the_nearest(said: dict[str, Any]) -> None:
    code, out, err = said["no such commit"]
    assert (code, out) == (1, "")
    assert "Unknown commit in BASE: got 'frist'" in err and "Did you mean 'first'?" in err


def test_a_folder_outside_of_git_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(compare_rules.CompareError, match="No git repository"):
        compare_rules.commit_of(tmp_path, "main")


def test_an_option_is_no_commit(project: Path) -> None:
    with pytest.raises(compare_rules.CompareError, match="Unknown commit"):
        compare_rules.commit_of(project, "--help")


def test_a_member_is_explained(said: dict[str, Any]) -> None:
    code, out, _ = said["member"]
    assert code == 0
    assert out.splitlines() == [
        "large: Large",
        "Account a2 as of 2026-01-01: a member",
        "",
        "  yes  all of",
        "  yes    turnover is at least 50  99",
        "  yes    not",
        "  no       sector is energy       retail",
    ]


def test_the_docs_say_what_a_rule_says(project: Path, said: dict[str, Any]) -> None:
    code, out, err = said["docs"]
    assert code == 0, err
    assert "rules describe 6 profiles: fresh, known, large, readers, stale, steady" in out
    nodes = json.loads((project / "target/manifest.json").read_text())["nodes"]
    assert nodes["model.rule_consumer.known"]["description"] == (
        "One row per member account of rule_base: sector is known."
    )


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (
            "no such profile",
            "Unknown profile in PROFILE: got 'larg'; allowed: fresh, known, large, readers, "
            "stale, steady. Did you mean 'large'?",
        ),
        ("no such account", "Unknown account in ACCOUNT: got 'a7'; allowed: an account_id of"),
        ("merged account", "the profile is asked. Since 2025-12-31 it is part of 'a1'."),
        ("no rule", "No rule to explain in PROFILE: got 'rule_base'"),
    ],
)
def test_what_cannot_be_explained_is_an_error(
    said: dict[str, Any], command: str, message: str
) -> None:
    code, out, err = said[command]
    assert (code, out) == (1, "")
    assert message in err


# --- the leaf responsible, on masks alone ------------------------------------------


def rule(tree: dict[str, Any], *leaves: dict[str, Any], base: str = "accounts") -> Rule:
    cards = [{"tree": leaf, "text": json.dumps(leaf), "path": ""} for leaf in leaves]
    return Rule(base, "text", tree, cards)


A, B, C, D = ({name: {"eq": True}} for name in "abcd")
A2 = {"a": {"eq": False}}
B2 = {"b": {"eq": False}}
ALL_AB = rule({"all": [A, B]}, A, B)
ANY_AB = rule({"any": [A, B]}, A, B)


def three(word: str, count: int = 3) -> Rule:
    """A leaf, and a number of five others."""
    of = [{letter: {"eq": True}} for letter in "bcdef"]
    tree = {"all": [{"not": A}, {word: {"count": count, "of": of}}]}
    return rule(tree, A, *of)


@pytest.mark.parametrize(
    ("old", "new", "masks", "moved", "cause"),
    [
        pytest.param(
            ALL_AB, rule(A, A), ("10", "1"), "in", '{"b": {"eq": true}} (no longer asked)', id="-"
        ),
        pytest.param(rule(A, A), ALL_AB, ("1", "10"), "out", '{"b": {"eq": true}}', id="+"),
        pytest.param(
            ANY_AB, rule(A, A), ("01", "0"), "out", '{"b": {"eq": true}} (no longer asked)', id="or"
        ),
        pytest.param(rule(A, A), ANY_AB, ("0", "01"), "in", '{"b": {"eq": true}}', id="or new"),
        pytest.param(
            rule(A, A),
            rule(A2, A2),
            ("0", "1"),
            "in",
            '{"a": {"eq": true}} -> {"a": {"eq": false}}',
            id="another value",
        ),
        # the leaves are the same and stand otherwise: none of them can be the reason
        pytest.param(ANY_AB, ALL_AB, ("10", "10"), "out", "the tree: any -> all", id="tree"),
        pytest.param(
            rule({"any": [A, B, C]}, A, B, C),
            rule({"all": [A, B, C]}, A, B, C),
            ("100", "100"),
            "out",
            "the tree: any -> all",
            id="tree of three",
        ),
        pytest.param(
            three("at_least"),
            three("at_most"),
            ("011110", "011110"),
            "out",
            "the tree at all[1]: at_least 3 -> at_most 3",
            id="count turned",
        ),
        pytest.param(
            three("at_least"),
            three("at_most"),
            ("011000", "011000"),
            "in",
            "the tree at all[1]: at_least 3 -> at_most 3",
            id="count turned, entered",
        ),
        pytest.param(
            three("at_least"),
            three("at_least", 4),
            ("011100", "011100"),
            "out",
            "the tree at all[1]: at_least 3 -> at_least 4",
            id="another count",
        ),
        pytest.param(
            rule({"all": [A, B]}, A, B),
            rule({"all": [A, {"not": B}]}, A, B),
            ("11", "11"),
            "out",
            "the tree at all[1]: no not -> not",
            id="not",
        ),
        # what is new has its own not, and the not around the old one is no change
        pytest.param(
            rule({"not": A}, A),
            rule({"all": [{"not": A}, B]}, A, B),
            ("0", "00"),
            "out",
            '{"b": {"eq": true}}',
            id="into a list",
        ),
        pytest.param(
            rule({"all": [A, {"any": [B, C]}]}, A, B, C),
            rule({"all": [{"any": [A, B]}, C]}, A, B, C),
            ("110", "110"),
            "out",
            "the tree: the same leaves in other lists",
            id="other lists",
        ),
        pytest.param(
            ANY_AB,
            rule({"all": [A2, B2]}, A2, B2),
            ("11", "00"),
            "out",
            "several changes together",
            id="several",
        ),
        # two changes: by the tree alone, by both, by a leaf that lies beside
        pytest.param(
            ANY_AB,
            rule({"all": [A2, B]}, A2, B),
            ("01", "10"),
            "out",
            "the tree: any -> all",
            id="the tree and no leaf",
        ),
        pytest.param(
            rule({"all": [{"not": C}, {"all": [A, B]}]}, C, A, B),
            rule({"all": [{"not": C}, {"any": [A2, B]}]}, C, A2, B),
            ("001", "011"),
            "in",
            '{"a": {"eq": true}} -> {"a": {"eq": false}}; the tree at all[1]: all -> any',
            id="leaf and tree",
        ),
        pytest.param(
            rule({"all": [C, {"any": [A, B]}]}, C, A, B),
            rule({"all": [C, {"all": [A, D]}]}, C, A, D),
            ("110", "110"),
            "out",
            '{"d": {"eq": true}}; the tree at all[1]: any -> all',
            id="another leaf and tree",
        ),
        pytest.param(
            rule({"any": [A, B, C]}, A, B, C),
            ALL_AB,
            ("100", "10"),
            "out",
            "the tree: any -> all",
            id="the tree and a leaf less",
        ),
        pytest.param(
            rule(A, A),
            rule({"any": [A, {"not": B}]}, A, B),
            ("0", "00"),
            "in",
            '{"b": {"eq": true}}',
            id="not a new leaf",
        ),
        # a list around a list turns no word
        pytest.param(
            ANY_AB,
            rule({"all": [{"any": [A, B]}, C]}, A, B, C),
            ("10", "100"),
            "out",
            '{"c": {"eq": true}}',
            id="list into a list",
        ),
        pytest.param(
            rule({"all": [{"any": [A, B]}, C]}, A, B, C),
            ANY_AB,
            ("100", "10"),
            "in",
            '{"c": {"eq": true}} (no longer asked)',
            id="list out of a list",
        ),
        pytest.param(
            rule(A, A),
            rule({"any": [{"not": A}, B]}, A, B),
            ("1", "10"),
            "out",
            "the tree at any[0]: no not -> not",
            id="leaf into a list",
        ),
        # a condition that lets more in makes nobody leave
        pytest.param(
            rule({"any": [A, B]}, A, B),
            rule({"any": [A2, B, C]}, A2, B, C),
            ("10", "000"),
            "out",
            '{"a": {"eq": true}} -> {"a": {"eq": false}}',
            id="a condition more",
        ),
        pytest.param(
            ALL_AB,
            rule({"all": [A, B]}, A, B, base="leads"),
            ("11", None),
            "out",
            "not in the base leads now",
            id="base",
        ),
    ],
)
def test_the_leaf_responsible(
    old: Rule, new: Rule, masks: tuple[str | None, str | None], moved: str, cause: str
) -> None:
    change = Change("x", old, new, "2026-01-01")
    assert change.responsible(*masks, moved == "out", moved == "in") == cause


ORDERED = {"orders": {"gte": 1}}
OPENED = {"opened_on": {"anniversary_in_next": "14d"}}


def congratulated(birthday: str, since: str) -> Rule:
    """Have ordered; a birthday, or an anniversary of some time, is near."""
    born = {"birth_date": {"anniversary_in_next": birthday}}
    long_since = {"opened_on": {"older_than": since}}
    tree = {"all": [ORDERED, {"any": [born, {"all": [OPENED, long_since]}]}]}
    return rule(tree, ORDERED, born, OPENED, long_since)


BIRTHDAY = '{"birth_date": {"anniversary_in_next": "14d"}} -> ' + (
    '{"birth_date": {"anniversary_in_next": "30d"}}'
)
SINCE = '{"opened_on": {"older_than": "11m"}} -> {"opened_on": {"older_than": "24m"}}'


@pytest.mark.parametrize(
    ("masks", "moved", "cause"),
    [
        # birthday in half a year, customer for 12 months, anniversary next week
        pytest.param(("1011", "1010"), "out", SINCE, id="too short a customer now"),
        # birthday in 20 days, nothing else
        pytest.param(("1000", "1100"), "in", BIRTHDAY, id="birthday in the wider window"),
        # the same, and anniversary next week of the first year: never long enough
        pytest.param(("1010", "1110"), "in", BIRTHDAY, id="not the anniversary"),
    ],
)
def test_a_wider_window_makes_nobody_leave(masks: tuple[str, str], moved: str, cause: str) -> None:
    change = Change("x", congratulated("14d", "11m"), congratulated("30d", "24m"), "2026-01-01")
    assert change.responsible(*masks, moved == "out", moved == "in") == cause


SHAPES = [
    {"all": [A, {"any": [B, C]}]},
    {"any": [{"all": [A, B]}, {"not": C}]},
    {"all": [{"not": {"any": [A, B]}}, C]},
    {"at_least": {"count": 2, "of": [A, {"not": B}, C]}},
    {"any": [{"at_most": {"count": 1, "of": [A, B]}}, C]},
    {"not": {"exactly": {"count": 1, "of": [A, {"all": [B, C]}]}}},
]
# in place of a word of a tree
OTHER_WORDS = {"all": "any", "any": "all", "at_least": "at_most", "at_most": "exactly"}


def with_one_change(tree: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """All trees that differ by one leaf or one word, and how the change reads in part."""
    ((word, content),) = tree.items()
    if word in ("a", "b", "c"):
        yield {word: {"eq": False}}, f'"{word}": {{"eq": true}}}} -> '
        return
    inner = compare_rules.branches(tree)
    if word in OTHER_WORDS:
        other = {OTHER_WORDS[word]: content}
        yield other, f"{compare_rules.named(tree)} -> {compare_rules.named(other)}"
    if word in compare_rules.COUNTED:
        yield {word: {**content, "count": content["count"] + 1}}, f"{word} {content['count']} -> "
    for at, branch in enumerate(inner):
        if next(iter(branch)) != "not":
            negated = [*inner[:at], {"not": branch}, *inner[at + 1 :]]
            yield compare_rules.with_branches(tree, negated), "no not -> not"
        for other, text in with_one_change(branch):
            changed = [*inner[:at], other, *inner[at + 1 :]]
            yield compare_rules.with_branches(tree, changed), text


def leaves_of(tree: dict[str, Any]) -> list[dict[str, Any]]:
    inner = compare_rules.branches(tree)
    return [leaf for branch in inner for leaf in leaves_of(branch)] if inner else [tree]


def test_of_one_change_all_who_moved_are_said_to_have_moved_by_it() -> None:
    """By every tree, every change and every account that there can be."""
    moved = 0
    for tree in SHAPES:
        for other, text in with_one_change(tree):
            old, new = rule(tree, *leaves_of(tree)), rule(other, *leaves_of(other))
            change = Change("x", old, new, "2026-01-01")
            leaf = next((at for at in range(3) if old.keys()[at] != new.keys()[at]), None)
            for bits in product([False, True], repeat=3):
                # by another leaf it is the other way; by another tree each leaf is as it was
                later = [bit != (at == leaf) for at, bit in enumerate(bits)]
                was, now = compare_rules.holds(tree, bits), compare_rules.holds(other, later)
                if was == now:
                    continue
                masks = ["".join("01"[bit] for bit in mask) for mask in (bits, later)]
                cause = change.responsible(masks[0], masks[1], was, now)
                assert text in cause and "; " not in cause, (tree, other, masks, cause)
                moved += 1
    assert moved > 100


def test_leaves_of_one_attribute_find_their_own_kind() -> None:
    old, new = congratulated("14d", "11m"), congratulated("30d", "24m")
    sooner = {"opened_on": {"anniversary_in_next": "7d"}}
    born, long_since = new.leaves[1]["tree"], new.leaves[3]["tree"]
    anew = rule(new.tree, ORDERED, long_since, sooner, born)
    assert compare_rules.twins(old, anew) == {0: 0, 1: 3, 2: 2, 3: 1}


def test_a_leaf_that_stands_twice_is_missed_once() -> None:
    twice, once = rule({"any": [A, {"all": [A, B]}]}, A, A, B), rule({"any": [A, B]}, A, B)
    change = Change("x", twice, once, "2026-01-01")
    assert change.only_in(twice, once) == [1]
    assert change.only_in(once, twice) == []


def test_points_are_judged_by_their_own_bit() -> None:
    points = {"points": {"of": [{"if": A, "add": 1}, {"if": {"not": B}, "add": 2}], "gte": 2}}
    tree = {"not": {"all": [points, C]}}
    assert compare_rules.holds(tree, iter([True, False, False, True])) is False
    assert compare_rules.holds(tree, iter([False, True, True, True])) is True
