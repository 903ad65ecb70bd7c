"""Rules with something wrong in them, at random."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from criteria.drawing import Seeded
from criteria.oracle import Tree

# What nobody should write, in the place of what was there.
VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1.5,
    10**30,
    float("nan"),
    float("inf"),
    1e-20,
    "",
    " ",
    "'); drop table rule_base; --",
    "x' or '1' = '1",
    "{{ 1 / 0 }}",
    "\\",
    "\x00",
    "e\u0301\u202e\ud7ff",
    "x" * 5000,
    "30d",
    "0d",
    "99999999999d",
    "1e3",
    "-99999999999999999999.999999999999999999",
    "-99999999999999999999.99999999",
    "0.00001",
    "[A-_]",
    "[^!-Z]{2}",
    "(a{32}){32}",
    "(.{1,31}){1,32}",
    "2025-02-30",
    date(1, 1, 1),
    date(9999, 12, 31),
    datetime(2025, 1, 1, 10),
    [],
    {},
    [None],
    [[]],
    [[["a"]]],
    {"a": 1},
    {"eq": 1},
    {"of": "amount"},
    {"name": "purchase"},
    {"is_vip": True},
    [{"is_vip": True}],
    ["a", 1],
    [1, 2, 3],
]

KEYS: list[Any] = ["", "a b", "eq", "gte", "of", "name", "where", "all", "not", "nulls", "over", 1]
KEYS += [True, None, "x'", "is_null", "within", "count", "if_empty", "case_sensitive", "sector"]


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a value stands, as keys from the root."""
    yield path
    items = node.items() if isinstance(node, dict) else ()
    items = enumerate(node) if isinstance(node, list) else items
    for key, value in items:
        yield from places(value, (*path, key))


def broken(draw: Seeded, tree: Tree) -> Tree:
    """The rule with one thing changed, put in, taken away or named otherwise."""
    root = {"root": copy.deepcopy(tree)}
    *way, last = draw.pick([("root", *path) for path in places(tree)])
    node: Any = root
    for key in way:
        node = node[key]
    change = draw.pick(["value", "value", "value", "rename", "add", "remove", "wrap", "swap"])
    if change == "remove" and last != "root":
        del node[last]
    elif change == "wrap":
        node[last] = draw.pick([[node[last]], {"not": node[last]}, {"eq": node[last]}])
    elif change == "add" and isinstance(node[last], dict):
        node[last][draw.pick(KEYS)] = draw.pick(VALUES)
    elif change == "add" and isinstance(node[last], list):
        node[last].append(draw.pick(VALUES))
    elif change == "rename" and isinstance(node, dict) and last != "root":
        node[draw.pick(KEYS)] = node.pop(last)
    elif change == "swap" and isinstance(node[last], str) and node[last]:
        cut = draw.integer(0, len(node[last]) - 1)
        node[last] = node[last][:cut] + draw.pick(["", "'", "%", "X", "0"]) + node[last][cut + 1 :]
    else:
        node[last] = copy.deepcopy(draw.pick(VALUES))
    return root["root"]


def garbled(draw: Seeded, text: str) -> str:
    """Its YAML with letters put in, taken out and changed."""
    letters = list(text)
    for _ in range(draw.integer(1, 3)):
        at = draw.integer(0, len(letters))
        letters[at : at + draw.integer(0, 2)] = draw.pick(
            [
                "",
                "\t",
                ":",
                "-",
                "[",
                "}",
                "'",
                '"',
                "#",
                "&a",
                "*a",
                "\n",
                "!",
                "|",
                "{{",
                "%}",
                "é",
            ]
        )
    return "".join(letters)
