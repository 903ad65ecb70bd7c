"""Kind 9: before, on_or_before, after, on_or_after, as whole local days."""

from __future__ import annotations

import pytest

from criteria.kinds.conftest import Asker
from criteria.kinds.values import fill_times, on_days


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("{before: 2025-12-31}", "2025-12-30"),
        ("{on_or_before: 2025-12-31}", "2025-12-30 2025-12-31"),
        ("{after: 2025-12-31}", "2026-01-01"),
        ("{on_or_after: 2025-12-31}", "2025-12-31 2026-01-01"),
        ("{before: 2025-12-31, nulls: include}", "2025-12-30 unknown"),
        ("{after: 2025-12-30, before: 2026-01-01}", "2025-12-31"),
    ],
)
def test_days(asked: str, wanted: str, asker: Asker) -> None:
    asker.fill(on_days("2025-12-30", "2025-12-31", "2026-01-01"))
    assert asker.ask(f"born_on: {asked}") == set(wanted.split())


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("{before: 2025-03-30}", "before"),
        ("{on_or_before: 2025-03-30}", "before first last"),
        ("{after: 2025-03-30}", "after"),
        ("{on_or_after: 2025-03-30}", "first last after"),
        ("{after: 2025-03-30, nulls: include}", "after unknown"),
    ],
)
def test_times(asked: str, wanted: str, asker: Asker) -> None:
    fill_times(asker)
    assert asker.ask(f"seen_at: {asked}") == set(wanted.split())
