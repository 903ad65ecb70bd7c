"""Kinds 1 and 7: eq and neq; of a boolean, false is true of the unknown."""

from __future__ import annotations

import pytest

from criteria.kinds.conftest import Asker
from criteria.kinds.values import MONEY, TOWNS, fill_times, on_days


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("10", "same"),
        ("'10.00'", "same"),
        ("{eq: 10, nulls: include}", "same unknown"),
        ("{neq: 10}", "less more unknown"),
        ("{neq: 10, nulls: exclude}", "less more"),
    ],
)
def test_numbers(asked: str, wanted: str, asker: Asker) -> None:
    asker.fill(MONEY)
    assert asker.ask(f"revenue: {asked}") == set(wanted.split())


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("Ulm", "lower upper"),
        ("{eq: ULM, case_sensitive: true}", "upper"),
        ("STRASSE", ""),
        ("STRAßE", "sharp"),
        ("istanbul", "dotted"),
        ("σας", "sigma"),
        ("{neq: Ulm}", "sharp dotted sigma odd unknown"),
        ("{neq: ULM, case_sensitive: true, nulls: exclude}", "lower sharp dotted sigma odd"),
    ],
)
def test_texts(asked: str, wanted: str, asker: Asker) -> None:
    asker.fill(TOWNS)
    assert asker.ask(f"town: {asked}") == set(wanted.split())


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("2025-12-31", "2025-12-31"),
        ("{neq: 2025-12-31}", "2025-12-30 2026-01-01 unknown"),
        ("{neq: 2025-12-31, nulls: exclude}", "2025-12-30 2026-01-01"),
    ],
)
def test_days(asked: str, wanted: str, asker: Asker) -> None:
    asker.fill(on_days("2025-12-30", "2025-12-31", "2026-01-01"))
    assert asker.ask(f"born_on: {asked}") == set(wanted.split())


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("2025-03-30", "first last"),
        ("{neq: 2025-03-30}", "before after unknown"),
    ],
)
def test_a_time_is_its_local_day(asked: str, wanted: str, asker: Asker) -> None:
    fill_times(asker)
    assert asker.ask(f"seen_at: {asked}") == set(wanted.split())


def test_a_boolean_false_is_true_of_the_unknown(asker: Asker) -> None:
    asker.fill({"yes": {"is_member": True}, "no": {"is_member": False}, "unknown": {}})
    assert asker.ask("is_member: true") == {"yes"}
    assert asker.ask("is_member: {eq: true, nulls: include}") == {"yes", "unknown"}
    assert asker.ask("is_member: false") == {"no", "unknown"}
    assert asker.ask("is_member: {eq: false, nulls: exclude}") == {"no"}
