"""Relations as PostgreSQL 16 and later take them."""

from __future__ import annotations

from dataclasses import dataclass

from dbt.adapters.postgres.relation import PostgresRelation


@dataclass(frozen=True, eq=False, repr=False)
class PostgresPythonRelation(PostgresRelation):
    # With --empty and --sample dbt writes `(select ...)` for a ref. An alias of its own, which
    # PostgreSQL before 16 asked for, would make `ref('orders') as orders` a syntax error.
    require_alias: bool = False
