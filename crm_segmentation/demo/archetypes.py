"""How kinds of customers buy, and how well anyone could tell them apart.

Each archetype is a cloud of four traits. The clouds overlap on purpose: `most_likely` knows
the densities that drew a customer and still names the wrong archetype for some of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, expm1, log, pi

from crm_segmentation.demo.chance import Chance


@dataclass(frozen=True)
class Cloud:
    """Mean and standard deviation of a trait."""

    mean: float
    deviation: float

    def log_density(self, value: float) -> float:
        away = (value - self.mean) / self.deviation
        return -0.5 * away * away - log(self.deviation) - 0.5 * log(2 * pi)


@dataclass(frozen=True)
class Traits:
    """What the generator knows of a buyer, on the scales on which it is drawn."""

    log2_orders: float
    log10_basket: float
    log_visits: float
    wear_share: float

    @property
    def orders(self) -> int:
        return max(1, round(2**self.log2_orders))

    @property
    def basket_eur(self) -> float:
        return 10**self.log10_basket

    @property
    def visits(self) -> int:
        return max(0, round(expm1(self.log_visits)))

    def values(self) -> tuple[float, float, float, float]:
        return (self.log2_orders, self.log10_basket, self.log_visits, self.wear_share)


TRAIT_NAMES = ("log2_orders", "log10_basket", "log_visits", "wear_share")

CLOUDS: dict[str, tuple[Cloud, Cloud, Cloud, Cloud]] = {
    "key_account": (Cloud(2.8, 0.7), Cloud(3.4, 0.37), Cloud(1.3, 0.6), Cloud(0.45, 0.24)),
    "maintenance": (Cloud(1.5, 0.8), Cloud(2.6, 0.43), Cloud(0.3, 0.5), Cloud(0.8, 0.18)),
    "project": (Cloud(0.3, 0.8), Cloud(3.5, 0.43), Cloud(0.3, 0.5), Cloud(0.2, 0.22)),
    "online_regular": (Cloud(1.4, 0.8), Cloud(2.2, 0.43), Cloud(1.7, 0.5), Cloud(0.5, 0.27)),
    "occasional": (Cloud(0.0, 0.6), Cloud(1.8, 0.43), Cloud(0.1, 0.4), Cloud(0.55, 0.34)),
}

# How often each archetype occurs among the buyers of a kind.
SHARES: dict[str, dict[str, float]] = {
    "company": {
        "key_account": 0.2,
        "maintenance": 0.34,
        "project": 0.22,
        "online_regular": 0.1,
        "occasional": 0.14,
    },
    "person": {"maintenance": 0.08, "project": 0.04, "online_regular": 0.16, "occasional": 0.72},
}

PROSPECT = "prospect"


def draw_traits(chance: Chance, archetype: str) -> Traits:
    drawn = [round(chance.normal(cloud.mean, cloud.deviation), 2) for cloud in CLOUDS[archetype]]
    return Traits(drawn[0], drawn[1], drawn[2], min(1.0, max(0.0, drawn[3])))


def posterior(traits: Traits, kind: str) -> Mapping[str, float]:
    """The probability of each archetype for one who knows how the company was made."""
    scores = {
        archetype: log(share)
        + sum(
            cloud.log_density(value)
            for cloud, value in zip(CLOUDS[archetype], traits.values(), strict=True)
        )
        for archetype, share in SHARES[kind].items()
    }
    best = max(scores.values())
    weights = {archetype: exp(score - best) for archetype, score in scores.items()}
    total = sum(weights.values())
    return {archetype: weight / total for archetype, weight in weights.items()}


def most_likely(traits: Traits, kind: str) -> str:
    chances = posterior(traits, kind)
    return max(chances, key=lambda archetype: chances[archetype])
