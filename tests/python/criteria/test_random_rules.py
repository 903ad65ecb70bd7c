"""Random rules on random data: SQL and the evaluator name the same members, row by row.

Hypothesis draws the worlds and the rules, `RULES_A_WORLD` to a world, since what an
example costs is its world and its statement. `CRITERIA_TREES` sets how many rules
are drawn (default 500) and `CRITERIA_POSTGRES_TREES` how many on PostgreSQL
(default 200); another start of the choices is `CRITERIA_SEED`. `make
test-rules-long` draws 20,000.
"""

from __future__ import annotations

import os
import re
from collections import Counter

import hypothesis.strategies as st
import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings

from criteria.bench import Bench, DisagreementError
from criteria.oracle import Tally
from criteria.rules import as_text
from criteria.schemas import schema_errors
from criteria.shrink import shrink
from criteria.strategies import many_rules, worlds

TREES = int(os.environ.get("CRITERIA_TREES", "500"))
POSTGRES_TREES = int(os.environ.get("CRITERIA_POSTGRES_TREES", "200"))
SEED = int(os.environ.get("CRITERIA_SEED", "0"))
RULES_A_WORLD = 12
KINDS = [str(number) for number in range(1, 36) if number not in (23, 29)]
KINDS += ["23a", "23b", "23c", "29a", "29b", "29c"]


# what is seldom drawn or seldom true, and so is drawn on top in some of the worlds
SHY = [
    ["day", "day", "trend", "restarted", "usual", "sequence", "step_in_time", "text"],
    ["day", "values", "trend", "restarted", "stopped", "related", "listed_in", "text"],
    ["day", "text", "trend", "restarted", "one_event", "contactable", "sql", "text"],
    ["day", "restarted", "regular", "step_in_time", "sequence", "usual", "day", "text"],
    ["day", "values", "trend", "abandoned", "passage", "ranking", "was_member", "text"],
]


def ask(
    bench: Bench, trees: int, tally: Tally, shy: list[list[str]] = SHY, *, schema: bool = False
) -> Counter[str]:
    """Both ways, some rules in each world; how many of them parted the base.

    Hypothesis draws and does not shrink: of the rules of a world the bench finds
    the one that fails, and takes parts of it away until none can go. With `schema`
    the rules are held to the JSON Schema, too: what builds, it must accept.
    """
    shares = Counter[str]()

    @seed(SEED)
    @settings(
        max_examples=-(-trees // (RULES_A_WORLD * len(shy))),
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
        report_multiple_bugs=False,
    )
    @given(st.data())
    def check(about: list[str], data: st.DataObject) -> None:
        world = data.draw(worlds())
        rules = data.draw(many_rules(world, RULES_A_WORLD, about))
        for members in bench.check(world, rules, tally):
            percent = 100 * len(members) / max(len(world.base), 1)
            shares["parted" if 5 <= percent <= 95 else "extreme"] += 1
        for rule in rules if schema else ():
            errors = schema_errors(bench.engine, rule)
            assert not errors, f"{as_text(rule)}\n{errors}"

    for about in shy:
        check(about)
    return shares


def test_members_agree_and_the_rules_are_worth_asking(bench: Bench) -> None:
    tally = Tally()
    shares = ask(bench, TREES, tally, schema=True)

    assert shares.total() >= TREES
    # a rule that takes all accounts or none says little
    assert shares["parted"] >= shares["extreme"], shares
    rare = {
        (kind, answer): tally.accounts[kind, answer]
        for kind in KINDS
        for answer in (True, False)
        if tally.accounts[kind, answer] < 200 * min(TREES, 500) / 500
    }
    assert not rare, f"kinds of leaves that were too seldom true or false: {rare}"
    assert {kind for kind, _ in tally.accounts} == set(KINDS)
    words = {*bench.engine.call("leaf_kinds"), *bench.engine.call("operators")}
    rare_words = {
        (word, answer): tally.words[word, answer]
        for word in words
        for answer in (True, False)
        if tally.words[word, answer] < 50 * min(TREES, 500) / 500
    }
    assert not rare_words, f"words that were too seldom true or false: {rare_words}"


def test_members_agree_on_postgres(postgres_bench: Bench) -> None:
    """The same worlds, rules and evaluator; the text order of its database is not C."""
    tally = Tally()
    ask(postgres_bench, POSTGRES_TREES, tally)
    assert {kind for kind, _ in tally.accounts} == set(KINDS)


def rule_of(report: str) -> str:
    return report.split("\n", 1)[1].split("\n\n")[0]


def test_a_failure_shrinks_to_a_readable_rule(bench: Bench) -> None:
    """With the edge of a window broken, what is left of large rules is such a window."""
    reports = []
    with bench.engine.patched("macros/criteria/reading/windows.sql", "' >= '", "' > '"):
        for about in SHY[:3]:
            with pytest.raises(DisagreementError) as raised:
                ask(bench, TREES, Tally(), [about])
            reports.append(str(raised.value))
    assert any(report.count("\n") <= 6 for report in map(rule_of, reports))
    for report in reports:
        rule = rule_of(report)
        assert len(yaml.safe_load(rule)) == 1
        assert rule.count("\n") <= 15, report
        assert re.search("within|ago|in_next|in_period|between|after|eq|20..-", rule), report


def test_shrinking_takes_away_all_that_it_can() -> None:
    tree = {"all": [{"not": {"any": [{"a": {"gt": 1, "lt": 5}}, {"b": [1, 2, 3]}]}}, {"c": 1}]}
    assert shrink(tree, lambda tree: "2" in as_text(tree)) == {"b": [2]}
