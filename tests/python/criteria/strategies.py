"""The same worlds and rules as Hypothesis strategies, which shrink what fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

from criteria.oracle import Tree
from criteria.rules import draw_rule, draw_world
from criteria.worlds import DrawnWorld

Draw = Callable[[st.SearchStrategy[Any]], Any]


class Shrinking:
    """Choices of Hypothesis."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw

    def integer(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def pick(self, options: Sequence[Any]) -> Any:
        return self.draw(st.sampled_from(options))


@st.composite
def worlds(draw: Draw) -> DrawnWorld:
    return draw_world(Shrinking(draw))


@st.composite
def rules(draw: Draw, world: DrawnWorld, depth: int = 5) -> Tree:
    return draw_rule(Shrinking(draw), world, depth)


@st.composite
def many_rules(draw: Draw, world: DrawnWorld, count: int, about: Sequence[str]) -> list[Tree]:
    """Rules of any kind, and one about each kind that is named."""
    choices = Shrinking(draw)
    some = [draw_rule(choices, world) for _ in range(count - len(about))]
    return some + [draw_rule(choices, world, depth=3, about=kind) for kind in about]
