"""Kind 13: the month and day falls in the next so many days."""

from __future__ import annotations

from datetime import date

import pytest

from criteria.kinds.conftest import Asker


@pytest.mark.parametrize(
    ("as_of", "span", "inside", "outside"),
    [
        # today is the first day, the 14th day after it the first that is out
        ("2026-05-10", "14d", ["1980-05-10", "2030-05-23"], ["1980-05-09", "1980-05-24"]),
        ("2026-05-10", "1d", ["1999-05-10"], ["1999-05-11", "1999-05-09"]),
        ("2026-05-10", "2w", ["1980-05-23"], ["1980-05-24"]),
        # over the turn of the year
        ("2025-12-25", "14d", ["1990-12-25", "1990-01-07"], ["1990-12-24", "1990-01-08"]),
        # up to and with the last day of the year
        ("2025-12-25", "7d", ["1990-12-31"], ["1990-01-01"]),
        # 29 February counts on the 28th where there is none, and only then
        ("2025-02-15", "14d", ["2000-02-29", "2000-02-28"], ["2000-03-01"]),
        ("2025-02-15", "13d", ["2000-02-27"], ["2000-02-29", "2000-02-28"]),
        ("2024-02-15", "14d", ["2000-02-28"], ["2000-02-29", "2000-03-01"]),
        ("2024-02-15", "15d", ["2000-02-29"], ["2000-03-01"]),
        ("2025-02-28", "1d", ["2000-02-29", "2001-02-28"], ["2000-02-27", "2000-03-01"]),
        ("2025-03-01", "1d", ["2000-03-01"], ["2000-02-29"]),
        # nearly the whole year: from 2 January the day before is left
        ("2025-01-02", "364d", ["2000-01-02", "2000-12-31", "2000-02-29"], ["2000-01-01"]),
        ("2024-02-29", "365d", ["2000-02-29", "2000-02-27", "2000-03-01"], ["2001-02-28"]),
    ],
)
def test_edges(as_of: str, span: str, inside: list[str], outside: list[str], asker: Asker) -> None:
    asker.set_day(date.fromisoformat(as_of))
    accounts = {f"in {day}": {"born_on": date.fromisoformat(day)} for day in inside}
    accounts |= {f"out {day}": {"born_on": date.fromisoformat(day)} for day in outside}
    asker.fill(accounts | {"unknown": {"born_on": None, "town": "x"}, "no row": {}})
    found = asker.ask(f"born_on: {{anniversary_in_next: {span}}}")
    assert found == {name for name in accounts if name.startswith("in ")}


def test_unknown_is_out_unless_said(asker: Asker) -> None:
    asker.fill({"unknown": {}, "soon": {"born_on": date(1980, 1, 2)}})
    assert asker.ask("born_on: {anniversary_in_next: 7d, nulls: include}") == {"unknown", "soon"}


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("born_on: {anniversary_in_next: 366d}", ["born_on.anniversary_in_next", "366d", "365d"]),
        ("born_on: {anniversary_in_next: 53w}", ["53w", "52w"]),
        ("born_on: {anniversary_in_next: 1m}", ["1m", "365d"]),
        ("born_on: {anniversary_in_next: 14}", ["14", "14d"]),
        ("born_on: {anniversary_in_next: 0d}", ["0d"]),
        ("seen_at: {anniversary_in_next: 14d}", ["seen_at", "timestamp", "years"]),
        ("born_on: {aniversary_in_next: 14d}", ["Did you mean 'anniversary_in_next'"]),
    ],
)
def test_errors(rule: str, parts: list[str], reader: Asker) -> None:
    reader.refuses(rule, parts)
