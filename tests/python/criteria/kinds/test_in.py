"""Kind 2: in and not_in."""

from __future__ import annotations

import pytest

from criteria.kinds.conftest import Asker
from criteria.kinds.values import MONEY, TOWNS


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("[9.99, 10.01]", "less more"),
        ("{in: [10], nulls: include}", "same unknown"),
        ("{not_in: [9.99, 10.01]}", "same unknown"),
        ("{not_in: [10], nulls: exclude}", "less more"),
    ],
)
def test_numbers(asked: str, wanted: str, asker: Asker) -> None:
    asker.fill(MONEY)
    assert asker.ask(f"revenue: {asked}") == set(wanted.split())


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("[ulm, ΣΑΣ]", "lower upper sigma"),
        ("{in: [Ulm, ULM], case_sensitive: true}", "upper"),
        ("{not_in: [Ulm], nulls: exclude}", "sharp dotted sigma odd"),
        ("{not_in: [ulm], case_sensitive: true}", "upper sharp dotted sigma odd unknown"),
    ],
)
def test_texts(asked: str, wanted: str, asker: Asker) -> None:
    asker.fill(TOWNS)
    assert asker.ask(f"town: {asked}") == set(wanted.split())
