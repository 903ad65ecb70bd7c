"""Rules rendered by the project's own macros, in this process, and run on DuckDB.

dbt takes seconds to start and the shrinking of one failing rule asks for hundreds
of renderings, so dbt reads the consumer project once and its macros are then
called through dbt's own context, without a command line in between.
"""

from __future__ import annotations

import copy
import random
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from dbt.adapters.factory import get_adapter, register_adapter, reset_adapters
from dbt.cli.main import dbtRunner
from dbt.clients.jinja import MacroGenerator
from dbt.config.runtime import RuntimeConfig
from dbt.context.providers import generate_runtime_macro_context
from dbt.flags import get_flags
from dbt.mp_context import get_mp_context

from criteria.catalogues import (
    ATTRIBUTES,
    EVENTS,
    LISTS,
    PURPOSES,
    RECORDED_ATTRIBUTES,
    RECORDED_GROUPS,
    RELATIONS,
)
from criteria.oracle import World
from criteria.tables import tables

ROOT = Path(__file__).resolve().parents[3]
PROJECT = Path(__file__).parent / "project"

CATALOGS = ("attribute_catalog", "event_catalog")


def declarations() -> dict[str, Any]:
    """The consumer's vars: what it has to ask about, in the shape of the catalogues."""
    catalogues = {
        "extra_attributes": ATTRIBUTES,
        "extra_events": EVENTS,
        "extra_relations": RELATIONS,
    }
    described = {
        variable: {
            name: {"label": name, "description": name, **declared}
            for name, declared in catalogue.items()
        }
        for variable, catalogue in catalogues.items()
    }
    return described | {
        "account_lists": list(LISTS),
        "consent_purposes": list(PURPOSES),
        "recorded_groups": list(RECORDED_GROUPS),
        "recorded_attributes": list(RECORDED_ATTRIBUTES),
    }


def install(place: Path) -> Path:
    """A copy of the consumer project with the package's macros in it."""
    built = shutil.ignore_patterns("dbt_packages", "target", "logs", "*.duckdb*")
    shutil.copytree(PROJECT, place, ignore=built)
    package = place / "dbt_packages" / "crm_segmentation"
    package.mkdir(parents=True)
    # the macros alone: rules are read against declarations, and parsing stays fast
    shutil.copytree(ROOT / "macros", package / "macros")
    shutil.copy(ROOT / "dbt_project.yml", package)
    return place


class Engine:
    """Renders rules for a target of the profile; `patched` renders them with a fault in a macro.

    Rendering asks no database, so several engines live side by side in one process.
    """

    def __init__(self, place: Path, target: str = "duckdb") -> None:
        folder = install(place)
        arguments = ["--project-dir", str(folder), "--profiles-dir", str(folder), "--quiet"]
        arguments += ["--target", target]
        arguments += ["--target-path", str(place / "target"), "--log-path", str(place / "logs")]
        parsed = dbtRunner().invoke(["parse", *arguments])
        if not parsed.success:
            raise RuntimeError(f"dbt parse failed: {parsed.exception}")
        self.manifest: Any = parsed.result
        self.config = RuntimeConfig.from_args(get_flags())
        reset_adapters()
        self.variables: dict[str, Any] = {}
        self.context: dict[str, Any] = {}
        self.declared: dict[str, Any] = {}
        self.catalogs: dict[str, Any] = {}
        self.set_variables({})

    def set_variables(self, variables: Mapping[str, Any]) -> None:
        wanted = {**declarations(), **variables}
        if wanted != self.variables:
            self.variables = wanted
            self.config.cli_vars = wanted
            self.config.vars.vars = wanted
            self._prepare()

    def _prepare(self) -> None:
        # another engine's parsing forgets the adapters that were registered before
        register_adapter(self.config, get_mp_context())
        adapter: Any = get_adapter(self.config)
        adapter.set_macro_resolver(self.manifest)
        adapter.set_macro_context_generator(generate_runtime_macro_context)
        self.forget()
        macro = self.manifest.macros["macro.crm_segmentation.rule_members"]
        self.context = generate_runtime_macro_context(
            macro, self.config, self.manifest, "crm_segmentation"
        )
        # declarations are the same for every rule, and slow to put together
        declared = {name: self.variables[name] for name in declarations()}
        if declared != self.declared:
            self.declared = declared
            self.catalogs = {name: self.call(name) for name in CATALOGS}
        for name, catalog in self.catalogs.items():
            self.context["crm_segmentation"][name] = lambda catalog=catalog: copy.deepcopy(catalog)

    def call(self, macro: str, *arguments: Any, **named: Any) -> Any:
        node = self.manifest.macros[f"macro.crm_segmentation.{macro}"]
        return MacroGenerator(node, self.context)(*arguments, **named)

    def render(self, rule: str, base: str = "rule_base") -> str:
        return str(self.call("rule_members", rule, base=base))

    def macros_of(self, file: str) -> list[Any]:
        return [
            macro
            for macro in self.manifest.macros.values()
            if macro.package_name == "crm_segmentation" and macro.original_file_path == file
        ]

    @contextmanager
    def patched(self, file: str, old: str, new: str) -> Iterator[None]:
        """Replace a text, which stands there exactly once, in the macros of a file."""
        found = [macro for macro in self.macros_of(file) if old in macro.macro_sql]
        count = sum(macro.macro_sql.count(old) for macro in found)
        if count != 1:
            raise AssertionError(f"{old!r} stands {count} times in {file}, not once")
        macro, kept = found[0], found[0].macro_sql
        try:
            macro.macro_sql = kept.replace(old, new)
            self.forget()
            yield
        finally:
            macro.macro_sql = kept
            self.forget()

    def forget(self) -> None:
        """Drop what macros keep for a run: it was computed by other macros or variables."""
        self.manifest.flat_graph.pop("crm_segmentation_run", None)


