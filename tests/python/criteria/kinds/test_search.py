"""Kind 6: contains, starts_with, ends_with, matches and their contraries."""

from __future__ import annotations

import pytest

from criteria.kinds.conftest import Asker
from criteria.kinds.values import TOWNS

LINES = {"lines": {"town": "Bad\nUrach"}, "one line": {"town": "Bad Urach"}}


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("{contains: '%'}", "odd"),
        ("{contains: [_, l]}", "lower upper dotted odd"),
        ("{contains: Ulm}", "lower upper"),
        ("{contains: Ulms}", ""),
        ("{contains: L, case_sensitive: true}", "upper"),
        ("{not_contains: [_, l]}", "sharp sigma unknown"),
        ("{not_contains: ulm, nulls: exclude}", "sharp dotted sigma odd"),
        ("{starts_with: [u, st]}", "lower upper sharp"),
        ("{starts_with: ULM}", "lower upper"),
        ("{starts_with: lm}", ""),
        ("{starts_with: U, case_sensitive: true}", "upper"),
        ("{starts_with: ulmer}", ""),
        ("{starts_with: '50%'}", "odd"),
        ("{not_starts_with: u}", "sharp dotted sigma odd unknown"),
        ("{not_starts_with: [U, i, Σ], nulls: exclude}", "sharp odd"),
        ("{not_starts_with: lm, nulls: exclude}", "lower upper sharp dotted sigma odd"),
        ('{ends_with: "\\\\\'"}', "odd"),
        ("{ends_with: [LM, ße]}", "lower upper sharp"),
        ("{ends_with: Ulm}", "lower upper"),
        ("{ends_with: ul}", "dotted"),
        ("{ends_with: ς}", "sigma"),
        ("{not_ends_with: m}", "sharp dotted sigma odd unknown"),
        ("{not_ends_with: [m, l], nulls: exclude}", "sharp sigma odd"),
        (
            "{not_ends_with: m, case_sensitive: true, nulls: exclude}",
            "upper sharp dotted sigma odd",
        ),
        ("{matches: '^u.m$'}", "lower upper"),
        ("{matches: ['^ul$', 'ra']}", "sharp"),
        ("{matches: '^ulm', nulls: include}", "lower upper unknown"),
        ("{not_matches: '[ulm]'}", "sharp sigma odd unknown"),
        ("{not_matches: '[ulm]', nulls: exclude}", "sharp sigma odd"),
    ],
)
def test_texts(asked: str, wanted: str, asker: Asker) -> None:
    asker.fill(TOWNS)
    assert asker.ask(f"town: {asked}") == set(wanted.split())


def test_a_pattern_reads_a_line_break_as_a_space(asker: Asker) -> None:
    asker.fill(LINES)
    assert asker.ask("town: {matches: 'bad urach'}") == {"lines", "one line"}
    assert asker.ask("town: {matches: '^urach'}") == set()
    assert asker.ask("town: {contains: 'bad urach'}") == {"one line"}
