"""Files that commands write and people commit: whether they are stale, and what is said of it."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml  # type: ignore[import-untyped]


def model_folders(project: Path) -> list[str]:
    """Where a dbt project keeps its models: its setting `model-paths`."""
    file = project / "dbt_project.yml"
    settings = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else None
    return list((settings or {}).get("model-paths") or ["models"])


def settle(path: Path, text: str, *, check: bool) -> bool:
    """Write a generated file, or with `check` only look; whether it was stale."""
    stale = not path.exists() or path.read_text(encoding="utf-8") != text
    if stale and not check:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return stale


def command_again(command: str, named: dict[str, tuple[Path, Path]], others: Sequence[str]) -> str:
    """A command with the options, each (given, default), and other arguments that were given."""
    options = [
        text
        for name, (given, default) in named.items()
        if given != default
        for text in (name, str(given))
    ]
    return shlex.join([command, *options, *others])


def tell(command: str, stale: Sequence[Path], *, check: bool) -> int:
    """Say which files were stale; the exit code of the command."""
    if check and stale:
        for path in stale:
            print(f"stale: {path}", file=sys.stderr)
        print(f"Run `crm-segmentation {command}` and commit what it writes.", file=sys.stderr)
        return 1
    for path in stale:
        print(f"wrote {path}")
    return 0
