"""The other renderings of a rule, against figures that Python counts by itself."""

from __future__ import annotations

import re

from criteria.engine import ROOT

CRITERIA = ROOT / "macros" / "criteria"


def test_every_kind_asks_one_macro_for_relations() -> None:
    """A kind that calls `ref` itself can be rendered in its own model and nowhere else."""
    found = {
        f"{path.relative_to(CRITERIA)}: {line.strip()}"
        for path in CRITERIA.rglob("*.sql")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"(?<!`)\bref\(", line)
    }
    assert found == {"reading/read_rule.sql: {{ return(ref(name) | string) }}"}
