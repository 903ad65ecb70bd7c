"""Kinds 1 to 7 and 9 to 12 of attributes: each edge, what is unknown, and the contrary."""

from __future__ import annotations

from datetime import date

import pytest

from criteria.kinds.conftest import Asker, at

MONEY = {
    "less": {"revenue": "9.99"},
    "same": {"revenue": "10.00"},
    "more": {"revenue": "10.01"},
    "unknown": {},
}
TOWNS = {
    "lower": {"town": "ulm"},
    "upper": {"town": "ULM"},
    "sharp": {"town": "Straße"},
    "dotted": {"town": "İstanbul"},
    "sigma": {"town": "ΣΑΣ"},
    "odd": {"town": "50% _x\\'"},
    "unknown": {},
}


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("10", "same"),
        ("{neq: 10}", "less more unknown"),
        ("{neq: 10, nulls: exclude}", "less more"),
        ("[9.99, 10.01]", "less more"),
        ("{not_in: [9.99, 10.01]}", "same unknown"),
        ("{gt: 10}", "more"),
        ("{gte: 10}", "same more"),
        ("{lt: 10}", "less"),
        ("{lte: 10, nulls: include}", "less same unknown"),
        ("{gte: 10, lt: 10.01}", "same"),
        ("{between: [10, 10]}", "same"),
        ("{not_between: [10, 10]}", "less more unknown"),
        ("{is_null: true}", "unknown"),
        ("{not_null: true}", "less same more"),
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
        ("{not_in: [Ulm], nulls: exclude}", "sharp dotted sigma odd"),
        ("STRASSE", ""),
        ("STRAßE", "sharp"),
        ("istanbul", "dotted"),
        ("σας", "sigma"),
        ("{contains: '%'}", "odd"),
        ("{contains: [_, l]}", "lower upper dotted odd"),
        ("{not_contains: [_, l]}", "sharp sigma unknown"),
        ("{starts_with: [u, st]}", "lower upper sharp"),
        ('{ends_with: "\\\\\'"}', "odd"),
        ("{matches: '^u.m$'}", "lower upper"),
        ("{not_matches: '[ulm]', nulls: exclude}", "sharp sigma odd"),
    ],
)
def test_texts(asked: str, wanted: str, asker: Asker) -> None:
    asker.fill(TOWNS)
    assert asker.ask(f"town: {asked}") == set(wanted.split())


def test_a_boolean_false_is_true_of_the_unknown(asker: Asker) -> None:
    asker.fill({"yes": {"is_member": True}, "no": {"is_member": False}, "unknown": {}})
    assert asker.ask("is_member: true") == {"yes"}
    assert asker.ask("is_member: false") == {"no", "unknown"}
    assert asker.ask("is_member: {eq: false, nulls: exclude}") == {"no"}


DAYS = [
    "2025-10-02",
    "2025-10-03",
    "2025-12-01",
    "2025-12-02",
    "2025-12-31",
    "2026-01-01",
    "2026-01-30",
    "2026-01-31",
]


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("{within: 30d}", DAYS[3:5]),
        ("{ago: [30d, 90d]}", DAYS[1:3]),
        ("{ago: [0d, 30d]}", DAYS[3:5]),
        ("{older_than: 90d}", DAYS[:1]),
        ("{in_next: 30d}", DAYS[5:7]),
        ("{in_period: last month}", DAYS[2:5]),
        ("{in_period: this month}", DAYS[5:]),
        ("{between: [2025-10-03, 2026-01-30]}", DAYS[1:7]),
        ("{not_between: [2025-10-03, 2026-01-30]}", [DAYS[0], DAYS[7], "unknown"]),
        ("2025-12-31", DAYS[4:5]),
        ("{after: 2025-12-31}", DAYS[5:]),
        ("{on_or_after: 2025-12-31}", DAYS[4:]),
        ("{before: 2025-10-03}", DAYS[:1]),
        ("{on_or_before: 2025-10-03}", DAYS[:2]),
    ],
)
def test_days(asked: str, wanted: list[str], asker: Asker) -> None:
    asker.fill({day: {"born_on": date.fromisoformat(day)} for day in DAYS} | {"unknown": {}})
    assert asker.ask(f"born_on: {asked}") == set(wanted)


@pytest.mark.parametrize(
    "asked", ["{within: 1d}", "2025-03-30", "{in_period: last day}", "{ago: [0d, 1d]}"]
)
def test_a_day_of_23_hours_is_one_day(asked: str, asker: Asker) -> None:
    asker.set_day(date(2025, 3, 31), time_zone="Europe/Berlin")
    asker.fill(
        {
            "before": {"seen_at": at("2025-03-29T22:59:59.999999")},
            "first": {"seen_at": at("2025-03-29T23:00:00")},
            "last": {"seen_at": at("2025-03-30T21:59:59.999999")},
            "after": {"seen_at": at("2025-03-30T22:00:00")},
            "unknown": {},
        }
    )
    assert asker.ask(f"seen_at: {asked}") == {"first", "last"}
