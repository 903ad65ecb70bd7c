"""Random rules on random data: SQL and the evaluator name the same members, row by row.

`CRITERIA_TREES` sets how many trees are drawn (default 500, the same ones every
time); with any other number they are drawn anew.
"""

from __future__ import annotations

import os
from collections import Counter

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, given, settings

from criteria.bench import Bench
from criteria.oracle import Tally
from criteria.strategies import rules, worlds

TREES = int(os.environ.get("CRITERIA_TREES", "500"))
RULES_A_WORLD = 5
KINDS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "20", "21", "28", "35"]


def test_members_agree_and_the_rules_are_worth_asking(bench: Bench) -> None:
    tally, shares = Tally(), Counter[str]()

    @settings(
        max_examples=TREES // RULES_A_WORLD,
        derandomize=TREES == 500,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
        print_blob=False,
        report_multiple_bugs=False,
    )
    @given(st.data())
    def check(data: st.DataObject) -> None:
        world = data.draw(worlds())
        trees = [data.draw(rules(world)) for _ in range(RULES_A_WORLD)]
        for members in bench.check(world, trees, tally):
            percent = 100 * len(members) / max(len(world.base), 1)
            shares["parted" if 5 <= percent <= 95 else "extreme"] += 1

    check()

    assert shares.total() >= TREES
    assert shares["parted"] >= shares["extreme"], shares
    rare = {
        (kind, answer): tally.accounts[kind, answer]
        for kind in KINDS
        for answer in (True, False)
        if tally.accounts[kind, answer] < 200
    }
    assert not rare, f"kinds of leaves that were too seldom true or false: {rare}"
    assert set(dict(tally.accounts)) == {(kind, one) for kind in KINDS for one in (True, False)}
