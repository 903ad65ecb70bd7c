"""What `make` hands on to the commands."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT


@pytest.mark.parametrize("account", ["A1", "O'Brien", 'two "words"', "a; echo b", "50 % & more"])
def test_an_account_is_handed_on_as_it_is_written(tmp_path: Path, account: str) -> None:
    command = tmp_path / "crm-segmentation"
    command.write_text('#!/bin/sh\nfor one in "$@"; do echo "<$one>"; done\n')
    command.chmod(0o755)
    ready = tmp_path / "ready"
    ready.touch()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        [
            *("make", "--silent", "explain", f"BIN={tmp_path}", f"READY={ready}"),
            *("PROFILE=vip_dach", f"ACCOUNT={account}"),
        ],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    words = [line.strip("<>") for line in done.stdout.splitlines()]
    assert words == ["explain", "vip_dach", account, "--target", "duckdb"]
