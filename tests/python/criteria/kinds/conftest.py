"""A handful of accounts and events, written out in the test that asks about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest
from dbt_common.exceptions import CompilationError
from postgres_databases import Databases, NoCollationError

from criteria.engine import Engine
from criteria.schemas import schema_errors

# runs a statement, once for each list of values, and gives the rows of its result
Run = Callable[..., list[tuple[Any, ...]]]

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

# What else a rule may name: relations, the recorded, lists.
DECLARED: dict[str, Any] = {
    "extra_relations": {
        "people": {"model": "people", "columns": {"role": "text", "age": "number"}}
    },
    "recorded_groups": ["vip", "lost"],
    "recorded_attributes": ["town", "score"],
    "account_lists": ["list_a", "list_b"],
    "consent_purposes": ["newsletter", "offers"],
}

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


def hold_to_schema(engine: Engine, rule: str) -> None:
    """What builds, the JSON Schema accepts; once, and not for each engine."""
    if engine.config.credentials.type == "duckdb":
        assert not schema_errors(engine, rule), rule


class Asker:
    """Fills the tables, then asks rules of them by the project's own macros."""

    def __init__(self, engine: Engine, run: Run) -> None:
        self.engine = engine
        self.run = run
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
            **DECLARED,
            **settings,
        }
        self.engine.set_variables(self.settings)

    def _table(self, name: str, columns: Mapping[str, str], rows: Rows) -> None:
        declared = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        self.run(f"drop table if exists rules.{name}")
        self.run(f"create table rules.{name} ({declared})")
        if rows:
            unknown = {key for row in rows for key in row} - set(columns)
            assert not unknown, f"{unknown} are no columns of {name}"
            self.run(
                f"insert into rules.{name} values ({', '.join(['%s'] * len(columns))})",
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
        hold_to_schema(self.engine, rule)
        inverse = "not:\n" + "\n".join(f"  {line}" for line in rule.strip().splitlines())
        found, others = (
            [row[0] for row in self.run(self.engine.render(one))] for one in (rule, inverse)
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

    def refuses(self, rule: str, parts: Sequence[str]) -> None:
        """The message says all these parts."""
        message = self.refusal(rule)
        assert not [part for part in parts if part not in message], message


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def just_before(day: str) -> str:
    """The last instant before a day."""
    return f"{date.fromisoformat(day) - timedelta(days=1)} 23:59:59.999999"


def event(account: str, name: str, when: str | None, **columns: Any) -> dict[str, Any]:
    return {
        "account_id": account,
        "event_name": name,
        "occurred_at": when and at(when),
        **columns,
    }


@pytest.fixture(scope="package")
def on_duckdb(engine: Engine) -> Iterator[tuple[Engine, Run]]:
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    connection.execute("attach ':memory:' as rule_consumer")
    connection.execute("use rule_consumer")
    connection.execute("create schema rules")

    def run(sql: str, values: Sequence[Sequence[Any]] = ()) -> list[tuple[Any, ...]]:
        if values:
            connection.executemany(sql.replace("%s", "?"), values)
            return []
        return connection.execute(sql).fetchall()

    yield engine, run
    connection.close()
    # other tests read rules with it, too
    engine.set_variables({})


@pytest.fixture(scope="session")
def on_postgres(
    postgres: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Engine, Run]]:
    """PostgreSQL, with the order of a language where there is one: ties must not follow it."""
    try:
        database = postgres.make(collation=True)
    except NoCollationError:
        database = postgres.make()
    cursor = database.connect().cursor()
    cursor.execute("create schema rules")

    def run(sql: str, values: Sequence[Sequence[Any]] = ()) -> list[tuple[Any, ...]]:
        if values:
            cursor.executemany(sql, values)
            return []
        # rules are rendered for a database of another name
        cursor.execute(sql.replace('"rule_consumer".', ""))
        return cursor.fetchall() if cursor.description else []

    engine = Engine(tmp_path_factory.mktemp("rules") / "project", target="postgres")
    yield engine, run
    cursor.connection.close()
    postgres.drop(database)


@pytest.fixture(params=["duckdb", "postgres"])
def asker(request: pytest.FixtureRequest) -> Asker:
    return Asker(*request.getfixturevalue(f"on_{request.param}"))


@pytest.fixture
def reader(on_duckdb: tuple[Engine, Run]) -> Asker:
    """For what no engine is asked: errors, and the shape of the SQL."""
    return Asker(*on_duckdb)
