"""Tables written out by hand, and rules asked of them by accounts named with letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from criteria.engine import Engine
from criteria.kinds.conftest import Run, hold_to_schema

SETTINGS = {"as_of_date": "2025-03-31", "time_zone": "Europe/Berlin"}
ENGINES = ["duckdb", "postgres"]


class Asked:
    """An engine, and the accounts of `base` in its database."""

    def __init__(
        self, request: pytest.FixtureRequest, base: Sequence[str], settings: Mapping[str, Any]
    ) -> None:
        self.engine: Engine
        self.run: Run
        self.engine, self.run = request.getfixturevalue(f"on_{request.param}")
        self.settings = {**SETTINGS, **settings}
        self.base = sorted(base)
        self.fill("rule_base", {"account_id": "text"}, [[account_id] for account_id in base])

    def fill(self, name: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> None:
        """Make a table; types are written as in SQL."""
        declared = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        self.run(f"drop table if exists rules.{name}")
        self.run(f"create table rules.{name} ({declared})")
        if rows:
            marks = ", ".join(["%s"] * len(columns))
            self.run(f"insert into rules.{name} values ({marks})", [list(row) for row in rows])

    def use(self, **settings: Any) -> None:
        self.engine.set_variables({**self.settings, **settings})

    def letters(self, rule: str, **settings: Any) -> str:
        """The members in one word; those of the contrary must be exactly the rest."""
        self.use(**settings)
        hold_to_schema(self.engine, rule)
        found, others = (
            [row[0] for row in self.run(self.engine.render(one))]
            for one in (rule, f"not: {{{rule}}}")
        )
        assert sorted(found + others) == self.base, f"{rule}: {found} and {others}"
        return "".join(sorted(found))
