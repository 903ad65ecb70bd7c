"""Random draws that are the same on every machine, Python and hash seed.

Only `random()` and `gauss()` of Python's generator are used: their streams are promised to
stay as they are. Every topic draws from a stream of its own, so a change in one table leaves
the others byte for byte as they were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import TypeVar

Item = TypeVar("Item")


class Chance:
    """A stream of draws that belongs to one topic of one seed."""

    def __init__(self, seed: int, *topic: str) -> None:
        self._random = Random("/".join((str(seed), *topic)))

    def unit(self) -> float:
        return self._random.random()

    def happens(self, probability: float) -> bool:
        return self.unit() < probability

    def whole(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self.unit() * (high - low + 1))

    def normal(self, mean: float, deviation: float) -> float:
        return self._random.gauss(mean, deviation)

    def pick(self, items: Sequence[Item]) -> Item:
        return items[int(self.unit() * len(items))]

    def weighted(self, weights: Mapping[Item, float]) -> Item:
        """A key of `weights`, each as likely as its weight says."""
        left = self.unit() * sum(weights.values())
        for item, weight in weights.items():
            left -= weight
            if left < 0:
                return item
        return next(reversed(list(weights)))

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        keyed = [(self.unit(), position) for position in range(len(items))]
        return [items[position] for _, position in sorted(keyed)]

    def some(self, items: Sequence[Item], count: int) -> list[Item]:
        """`count` different items (all of them if there are fewer), in their own order."""
        chosen = set(self.shuffled(range(len(items)))[:count])
        return [item for position, item in enumerate(items) if position in chosen]
