"""The tables of a world, as the consumer's models would be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from criteria.catalogues import ATTRIBUTES, EVENTS, GROUPS, NUMBER_TYPES, RELATIONS
from criteria.oracle import Row, World, spells

Columns = dict[str, str]
Table = tuple[str, Columns, Sequence[Sequence[Any]]]


def tables(world: World) -> Iterator[Table]:
    """Name, columns and rows of each table of a world."""
    yield "rule_base", {"account_id": "text"}, [[one] for one in world.base]
    yield from attribute_tables(world)
    yield from event_tables(world)
    yield from relation_tables(world)
    yield from contact_tables(world)
    yield from group_tables(world)
    yield from history_tables(world)


def listed(name: str, columns: Columns, rows: Iterable[Row]) -> Table:
    return name, columns, [[row.get(column) for column in columns] for row in rows]


def attribute_tables(world: World) -> Iterator[Table]:
    for model in ("account_attributes", "account_extras"):
        declared = {name: one for name, one in ATTRIBUTES.items() if one["model"] == model}
        columns = {"account_id": "text"}
        for name, attribute in declared.items():
            column = attribute.get("column", name)
            kind = attribute.get("sql_type", attribute["type"])
            is_point = attribute["type"] == "point"
            columns |= (
                {f"{column}_lat": kind, f"{column}_lon": kind} if is_point else {column: kind}
            )
        yield listed(
            model,
            columns,
            (
                {"account_id": account_id, **values_of(row, declared)}
                for account_id, row in world.attributes.items()
                # an account of which the second model knows nothing has no row there
                if model == "account_attributes" or any(row[name] is not None for name in declared)
            ),
        )
    yield (
        "account_tags",
        {"account_id": "text", "attribute": "text", "value": "text"},
        [
            [account_id, name, value]
            for account_id, row in world.attributes.items()
            for name in ("tags", "hobbies")
            for value in row[name]
        ],
    )


def values_of(row: Row, declared: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """An account's values by column; of a point half may be known, which is none."""
    values: dict[str, Any] = {}
    for name, attribute in declared.items():
        column = attribute.get("column", name)
        if attribute["type"] == "point":
            latitude, longitude = row[name] or (row.get(f"half_{name}"), None)
            values |= {f"{column}_lat": latitude, f"{column}_lon": longitude}
        else:
            values[column] = row[name]
    return values


def sql_types(columns: Mapping[str, str]) -> Columns:
    return {
        column: NUMBER_TYPES.get(column, "integer") if kind == "number" else kind
        for column, kind in columns.items()
    }


FACT = {"occurred_at": "timestamp", "loaded_at": "timestamp"}


def event_tables(world: World) -> Iterator[Table]:
    keys = {"event_id": "text", "account_id": "text", "event_name": "text", **FACT}
    for model in ("activities", "calls"):
        names = [name for name, event in EVENTS.items() if event["model"] == model]
        columns = {
            column: kind for name in names for column, kind in EVENTS[name]["columns"].items()
        }
        rows = (event for event in world.events if event["event_name"] in names)
        yield listed(model, keys | sql_types(columns), rows)


def relation_tables(world: World) -> Iterator[Table]:
    for name, relation in RELATIONS.items():
        columns = {"account_id": "text", **sql_types(relation["columns"])}
        yield listed(relation["model"], columns, world.relations.get(name, ()))


def contact_tables(world: World) -> Iterator[Table]:
    point = {"channel": "text", "contact_point": "text"}
    yield listed("int_contact_points", {"account_id": "text", **point}, world.contact_points)
    yield listed(
        "consents",
        {**point, "purpose": "text", "status": "text", "expires_at": "timestamp", **FACT},
        world.consents,
    )
    yield listed("contact_blocks", {**point, "reason": "text", **FACT}, world.suppressions)


def group_tables(world: World) -> Iterator[Table]:
    day = {"account_id": "text", "as_of_date": "date", "rule_hash": "text"}
    for group in GROUPS:
        members = sorted(world.groups.get(group, ()))
        yield group, day, [[one, world.as_of, "0"] for one in members]
    for name, ids in world.lists.items():
        yield name, {"account_id": "text"}, [[one] for one in sorted(ids)]


def history_tables(world: World) -> Iterator[Table]:
    """Spells as the project's door to the past gives them."""
    span = {"valid_from": "date", "valid_to": "date"}
    groups = [
        {
            "account_id": account_id,
            "group_name": group,
            "valid_from": spell.start,
            "valid_to": spell.end,
            "is_entry": spell.start != world.recorded_since[group],
            "is_exit": spell.end is not None,
        }
        for (account_id, group), rows in by_key(world.recorded_members, "group")
        for spell in spells([row for row in rows if row["status"] == "member"], world.as_of)
    ]
    yield listed(
        "int_group_membership_spells",
        {"account_id": "text", "group_name": "text", **span}
        | {"is_entry": "boolean", "is_exit": "boolean"},
        groups,
    )
    values = []
    for (account_id, attribute), rows in by_key(world.recorded_values, "attribute"):
        before = None
        for spell in spells(rows, world.as_of):
            is_change = before is not None and before.end == spell.start
            values.append(
                {
                    "account_id": account_id,
                    "attribute": attribute,
                    "value": as_text(spell.value),
                    "valid_from": spell.start,
                    "valid_to": spell.end,
                    "value_before": as_text(before.value) if before and is_change else None,
                    "is_change": is_change,
                }
            )
            before = spell
    yield listed(
        "int_account_attribute_spells",
        {"account_id": "text", "attribute": "text", "value": "text", **span}
        | {"value_before": "text", "is_change": "boolean"},
        values,
    )


def as_text(value: Any) -> str | None:
    return None if value is None else str(value)


def by_key(rows: Iterable[Row], name: str) -> Iterable[tuple[tuple[str, str], list[Row]]]:
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row["account_id"], row[name]), []).append(row)
    return found.items()
