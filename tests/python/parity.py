"""Two builds of one project on two engines, compared row by row."""

from __future__ import annotations

import functools
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from conftest import DbtRun

Row = tuple[Any, ...]

# Floating point numbers may differ by this share of their size.
FLOAT_TOLERANCE = 1e-9
# As may decimals that were cast from one, by a unit of their last place: relation, column, unit.
FROM_FLOATS = {
    ("account_clusters", "distance"): Decimal("0.000001"),
    ("account_clusters", "margin"): Decimal("0.000001"),
    ("account_lifetime_values", "probability_alive"): Decimal("0.000001"),
    ("account_lifetime_values", "expected_orders_365d"): Decimal("0.000001"),
    ("account_lifetime_values", "expected_order_value"): Decimal("0.01"),
    ("account_lifetime_values", "expected_revenue_365d"): Decimal("0.01"),
    ("campaign_results", "lift_points"): Decimal("0.0001"),
    ("campaign_results", "lift_points_low"): Decimal("0.0001"),
    ("campaign_results", "lift_points_high"): Decimal("0.0001"),
}

POSTGRES_NAMES = {
    "VARCHAR": "text",
    "DOUBLE": "double precision",
    "TIMESTAMP": "timestamp without time zone",
    "HUGEINT": "numeric",
}


@dataclass(frozen=True)
class Relation:
    """A table or view of a build. With a contract its types are compared to the letter."""

    name: str
    schema: str
    table: str
    has_contract: bool
    keys: tuple[str, ...]

    @property
    def path(self) -> str:
        return f"{self.schema}.{self.table}"


@dataclass
class Table:
    """What a build holds in a relation; its rows are fetched when they are asked for."""

    types: Mapping[str, str]
    fetch: Callable[[], Sequence[Row]]
    # each row as one text, made by the engine: many times as fast to fetch and to compare
    fetch_texts: Callable[[Sequence[str]], Sequence[Row]] | None = None

    @property
    def columns(self) -> list[str]:
        return list(self.types)

    @functools.cached_property
    def rows(self) -> Sequence[Row]:
        return self.fetch()


def relations(manifest: Mapping[str, Any]) -> list[Relation]:
    """All that a build writes."""
    keys = declared_keys(manifest)
    return [
        Relation(
            name=node["name"],
            schema=node["schema"],
            table=node["alias"],
            has_contract=bool(node["config"].get("contract", {}).get("enforced")),
            keys=keys.get(unique_id, ()),
        )
        for unique_id, node in sorted(manifest["nodes"].items())
        if node["resource_type"] in ("model", "snapshot", "seed")
        and node["config"]["materialized"] != "ephemeral"
    ]