ARROW_TYPES = {
    "text": pa.string(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "decimal(18, 2)": pa.decimal128(18, 2),
    "decimal(9, 6)": pa.decimal128(9, 6),
    "decimal(5, 2)": pa.decimal128(5, 2),
}


class NamesMembers:
    """What every database of rules can do."""

    def run(self, sql: str) -> None:
        raise NotImplementedError

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        raise NotImplementedError

    def members(self, statements: Sequence[str]) -> list[frozenset[str]]:
        """Members by each statement, all of them run at once."""
        found: list[set[str]] = [set() for _ in statements]
        rows = self.query(
            "\nunion all\n".join(
                f"select {index} as rule, account_id from (\n{sql}\n) as rule_members"
                for index, sql in enumerate(statements)
            )
        )
        for index, account_id in rows:
            if account_id in found[index]:
                raise AssertionError(f"{account_id} twice, by\n{statements[index]}")
            found[index].add(account_id)
        return [frozenset(one) for one in found]


class Database(NamesMembers):
    """The tables of one world on DuckDB, where the consumer's models would be."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        # tables of a few rows: threads cost more than they give
        self.connection.execute("set threads = 1")
        self.connection.execute("attach ':memory:' as rule_consumer")
        self.connection.execute("create schema rule_consumer.rules")

    def _table(self, name: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> None:
        arrays = [
            pa.array([row[index] for row in rows], ARROW_TYPES[kind])
            for index, kind in enumerate(columns.values())
        ]
        self.connection.register("incoming", pa.table(arrays, names=list(columns)))
        self.create(name, "select * from incoming")
        self.connection.unregister("incoming")

    def place(self, name: str) -> str:
        return f"rule_consumer.rules.{name}"

    def create(self, name: str, query: str) -> None:
        self.connection.execute(f"create or replace table rule_consumer.rules.{name} as {query}")

    def load(self, world: World, shuffle: int | None = None) -> None:
        """Write the tables; `shuffle` seeds another order of their rows."""
        for name, columns, rows in tables(world):
            ordered = list(rows)
            if shuffle is not None:
                random.Random(shuffle).shuffle(ordered)
            self._table(name, columns, ordered)

    def run(self, sql: str) -> None:
        self.connection.execute(sql)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()


def variables(world: World) -> dict[str, Any]:
    """The settings under which a world's rules are rendered."""
    return {
        "as_of_date": world.as_of.isoformat(),
        "time_zone": world.zone,
        "week_start": world.week_start,
        "known_as_of": iso(world.known_as_of),
    }


def iso(day: date | None) -> str | None:
    return day and day.isoformat()
