"""What the rules of the tests may ask: attributes, events, relations, groups, lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from criteria.oracle import Row

ATTRIBUTES: dict[str, dict[str, Any]] = {
    "sector": {"type": "text", "model": "account_attributes"},
    "market": {
        "type": "text",
        "model": "account_attributes",
        "column": "market_code",
        "allowed": ["DE", "AT", "CH", "NO"],
    },
    "headcount": {"type": "number", "sql_type": "integer", "model": "account_attributes"},
    "turnover": {
        "type": "number",
        "sql_type": "decimal(18, 2)",
        "model": "account_attributes",
        "column": "turnover_amount",
    },
    "credit": {"type": "number", "sql_type": "decimal(18, 2)", "model": "account_attributes"},
    "is_vip": {"type": "boolean", "model": "account_attributes"},
    "contract_ends_on": {"type": "date", "model": "account_attributes"},
    "last_login_at": {"type": "timestamp", "model": "account_attributes"},
    "nickname": {"type": "text", "model": "account_extras"},
    "quality_score": {"type": "number", "sql_type": "decimal(9, 6)", "model": "account_extras"},
    "stock": {"type": "number", "sql_type": "bigint", "model": "account_extras"},
    "is_blocked": {"type": "boolean", "model": "account_extras"},
    "joined_on": {"type": "date", "model": "account_extras"},
    "site": {
        "type": "point",
        "sql_type": "decimal(9, 6)",
        "model": "account_attributes",
        "column": "place",
    },
    "first_seen_at": {"type": "timestamp", "model": "account_extras"},
    "tags": {"type": "values", "model": "account_tags"},
    "hobbies": {"type": "values", "model": "account_tags"},
}

EVENTS: dict[str, dict[str, Any]] = {
    "purchase": {
        "model": "activities",
        "columns": {
            "amount": "number",
            "quantity": "number",
            "category": "text",
            "product": "text",
            "channel": "text",
            "is_rush": "boolean",
            "due_on": "date",
            "shipped_at": "timestamp",
        },
    },
    "page_view": {
        "model": "activities",
        "columns": {"category": "text", "quantity": "number", "product": "text"},
    },
    "call": {
        "model": "calls",
        "columns": {
            "topic": "text",
            "score": "number",
            "is_resolved": "boolean",
            "product": "text",
        },
    },
}

RELATIONS: dict[str, dict[str, Any]] = {
    "people": {
        "model": "people",
        "columns": {
            "role": "text",
            "nick": "text",
            "level": "number",
            "score": "number",
            "is_main": "boolean",
            "born_on": "date",
            "seen_at": "timestamp",
        },
    },
    "depots": {"model": "depots", "columns": {"town": "text", "size": "number"}},
}

GROUPS = ("group_a", "group_b", "group_c")

# What earlier runs recorded: members of groups, and values of attributes.
RECORDED_GROUPS = ("group_a", "group_b")
RECORDED_ATTRIBUTES = ("sector", "headcount")

CHANNELS = ("email", "phone")
PURPOSES = ("newsletter", "offers")
LISTS = ("list_a", "list_b", "list_c")

# What a `sql` leaf may hold, and what it means.
EXPRESSIONS: dict[str, Callable[[Row], bool | None]] = {
    "credit > turnover_amount": lambda row: (
        None
        if row["credit"] is None or row["turnover"] is None
        else row["credit"] > row["turnover"]
    ),
    "sector like '%''%' or headcount is null": lambda row: (
        (row["sector"] is not None and "'" in row["sector"])
        or row["headcount"] is None
        or (None if row["sector"] is None else False)
    ),
    "not is_vip": lambda row: None if row["is_vip"] is None else not row["is_vip"],
}

NUMBER_TYPES = {"amount": "decimal(18, 2)", "score": "decimal(5, 2)"}
