"""Kind 4: between and not_between, of numbers as values and of days as whole days."""

from __future__ import annotations

import pytest

from criteria.kinds.conftest import Asker
from criteria.kinds.values import MONEY, fill_times, on_days


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("{between: [10, 10]}", "same"),
        ("{between: [9.99, 10]}", "less same"),
        ("{between: [10, 11], nulls: include}", "same more unknown"),
        ("{not_between: [10, 10]}", "less more unknown"),
        ("{not_between: [9.99, 10], nulls: exclude}", "more"),
    ],
)
def test_numbers(asked: str, wanted: str, asker: Asker) -> None:
    asker.fill(MONEY)
    assert asker.ask(f"revenue: {asked}") == set(wanted.split())


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("{between: [2025-10-03, 2026-01-30]}", "2025-10-03 2026-01-30"),
        ("{not_between: [2025-10-03, 2026-01-30]}", "2025-10-02 2026-01-31 unknown"),
    ],
)
def test_days(asked: str, wanted: str, asker: Asker) -> None:
    asker.fill(on_days("2025-10-02", "2025-10-03", "2026-01-30", "2026-01-31"))
    assert asker.ask(f"born_on: {asked}") == set(wanted.split())


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("{between: [2025-03-30, 2025-03-30]}", "first last"),
        ("{not_between: [2025-03-30, 2025-03-30]}", "before after unknown"),
        ("{between: [2025-03-29, 2025-03-30], nulls: include}", "before first last unknown"),
    ],
)
def test_times(asked: str, wanted: str, asker: Asker) -> None:
    fill_times(asker)
    assert asker.ask(f"seen_at: {asked}") == set(wanted.split())
