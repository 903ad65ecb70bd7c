"""A handful of accounts and events, written out in the test that asks about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import duckdb
import pytest
from dbt_common.exceptions import CompilationError

from criteria.engine import Engine

ATTRIBUTES: dict[str, tuple[str, str, str]] = {
    # name: type in the catalogue, type of the column, model
    "town": ("text", "text", "account_attributes"),
    "birthplace": ("text", "text", "account_attributes"),
    "revenue": ("number", "decimal(18, 2)", "account_attributes"),
    "budget": ("number", "decimal(18, 2)", "account_attributes"),
    "is_member": ("boolean", "boolean", "account_attributes"),
    "is_lead": ("boolean", "boolean", "account_attributes"),
    "born_on": ("date", "date", "account_attributes"),
    "opened_on": ("date", "date", "account_attributes"),
    "seen_at": ("timestamp", "timestamp", "account_attributes"),
    "place": ("point", "decimal(9, 6)", "account_attributes"),
    "score": ("number", "integer", "account_extras"),
    "area": ("text", "text", "account_extras"),
}

EVENTS: dict[str, dict[str, Any]] = {
    name: {
        "model": "activities",
        "columns": {
            "amount": "number",
            "category": "text",
            "cart": "text",
            "channel": "text",
            "size": "number",
            "is_gift": "boolean",
            "due_on": "date",
        },
    }
    for name in ("purchase", "offer", "basket")
} | {"call": {"model": "calls", "columns": {"topic": "text", "cart": "text", "size": "number"}}}

SQL_TYPES = {
    "account_id": "text",
    "event_id": "text",
    "event_name": "text",
    "occurred_at": "timestamp",
    "loaded_at": "timestamp",
    "amount": "decimal(18, 2)",
    "size": "integer",
    "is_gift": "boolean",
    "due_on": "date",
}

Rows = Sequence[Mapping[str, Any]]


class Asker:
    """Fills the tables, then asks rules of them by the project's own macros."""

    def __init__(self, engine: Engine, connection: duckdb.DuckDBPyConnection) -> None:
        self.engine = engine
        self.connection = connection
        self.accounts: list[str] = []
        self.settings: dict[str, Any] = {}
        self.set_day(date(2026, 1, 1))

    def set_day(self, day: date, **settings: Any) -> None:
        self.settings = {
            "as_of_date": day.isoformat(),
            "time_zone": "UTC",
            "extra_attributes": {
                name: {"type": kind, "model": model, "label": name, "description": name}
                for name, (kind, _, model) in ATTRIBUTES.items()
            },
            "extra_events": EVENTS,
            **settings,
        }
        self.engine.set_variables(self.settings)

    def _table(self, name: str, columns: Mapping[str, str], rows: Rows) -> None:
        declared = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        self.connection.execute(f"create or replace table rule_consumer.rules.{name} ({declared})")
        if rows:
            unknown = {key for row in rows for key in row} - set(columns)
            assert not unknown, f"{unknown} are no columns of {name}"
            marks = ", ".join("?" * len(columns))
            self.connection.executemany(
                f"insert into rule_consumer.rules.{name} values ({marks})",
                [[row.get(column) for column in columns] for row in rows],
            )

    def fill(
        self,
        accounts: Mapping[str, Mapping[str, Any]] | Sequence[str],
        events: Rows = (),
        strangers: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Accounts of the base by name, their events, and accounts outside the base."""
        given = accounts if isinstance(accounts, Mapping) else {one: {} for one in accounts}
        self.accounts = list(given)
        self._table("rule_base", {"account_id": "text"}, [{"account_id": one} for one in given])
        for model in ("account_attributes", "account_extras"):
            columns = {"account_id": "text"}
            for name, (kind, sql_type, holder) in ATTRIBUTES.items():
                if holder == model:
                    names = [f"{name}_lat", f"{name}_lon"] if kind == "point" else [name]
                    columns |= dict.fromkeys(names, sql_type)
            known = {**given, **(strangers or {})}
            rows = [
                {"account_id": one, **{key: row[key] for key in columns if key in row}}
                for one, row in known.items()
            ]
            # an account without a value has no row there
            self._table(model, columns, [row for row in rows if len(row) > 1])
        for model in ("activities", "calls"):
            names = [name for name, event in EVENTS.items() if event["model"] == model]
            columns = dict.fromkeys(["account_id", "event_id", "event_name"], "text")
            columns |= dict.fromkeys(["occurred_at", "loaded_at"], "timestamp")
            columns |= {
                column: SQL_TYPES.get(column, "text") for column in EVENTS[names[0]]["columns"]
            }
            rows = [
                {"event_id": f"e{number:03}", "loaded_at": event["occurred_at"], **event}
                for number, event in enumerate(events)
                if event["event_name"] in names
            ]
            self._table(model, columns, rows)

    def ask(self, rule: str) -> set[str]:
        """Members; the complement under `not` is asked at the same time and held to it."""
        self.engine.set_variables(self.settings)
        inverse = "not:\n" + "\n".join(f"  {line}" for line in rule.strip().splitlines())
        found, others = (
            [row[0] for row in self.connection.execute(self.engine.render(one)).fetchall()]
            for one in (rule, inverse)
        )
        assert sorted(found + others) == sorted(self.accounts), f"{rule}: {found} and {others}"
        return set(found)

    def refusal(self, rule: str) -> str:
        """The message with which a rule is refused."""
        self.engine.set_variables(self.settings)
        with pytest.raises(CompilationError) as caught:
            self.engine.render(rule)
        message = str(caught.value)
        for foreign in ("Traceback", "object has no", "is undefined", "not supported between"):
            assert foreign not in message, message
        return message


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def event(account: str, name: str, when: str | None, **columns: Any) -> dict[str, Any]:
    return {
        "account_id": account,
        "event_name": name,
        "occurred_at": when and at(when),
        **columns,
    }


@pytest.fixture(scope="session")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    connection.execute("attach ':memory:' as rule_consumer")
    connection.execute("create schema rule_consumer.rules")
    yield connection
    connection.close()


@pytest.fixture
def asker(engine: Engine, connection: duckdb.DuckDBPyConnection) -> Iterator[Asker]:
    yield Asker(engine, connection)
    engine.set_variables({})
