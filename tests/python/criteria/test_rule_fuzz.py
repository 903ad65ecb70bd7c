"""Broken rules: each builds what it says, or is refused by an error of ours.

Never by an error of a database, of Jinja or of Python, and never by doing
something else in silence: what is built must be what the evaluator says.
"""

from __future__ import annotations

import os
import time

import pytest
import yaml
from dbt_common.exceptions import CompilationError

from criteria.bench import DATABASE_ERRORS, Bench
from criteria.drawing import Seeded
from criteria.engine import Database, Engine, variables
from criteria.hostile import VALUES, broken, garbled
from criteria.oracle import Tree, members
from criteria.rules import DRAWERS, as_text, draw_leaf, draw_world
from criteria.worlds import DrawnWorld

WORLDS = int(os.environ.get("CRITERIA_FUZZ_WORLDS", "15"))
# asked in the engine's own words, and so is what is wrong with it
NAMES = [name for name in DRAWERS if name != "sql"]
NO_SQL = [yaml.safe_dump({"expression": value}) for value in VALUES if isinstance(value, str)]


def refusal(engine: Engine, rule: str) -> str | None:
    """Our error, or None where the rule is built; anything else fails."""
    try:
        engine.render(rule)
    except CompilationError as error:
        return str(error)
    return None


def is_ours(message: str) -> bool:
    # a group that is no model is found by dbt, which alone knows them all
    return "The rule 'rule' has " in message or "which was not found" in message


def wanted(rule: str, world: DrawnWorld) -> frozenset[str] | None:
    try:
        # the loader that dbt takes, where there is one
        return members(yaml.load(rule, Loader=LOADER), world)
    except Exception:  # whatever the evaluator stumbles over is no rule
        return None


LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def fuzzed(draw: Seeded, tree: Tree) -> str:
    return garbled(draw, as_text(tree)) if draw.integer(0, 5) == 0 else as_text(broken(draw, tree))


@pytest.mark.parametrize("seed", range(WORLDS))
def test_a_broken_rule_is_refused_or_means_what_it_says(bench: Bench, seed: int) -> None:
    draw = Seeded(1000 + seed)
    world = draw_world(draw)
    bench.load(world)
    refused = 0
    for name in NAMES:
        for _ in range(2):
            rule = fuzzed(draw, draw_leaf(draw, world, name))
            message = refusal(bench.engine, rule)
            if message is not None:
                assert is_ours(message), f"{rule}\n{message}"
                refused += 1
                continue
            try:
                (got,) = bench.database.members([bench.engine.render(rule)])
            except DATABASE_ERRORS as error:
                if any(line in rule for line in NO_SQL):
                    continue
                pytest.fail(f"{rule}\n{error}")
            assert got == wanted(rule, world), rule
    assert refused > len(NAMES)


PLACES = [
    "sector: {{eq: {0}}}",
    "{0}: 1",
    "{0}: {{gte: 1}}",
    "sector: {{{0}: a}}",
    "sector: {{matches: {0}}}",
    "sector: {{matches: [a, {0}], case_sensitive: true}}",
    "sector: {{not_contains: {0}}}",
    "headcount: {{top: 3, over: {0}}}",
    "headcount: {{top_percent: {0}}}",
    "sector: {{eq_attribute: {0}}}",
    "joined_on: {{within: {0}}}",
    "joined_on: {{in_period: {0}}}",
    "joined_on: {{anniversary_in_next: {0}}}",
    "joined_on: {{before: {0}}}",
    "headcount: {{gte: {0}}}",
    "site: {{within_km: {{of: [1, 2], km: {0}}}}}",
    "site: {{within_km: {{of: {0}, km: 1}}}}",
    "event: {{name: {0}}}",
    "event: {{name: purchase, where: {{{0}: 1}}}}",
    "event: {{name: purchase, where: {0}}}",
    "event: {{name: purchase, sum: {{of: {0}, gte: 1}}}}",
    "event: {{name: purchase, sum: {{of: amount, gte: {0}}}}}",
    "event: {{name: purchase, avg: {{of: amount, gte: {0}}}}}",
    "event: {{name: purchase, max: {{of: quantity, gte: {0}}}}}",
    "event: {{name: purchase, count: {0}}}",
    "event: {{name: purchase, where: {{category: {{matches: {0}}}}}}}",
    "event: {{name: purchase, between: {0}}}",
    "trend: {{name: purchase, within: 30d, sum: {{of: {0}}}, change_percent: 1}}",
    "trend: {{name: purchase, within: 30d, change_percent: {0}}}",
    "trend: {{name: purchase, within: 2m, sum: {{of: amount}}, change_percent: {{gte: {0}}}}}",
    "first_event: {{name: purchase, has: {0}}}",
    "stopped: {{name: purchase, active: {0}}}",
    "restarted: {{name: purchase, silent: {0}}}",
    "regular: {{name: purchase, period: 1d, periods: {0}, min_periods: 1}}",
    "sequence: {{steps: {0}}}",
    "sequence: {{steps: [purchase, {0}], gap: 1d}}",
    "sequence: {{steps: [purchase, call], gap: {0}}}",
    "sequence: {{steps: [purchase, call], same: {0}}}",
    "abandoned: {{name: purchase, without: {0}, for: 1d}}",
    "abandoned: {{name: purchase, without: call, for: {0}}}",
    "usual: {{name: purchase, column: {0}, in: [a]}}",
    "usual: {{name: purchase, column: category, in: {0}}}",
    "related: {{name: {0}, some: {{role: a}}}}",
    "related: {{name: people, every: {0}}}",
    "was_member: {{group: {0}, day: 2020-01-01}}",
    "was_member: {{group: group_a, day: {0}}}",
    "entered: {{group: group_a, within: {0}}}",
    "left: {{group: {0}}}",
    "moved: {{attribute: {0}, from: a, to: b, within: 30d}}",
    "moved: {{attribute: sector, from: {0}, to: b, within: 30d}}",
    "changed: {{attribute: headcount, to: {0}}}",
    "points: {{of: {0}, gte: 1}}",
    "points: {{of: [{{if: {{is_vip: true}}, add: {0}}}], gte: 1}}",
    "points: {{of: [{{if: {0}, add: 1}}], gte: 1}}",
    "bucket: {{salt: {0}, below_percent: 10}}",
    "bucket: {{salt: spring, below_percent: {0}}}",
    "contactable: {{channel: {0}, purpose: newsletter}}",
    "contactable: {{channel: email, purpose: {0}}}",
    "listed_in: {0}",
    "member_of: {0}",
    "at_least: {{count: {0}, of: [is_vip: true]}}",
    "exactly: {{count: 1, of: {0}}}",
    "not: {0}",
    "all: {0}",
]


