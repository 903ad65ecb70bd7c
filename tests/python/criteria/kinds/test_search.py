"""Kind 6: contains, starts_with, ends_with, matches and their contraries."""

from __future__ import annotations

import pytest

from criteria.kinds.conftest import Asker
from criteria.kinds.values import TOWNS

# fifty characters that are no range
HAN = "".join(map(chr, range(0x4E00, 0x4E64, 2)))
# What lies in the tables of characters around and between the letters.
SIGNS = {
    "capital": {"town": "A"},
    "letter": {"town": "m"},
    "umlaut": {"town": "Ä"},
    "sharp": {"town": "ß"},
    "dotted": {"town": "İ"},
    "times": {"town": "×"},  # noqa: RUF001  # the sign is meant
    "at": {"town": "@"},
    "bracket": {"town": "["},
    "line": {"town": "_"},
    "brace": {"town": "{"},
    "я": {"town": "Я"},
}
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


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("[A-Z]", "capital letter dotted"),
        ("[a-z]", "capital letter dotted"),
        ("[A-B]", "capital"),
        ("[A-_]", "capital letter dotted bracket line"),
        ("[Z-a]", "capital bracket line"),
        ("[Z-`]", "bracket line"),
        ("[!-Z]", "capital letter dotted at"),
        ("[@-_]", "capital letter dotted at bracket line"),
        ("[A-z]", "capital letter dotted bracket line"),
        ("[?-\\]]", "capital letter dotted at bracket"),
        ("[\\[-{]", "capital letter dotted bracket line brace"),
        ("[^A-_]", "umlaut sharp times at brace я"),
        ("[Ä-ß]", "umlaut sharp times"),
        ("[À-ÿ]", "umlaut sharp times"),
        ("[À-Ö]", "umlaut"),
        ("[à-ö]", "umlaut"),
        ("[Ā-ž]", "dotted"),
        ("[А-Я]", "я"),  # noqa: RUF001  # Cyrillic
        ("[K-_@]", "letter at bracket line"),
    ],
)
def test_a_range_holds_its_characters_folded(written: str, wanted: str, asker: Asker) -> None:
    asker.fill(SIGNS)
    assert asker.ask(f"town: {{matches: '{written}'}}") == set(wanted.split())


def test_a_range_holds_its_characters_as_they_are(asker: Asker) -> None:
    asker.fill(SIGNS)
    rule = "town: {matches: '%s', case_sensitive: true}"
    assert asker.ask(rule % "[A-_]") == {"capital", "bracket", "line"}
    assert asker.ask(rule % "[^a-zÄ-ß]") == {*SIGNS} - {"letter", "umlaut", "sharp", "times"}


@pytest.mark.parametrize(
    "pattern",
    [
        "(a{31}){32}",
        "((a{10}){10}){10}",
        "(a{1,31}){1,32}",
        "(((.{0,10}){0,10}){0,10}){0,1}",
        "[^A-_]{250}" * 20,
        "([À-ÿ]{200}){5}" * 5,
        f"[{HAN}]{{100}}",
        "(.{1,25}x){1,40}",
        "|".join(f"town{number}" for number in range(500)),
    ],
    ids=lambda pattern: pattern[:24],
)
def test_patterns_as_large_as_they_may_be(pattern: str, asker: Asker) -> None:
    asker.fill({"long": {"town": "a" * 3000}, "short": {"town": "Ulm"}, "unknown": {}})
    asker.ask(f"town: {{matches: '{pattern}'}}")


def test_a_pattern_reads_a_line_break_as_a_space(asker: Asker) -> None:
    asker.fill(LINES)
    assert asker.ask("town: {matches: 'bad urach'}") == {"lines", "one line"}
    assert asker.ask("town: {matches: '^urach'}") == set()
    assert asker.ask("town: {contains: 'bad urach'}") == {"one line"}
