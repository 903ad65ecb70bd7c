"""Rules by SQL beside rules by the evaluator, and a report that a person can read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from criteria.engine import Database, Engine, variables
from criteria.oracle import Tally, Tree, World, members
from criteria.strategies import as_text


class DisagreementError(AssertionError):
    """SQL and the evaluator differ."""


@dataclass
class Bench:
    engine: Engine
    database: Database

    def load(self, world: World, shuffle: int | None = None) -> None:
        self.engine.set_variables(variables(world))
        self.database.load(world, shuffle)

    def by_sql(self, rules: Sequence[Tree]) -> list[frozenset[str]]:
        """Members by the macros, of the world that is loaded."""
        return self.database.members([self.engine.render(as_text(rule)) for rule in rules])

    def check(
        self, world: World, rules: Sequence[Tree], tally: Tally | None = None
    ) -> list[frozenset[str]]:
        """Load the world, ask every rule both ways, and give the members on which both agree."""
        self.load(world)
        found = self.by_sql(rules)
        for rule, got in zip(rules, found, strict=True):
            wanted = members(as_text(rule), world, tally)
            if got != wanted:
                raise DisagreementError(explain(rule, world, got, wanted))
        return found


def explain(rule: Tree, world: World, got: frozenset[str], wanted: frozenset[str]) -> str:
    """The rule, and all that is known of the first account about which the two differ."""
    account_id = min(got ^ wanted)
    events = [
        "  " + ", ".join(f"{key}={value!s}" for key, value in event.items() if key != "account_id")
        for event in world.events_by_account.get(account_id, [])
    ]
    lines = [
        f"SQL and the evaluator differ on {len(got ^ wanted)} of {len(world.base)} accounts:",
        as_text(rule),
        f"as of {world.as_of} in {world.zone}, known as of {world.known_as_of}, "
        f"weeks from {world.week_start}",
        f"{account_id} is {'in' if account_id in got else 'out'} by SQL, "
        f"{'in' if account_id in wanted else 'out'} by the evaluator",
        *(f"  {name}: {value!r}" for name, value in attributes(world, account_id).items()),
        f"  groups: {[name for name, ids in world.groups.items() if account_id in ids]}",
        *events,
    ]
    return "\n".join(lines)


def attributes(world: World, account_id: str) -> dict[str, Any]:
    return {
        name: str(value) if not isinstance(value, (str, list)) else value
        for name, value in world.attributes.get(account_id, {}).items()
        if value is not None
    }
