"""Faults planted in the macros: the random rules must catch every one of them.

A fault is caught when SQL and the evaluator name different members, or the
database refuses the SQL. Each fault is looked for with rules of the kind that
can meet it, world by world, until one shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import duckdb
import pytest

from criteria.bench import Bench
from criteria.engine import Database, variables
from criteria.faults import FAULTS, Fault
from criteria.oracle import Tree, members
from criteria.rules import Seeded, as_text, draw_leaf, draw_rule, draw_world
from criteria.worlds import DrawnWorld, make_world

CONTACTABILITY = "macros/contactability/contactability.sql"
WORLDS = 30
RULES_A_WORLD = 30


@dataclass
class Hunt:
    """Worlds and rules, drawn when a fault first asks for them and kept for the next."""

    bench: Bench
    worlds: dict[int, DrawnWorld] = field(default_factory=dict)
    benches: dict[int, Bench] = field(default_factory=dict)
    trees: dict[tuple[str, int], list[Tree]] = field(default_factory=dict)

    def world(self, number: int, draw: str) -> DrawnWorld:
        key = number + (1000 if draw == "leap day" else 0)
        if key not in self.worlds:
            self.worlds[key] = leap_world(number) if draw == "leap day" else large_world(number)
        return self.worlds[key]

    def loaded(self, world: DrawnWorld) -> Bench:
        """A database of its own for each world, so that it is filled once."""
        if id(world) not in self.benches:
            self.benches[id(world)] = Bench(self.bench.engine, Database())
            self.benches[id(world)].load(world)
        return self.benches[id(world)]

    def rules(self, fault: Fault, number: int) -> list[str]:
        key = fault.draw, number
        if key not in self.trees:
            draw, world = Seeded(number), self.world(number, fault.draw)
            self.trees[key] = [drawn(draw, world, fault.draw) for _ in range(RULES_A_WORLD)]
        return [text for text in map(as_text, self.trees[key]) if fault.word in text]


def large_world(number: int) -> DrawnWorld:
    """One in which there is something to meet."""
    for seed in range(1000 * number, 1000 * number + 1000):
        world = draw_world(Seeded(seed))
        if len(world.base) > 20 and len(world.events) > 100:
            return world
    raise AssertionError("only small worlds")


def leap_world(number: int) -> DrawnWorld:
    return make_world(number, 40, 0, "UTC", date(2025, 2, 28), "monday", None)


def drawn(draw: Seeded, world: DrawnWorld, what: str) -> Tree:
    if what == "tree":
        return draw_rule(draw, world, depth=3)
    if what == "events":
        return {"any": [draw_leaf(draw, world, "event") for _ in range(2)]}
    return draw_leaf(draw, world, "day" if what == "leap day" else what)


@pytest.fixture(scope="module")
def hunt(bench: Bench) -> Hunt:
    return Hunt(bench)


def catches(hunt: Hunt, fault: Fault) -> Iterator[str]:
    """The rules that show the fault."""
    engine = hunt.bench.engine
    for number in range(WORLDS):
        world = hunt.world(number, fault.draw)
        rules = hunt.rules(fault, number)[:8]
        bench = hunt.loaded(world)
        engine.set_variables(variables(world))
        sound = [engine.render(rule) for rule in rules]
        with engine.patched(fault.file, fault.old, fault.new):
            faulty = [engine.render(rule) for rule in rules]
            is_model = fault.file == CONTACTABILITY
            if is_model:
                bench.load_contactability()
        try:
            for rule, before, after in zip(rules, sound, faulty, strict=True):
                asked = is_model or before != after
                if asked and differs(bench, after, members(rule, world)):
                    yield rule
        finally:
            if is_model:
                bench.load_contactability()


def differs(bench: Bench, sql: str, wanted: frozenset[str]) -> bool:
    try:
        return bench.database.members([sql]) != [wanted]
    except (duckdb.Error, AssertionError):
        return True


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.what for fault in FAULTS])
def test_the_random_rules_catch(hunt: Hunt, fault: Fault) -> None:
    assert next(catches(hunt, fault), None) is not None


def test_without_a_fault_nothing_is_caught(hunt: Hunt) -> None:
    """Else all of the above would pass for nothing."""
    for what in sorted({fault.draw for fault in FAULTS}):
        nothing = Fault(
            "nothing", "macros/criteria/profile.sql", "rule_members(", "rule_members(", what
        )
        world = hunt.world(0, what)
        bench = hunt.loaded(world)
        hunt.bench.engine.set_variables(variables(world))
        for rule in hunt.rules(nothing, 0)[:4]:
            sql = hunt.bench.engine.render(rule)
            assert bench.database.members([sql]) == [members(rule, world)], rule


def test_every_fault_is_named_once() -> None:
    names = [fault.what for fault in FAULTS]
    assert len(names) == len(set(names))
    assert len(names) >= 100
