"""Small tables by hand, and rules asked of them: what one kind of leaf means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from criteria.engine import Database, Engine

SETTINGS = {"as_of_date": "2025-03-31", "time_zone": "Europe/Berlin"}


class Asked:
    """An engine and a database of its own, with the accounts of `base` in it."""

    def __init__(self, engine: Engine, base: Sequence[str], settings: Mapping[str, Any]) -> None:
        self.engine = engine
        self.settings = {**SETTINGS, **settings}
        self.base = frozenset(base)
        self.database = Database()
        self.fill("rule_base", {"account_id": "text"}, [[account_id] for account_id in base])

    def fill(self, name: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> None:
        """Make a table; types are written as in SQL, values as text or None."""
        place = f"rule_consumer.rules.{name}"
        declared = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        self.database.connection.execute(f"create or replace table {place} ({declared})")
        if rows:
            marks = ", ".join("?" for _ in columns)
            self.database.connection.executemany(
                f"insert into {place} values ({marks})", [list(row) for row in rows]
            )

    def members(self, rule: str, **settings: Any) -> set[str]:
        """Members by the rule; those of its contrary must be exactly the rest."""
        self.engine.set_variables({**self.settings, **settings})
        inner, outer = self.database.members(
            [self.engine.render(rule), self.engine.render(f"not: {{{rule}}}")]
        )
        assert inner | outer == self.base
        assert not inner & outer
        return set(inner)

    def letters(self, rule: str, **settings: Any) -> str:
        """The members, whose ids are letters, in one word."""
        return "".join(sorted(self.members(rule, **settings)))
