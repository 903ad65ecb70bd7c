"""Rules by SQL beside rules by the evaluator, and a report that a person can read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import psycopg2
from dbt_common.exceptions import CompilationError

from criteria.engine import Database, Engine, variables
from criteria.oracle import Tally, Tree, World, members
from criteria.postgres import PostgresDatabase
from criteria.rules import as_text
from criteria.shrink import shrink

DATABASE_ERRORS = (duckdb.Error, psycopg2.Error)


class DisagreementError(AssertionError):
    """SQL and the evaluator differ."""


@dataclass
class Bench:
    engine: Engine
    database: Database | PostgresDatabase

    def load(self, world: World, shuffle: int | None = None) -> None:
        self.engine.set_variables(variables(world))
        self.database.load(world, shuffle)
        self.load_contactability()

    def load_contactability(self) -> None:
        """Who may be contacted is a model of the package, which is one macro."""
        tables = ("int_contact_points", "consents", "contact_blocks")
        places = [self.database.place(name) for name in tables]
        query = self.engine.call("contactability", *places)
        self.database.create("account_contactability", str(query))

    def by_sql(self, rules: Sequence[Tree]) -> list[frozenset[str]]:
        """Members by the macros, of the world that is loaded."""
        return self.database.members([self.engine.render(as_text(rule)) for rule in rules])

    def check(
        self, world: World, rules: Sequence[Tree], tally: Tally | None = None
    ) -> list[frozenset[str]]:
        """Load the world, ask every rule both ways, and give the members on which both agree."""
        self.load(world)
        wanted = [members(as_text(rule), world, tally) for rule in rules]
        try:
            found = self.by_sql(rules)
        except (*DATABASE_ERRORS, CompilationError, AssertionError):
            found = []
        if found != wanted:
            for rule in rules:
                if self.failure(world, rule):
                    raise DisagreementError(self.report(world, rule))
            raise AssertionError("these rules fail together only")
        return found

    def failure(self, world: World, rule: Tree) -> str:
        """How the rule fails in the world that is loaded; empty where both agree."""
        try:
            wanted = members(as_text(rule), world)
        except Exception:  # no rule at all: what shrinking tries on its way
            return ""
        try:
            (got,) = self.by_sql([rule])
        except (*DATABASE_ERRORS, CompilationError, AssertionError) as error:
            return type(error).__name__
        return "" if got == wanted else "members differ"

    def report(self, world: World, rule: Tree) -> str:
        """The smallest rule that fails in the same way, and the account that shows it."""
        how = self.failure(world, rule)
        least = shrink(rule, lambda tree: self.failure(world, tree) == how)
        try:
            (got,) = self.by_sql([least])
        except (*DATABASE_ERRORS, CompilationError, AssertionError) as error:
            return f"{error}\nby the rule\n{as_text(least)}"
        return explain(least, world, got, members(as_text(least), world))


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
