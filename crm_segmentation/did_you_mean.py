"""What somebody may have meant who wrote a name that is not there."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """A question to end an error with, like the macro of this name; empty if none is near."""
    found = get_close_matches(name, sorted(names), n=1, cutoff=0.5)
    return f" Did you mean '{found[0]}'?" if found else ""
