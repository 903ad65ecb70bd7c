"""Each kind of leaf has its own file of tests, in which each of its words is asked."""

from __future__ import annotations

import re
from pathlib import Path

from criteria.engine import ROOT, Engine

MACROS = ROOT / "macros" / "criteria" / "kinds"
TESTS = Path(__file__).parent
KINDS = {str(number) for number in range(1, 36)} - {"23", "29"}
KINDS |= {"23a", "23b", "23c", "29a", "29b", "29c"}


def file_of(stem: str) -> Path:
    return TESTS / f"test_{stem}.py"


def kinds_of(text: str) -> set[str]:
    """The numbers that the first words name: Kind 5, Kinds 1 and 7, Kinds 10 to 12."""
    named = re.match(r'(?:\{#|""")\s*Kinds? ([0-9a-c]+)(?: (and|to) ([0-9a-c]+))?', text)
    if named is None:
        return set()
    first, joint, last = named.groups()
    if joint == "to":
        return {str(number) for number in range(int(first), int(last) + 1)}
    return {first, last} - {None}


def test_each_kind_has_its_file() -> None:
    found = set()
    for file in sorted(MACROS.glob("*.sql")):
        kinds = kinds_of(file.read_text())
        assert kinds, f"{file.name} does not begin with its kind"
        assert kinds_of(file_of(file.stem).read_text()) == kinds, file.stem
        found |= kinds
    assert found == KINDS


def test_each_word_is_asked_in_the_file_of_its_kind(engine: Engine) -> None:
    macros = {
        **engine.call("leaf_kinds"),
        **{name: entry["macro"] for name, entry in engine.call("operators").items()},
    }
    for word, macro in macros.items():
        file = engine.manifest.macros[f"macro.crm_segmentation.{macro}"].original_file_path
        text = file_of(Path(file).stem).read_text()
        # as a key, or, in a rule that is filled in, as a name
        assert re.search(rf"[\"{{ ]{word}\b", text), f"{word} is not in test_{Path(file).stem}.py"
