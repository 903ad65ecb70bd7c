"""Random rules on random data: SQL and the evaluator name the same members, row by row.

`CRITERIA_TREES` sets how many trees are drawn (default 500) and
`CRITERIA_POSTGRES_TREES` how many on PostgreSQL (default 200); another start of the
seeds is `CRITERIA_SEED`, so that a longer run need not repeat a shorter one. `make
test-rules-long` draws 20,000.
"""

from __future__ import annotations

import os
import re
from collections import Counter

import hypothesis.strategies as st
import yaml
from hypothesis import HealthCheck, Phase, given, settings

from criteria.bench import Bench, DisagreementError
from criteria.oracle import Tally
from criteria.rules import DRAWER_OF, Seeded, as_text, draw_rule, draw_world
from criteria.shrink import shrink
from criteria.strategies import rules, worlds

TREES = int(os.environ.get("CRITERIA_TREES", "500"))
POSTGRES_TREES = int(os.environ.get("CRITERIA_POSTGRES_TREES", "200"))
SEED = int(os.environ.get("CRITERIA_SEED", "0"))
RULES_A_WORLD = 8
KINDS = [str(number) for number in range(1, 36) if number not in (23, 29)]
KINDS += ["23a", "23b", "23c", "29a", "29b", "29c"]


def rarest(tally: Tally) -> list[str]:
    """What to ask for next, so that every kind is often true and often false."""
    kinds = sorted(KINDS, key=lambda kind: min(tally.accounts[kind, yes] for yes in (True, False)))
    return [DRAWER_OF.get(kind, "attribute") for kind in kinds[:2]]


def ask(bench: Bench, seeds: range, tally: Tally) -> Counter[str]:
    """Both ways, some rules for each seed; how many of them parted the base."""
    shares = Counter[str]()
    for seed in seeds:
        draw = Seeded(seed)
        world = draw_world(draw)
        trees = [draw_rule(draw, world) for _ in range(RULES_A_WORLD - 2)]
        trees += [draw_rule(draw, world, depth=3, about=kind) for kind in rarest(tally)]
        for members in bench.check(world, trees, tally):
            percent = 100 * len(members) / max(len(world.base), 1)
            shares["parted" if 5 <= percent <= 95 else "extreme"] += 1
    return shares


def seeds_of(trees: int) -> range:
    return range(SEED, SEED + -(-trees // RULES_A_WORLD))


def test_members_agree_and_the_rules_are_worth_asking(bench: Bench) -> None:
    tally = Tally()
    shares = ask(bench, seeds_of(TREES), tally)

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


def test_members_agree_on_postgres(postgres_bench: Bench) -> None:
    """The same worlds, rules and evaluator; the text order of its database is not C."""
    tally = Tally()
    ask(postgres_bench, seeds_of(POSTGRES_TREES), tally)
    assert {kind for kind, _ in tally.accounts} == set(KINDS)


def test_members_agree_where_hypothesis_looks(bench: Bench) -> None:
    """Choices made by Hypothesis repeat themselves more, and go to extremes."""

    @settings(
        max_examples=TREES // 10,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
        report_multiple_bugs=False,
    )
    @given(st.data())
    def check(data: st.DataObject) -> None:
        world = data.draw(worlds())
        bench.check(world, [data.draw(rules(world, depth=3))])

    check()


def rule_of(report: str) -> str:
    return report.split("\n", 1)[1].split("\n\n")[0]


def test_a_failure_shrinks_to_a_readable_rule(bench: Bench) -> None:
    """With the edge of a window broken, what is left of large rules is such a window."""
    reports = []
    with bench.engine.patched("macros/criteria/reading/windows.sql", "' >= '", "' > '"):
        for seed in range(20):
            draw = Seeded(seed)
            world = draw_world(draw)
            if len(reports) == 3:
                break
            try:
                bench.check(world, [draw_rule(draw, world, depth=4) for _ in range(4)])
            except DisagreementError as error:
                reports.append(str(error))
    assert any(report.count("\n") <= 6 for report in map(rule_of, reports))
    for report in reports:
        rule = rule_of(report)
        assert len(yaml.safe_load(rule)) == 1
        assert rule.count("\n") <= 15, report
        assert re.search("within|ago|in_next|in_period|between|after|eq|20..-", rule), report


def test_shrinking_takes_away_all_that_it_can() -> None:
    tree = {"all": [{"not": {"any": [{"a": {"gt": 1, "lt": 5}}, {"b": [1, 2, 3]}]}}, {"c": 1}]}
    assert shrink(tree, lambda tree: "2" in as_text(tree)) == {"b": [2]}