def declared_keys(manifest: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The key of a relation by its data tests: what a difference is named by."""
    keys = {}
    for node in manifest["nodes"].values():
        test = node.get("test_metadata") or {}
        arguments = test.get("kwargs", {})
        if test.get("name") == "unique":
            keys[node["attached_node"]] = (arguments["column_name"],)
        elif test.get("name") == "unique_combination":
            keys[node["attached_node"]] = tuple(arguments["columns"])
    return keys


def read(run: DbtRun, relation: Relation) -> Table | None:
    """The relation's columns by name, and its rows; none where it is not there."""
    if run.postgres:
        types = run.postgres.execute(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute "
            "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped",
            (relation.path,),
        )
    else:
        types = run.query(
            "select column_name, data_type from duckdb_columns() "
            f"where schema_name = '{relation.schema}' and table_name = '{relation.table}'"
        )
    if not types:
        return None
    known = {name: as_postgres_names_it(kind) for name, kind in sorted(types)}

    def rows() -> list[Row]:
        quoted = ", ".join(f'"{name}"' for name in known)
        return run.query(f"select {quoted} from {relation.path}")

    def texts(columns: Sequence[str]) -> list[Row]:
        # NULL is told from an empty text, and a column from the next one
        values = [f'coalesce(cast("{name}" as text), chr(30)) || chr(31)' for name in columns]
        return run.query(f"select {' || '.join(values)} from {relation.path}")

    return Table(known, rows, texts)


def as_postgres_names_it(kind: str) -> str:
    return POSTGRES_NAMES.get(kind, kind.lower()).replace("decimal", "numeric")


def is_numeric(kind: str) -> bool:
    return kind.split("(")[0] in ("numeric", "bigint", "integer")


def differences(
    name: str,
    first: Table | None,
    second: Table | None,
    keys: Sequence[str] = (),
    exact_types: bool = True,
    shown: int = 3,
) -> list[str]:
    """What differs between two tables, as lines for a reader; no lines where nothing does."""
    if first is None or second is None:
        missing = [side for side, table in (("first", first), ("second", second)) if table is None]
        return [f"{name}: not there in the {' and the '.join(missing)}"]
    if first.columns != second.columns:
        return [f"{name}: columns differ: {sorted(set(first.columns) ^ set(second.columns))}"]
    lines = [
        f"{name}.{column}: type {kind} and {second.types[column]}"
        for column, kind in first.types.items()
        if kind != second.types[column]
        and (exact_types or not (is_numeric(kind) and is_numeric(second.types[column])))
    ]
    near = [place for place, column in enumerate(first.columns) if unit(name, column, first)]
    exact = [place for place in range(len(first.columns)) if place not in near]
    if not near and is_same_text(first, second, exact):
        return lines
    left, right = (Counter(pick(row, exact) for row in table.rows) for table in (first, second))
    if left != right:
        only = [row_by_key(first, keys, exact, rows) for rows in (left - right, right - left)]
        count = max(sum((left - right).values()), sum((right - left).values()))
        lines.append(f"{name}: {count} of {len(first.rows)} and {len(second.rows)} rows differ")
        for key in sorted(only[0].keys() | only[1].keys(), key=str)[:shown]:
            lines.append(
                f"    {describe(first, exact, keys, key, *(side.get(key) for side in only))}"
            )
    elif near:
        lines += distances(name, first, second, exact, near)[:shown]
    return lines


def is_same_text(first: Table, second: Table, exact: Sequence[int]) -> bool:
    """Whether the rows are the same as texts, and so as values; if not, they may be still."""
    if first.fetch_texts is None or second.fetch_texts is None:
        return False
    names = [first.columns[place] for place in exact]
    return Counter(first.fetch_texts(names)) == Counter(second.fetch_texts(names))


def unit(name: str, column: str, table: Table) -> Decimal | float | None:
    """By how much values may differ: a share of a float, a number of units; none is exact."""
    if table.types[column] in ("double precision", "real"):
        return FLOAT_TOLERANCE
    return FROM_FLOATS.get((name, column))


def pick(row: Row, places: Iterable[int]) -> Row:
    return tuple(row[place] for place in places)


def row_by_key(
    table: Table, keys: Sequence[str], exact: Sequence[int], rows: Counter[Row]
) -> dict[Row, Row]:
    """The rows by the values of their key, or by all of their values where there is none."""
    names = [table.columns[place] for place in exact]
    places = [names.index(key) for key in keys if key in names] or range(len(names))
    return {pick(row, places): row for row in rows}


def describe(
    table: Table,
    exact: Sequence[int],
    keys: Sequence[str],
    key: Row,
    left: Row | None,
    right: Row | None,
) -> str:
    if left is None or right is None:
        side = "second" if left is None else "first"
        row = left or right or ()
        values = [(table.columns[place], value) for place, value in zip(exact, row, strict=True)]
        kept = [pair for pair in values if pair[0] in keys] or values
        return f"only in the {side}: " + ", ".join(f"{column}={value}" for column, value in kept)
    columns = [table.columns[place] for place in exact]
    named = ", ".join(f"{name}={value}" for name, value in zip(keys, key, strict=False))
    changed = ", ".join(
        f"{column} {a!r} and {b!r}"
        for column, a, b in zip(columns, left, right, strict=True)
        if a != b
    )
    return f"{named}: {changed}"


def distances(
    name: str, first: Table, second: Table, exact: Sequence[int], near: Sequence[int]
) -> list[str]:
    """Values that lie further apart than allowed, in rows that are equal otherwise."""
    sides: list[dict[Row, list[Row]]] = []
    for table in (first, second):
        groups = defaultdict(list)
        for row in table.rows:
            groups[pick(row, exact)].append(pick(row, near))
        sides.append(groups)
    lines = []
    for key, rows in sides[0].items():
        for left, right in zip(in_order(rows), in_order(sides[1][key]), strict=True):
            for place, a, b in zip(near, left, right, strict=True):
                column = first.columns[place]
                if not is_near(a, b, unit(name, column, first)):
                    lines.append(f"{name}.{column}: {a!r} and {b!r} at {key}")
    return lines


def in_order(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: [(value is None, value or 0) for value in row])


def is_near(a: Any, b: Any, allowed: Decimal | float | None) -> bool:
    if a is None or b is None or allowed is None:
        return a is b
    if isinstance(allowed, float):
        return bool(abs(a - b) <= allowed * max(1.0, abs(a), abs(b)))
    return bool(abs(a - b) <= allowed)


def compare(first: DbtRun, second: DbtRun, only: str = "") -> list[str]:
    """All that differs between two builds."""
    lines = []
    for relation in relations(first.manifest()):
        if re.search(only, relation.path):
            lines += differences(
                relation.name,
                read(first, relation),
                read(second, relation),
                relation.keys,
                relation.has_contract,
            )
    return lines