@pytest.mark.parametrize("place", PLACES)
def test_hostile_values_everywhere(hostile: tuple[Bench, DrawnWorld], place: str) -> None:
    """What is built is run, all of a place at once; no value gets out of its quotes."""
    bench, world = hostile
    bench.engine.set_variables(variables(world))
    built = []
    for value in VALUES:
        written = yaml.safe_dump(value, default_flow_style=True, width=1e9)
        rule = place.format(written.removesuffix("\n").removesuffix("\n..."))
        message = refusal(bench.engine, rule)
        if message is None:
            built.append(rule)
        else:
            assert is_ours(message), f"{rule}\n{message}"
    found = bench.database.members([bench.engine.render(rule) for rule in built]) if built else []
    for rule, got in zip(built, found, strict=True):
        assert got == wanted(rule, world), rule
    assert len(built) < len(VALUES)


@pytest.fixture(scope="module")
def hostile(engine: Engine) -> tuple[Bench, DrawnWorld]:
    """A world in a database of its own, which no other test fills anew."""
    bench, world = Bench(engine, Database()), draw_world(Seeded(3))
    assert len(world.base) > 20
    bench.load(world)
    return bench, world


def nested(opening: str, closing: str, levels: int = 1000, core: str = "is_vip: true") -> str:
    return opening * levels + core + closing * levels


@pytest.mark.parametrize(
    "rule",
    [
        nested("not: {", "}"),
        nested("all: [", "]"),
        nested("any: [{", "}]"),
        nested("at_least: {count: 1, of: [", "]}"),
        nested("points: {gte: 1, of: [{add: 1, if: {", "}}]}"),
        "event: {name: purchase, where: {" + nested("not: {", "}", core="is_rush: true") + "}}",
        "related: {name: people, some: {" + nested("all: [", "]", core="role: a") + "}}",
        "sector: " + nested("[", "]", core="a"),
        "sector: " + nested("{eq: ", "}", core="a"),
        "sequence: {steps: " + nested("[", "]", core="purchase") + "}",
        "[" * 1000,
        "all: [" + "{is_vip: true}, " * 100_000 + "]",
        "any: [" + "1, " * 100_000 + "]",
        "sector: {in: [" + "a, " * 100_000 + "]}",
        "sector: {not_contains: [" + "a, " * 100_000 + "]}",
        "tags: [" + "a, " * 100_000 + "]",
        "member_of: [" + "group_a, " * 100_000 + "]",
        "listed_in: [" + "list_a, " * 100_000 + "]",
        "sequence: {steps: [" + "purchase, " * 100_000 + "]}",
        "points: {gte: 1, of: [" + "1, " * 100_000 + "]}",
        "usual: {name: purchase, column: category, in: [" + "a, " * 100_000 + "]}",
        "event: {name: purchase, where: [" + "1, " * 100_000 + "]}",
        "joined_on: {between: [" + "2024-01-01, " * 100_000 + "]}",
        "headcount: {between: [" + "1, " * 100_000 + "]}",
        "regular: {name: purchase, period: 1d, periods: 100000, min_periods: 1}",
        "sector: {" + ", ".join(f"key{number}: 1" for number in range(2_000)) + "}",
        "sector: " + "x" * 1_000_000,
        "x" * 1_000_000 + ": 1",
        # ten times ten times ten ..: a few lines of text, a hundred million nodes
        "all: [&a {any: [is_vip: true]}"
        + "".join(
            f", &{name} {{any: [{', '.join([f'*{before}'] * 10)}]}}"
            for before, name in zip("abcdefgh", "bcdefghi", strict=True)
        )
        + "]",
    ],
    ids=lambda rule: rule[:40] + ("" if len(rule) < 40 else ".."),
)
def test_the_enormous_is_refused_in_time(engine: Engine, rule: str) -> None:
    started = time.process_time()
    message = refusal(engine, rule)
    # a text of a million letters is a value like any other
    if rule.startswith("sector: x"):
        assert message is None
    else:
        assert message is not None and is_ours(message), (message or "it was built")[:2000]
    assert time.process_time() - started < 20  # a runaway takes hours
