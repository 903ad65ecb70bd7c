"""The smallest rule that still fails, found by taking parts away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from criteria.oracle import Tree


def smaller(node: Any) -> Iterator[Any]:
    """Everything that is one part less; much of it is no rule, and fails in no way."""
    if isinstance(node, dict):
        for key, value in node.items():
            # a child in the place of its parent
            children = value.get("of", [value]) if isinstance(value, dict) else value
            if key in ("all", "any", "not", "at_least", "at_most", "exactly"):
                yield from children if isinstance(children, list) else [children]
        if len(node) > 1:
            for key in node:
                yield {other: value for other, value in node.items() if other != key}
        for key, value in node.items():
            for less in smaller(value):
                yield {**node, key: less}
    elif isinstance(node, list):
        if len(node) > 1:
            for index in range(len(node)):
                yield node[:index] + node[index + 1 :]
        for index, one in enumerate(node):
            for less in smaller(one):
                yield [*node[:index], less, *node[index + 1 :]]


def shrink(tree: Tree, fails: Callable[[Tree], bool]) -> Tree:
    """A tree of which no part can be taken away without losing the failure."""
    while True:
        for less in smaller(tree):
            if fails(less):
                tree = less
                break
        else:
            return tree
