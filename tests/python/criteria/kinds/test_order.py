"""Kind 3: gt, gte, lt, lte."""

from __future__ import annotations

import pytest

from criteria.kinds.conftest import Asker
from criteria.kinds.values import MONEY


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("{gt: 10}", "more"),
        ("{gte: 10}", "same more"),
        ("{lt: 10}", "less"),
        ("{lte: 10}", "less same"),
        ("{lte: 10, nulls: include}", "less same unknown"),
        ("{gt: -10, nulls: exclude}", "less same more"),
        ("{gte: '10.0100', lte: 10.01}", "more"),
        ("{gte: 10, lt: 10.01}", "same"),
        ("{gt: 10, lt: 10}", ""),
    ],
)
def test_edges_and_unknown(asked: str, wanted: str, asker: Asker) -> None:
    asker.fill(MONEY)
    assert asker.ask(f"revenue: {asked}") == set(wanted.split())
