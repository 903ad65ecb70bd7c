"""The command `crm-segmentation`: one entry point, a module for each sub-command."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

# sub-command -> (module with `main(argv) -> int`, what it does)
COMMANDS = {
    "postgres": ("crm_segmentation.postgres", "run a PostgreSQL server in a folder of the project"),
    "summary": ("crm_segmentation.summary", "print what the last build made"),
    "calibration": (
        "crm_segmentation.calibration",
        "print and draw how well the propensities held when tried",
    ),
    "rules": ("crm_segmentation.rules.sheet", "write profile models from a sheet of rules"),
    "explain": ("crm_segmentation.explain", "print why an account is in a profile, or not"),
    "tree": ("crm_segmentation.tree", "print what a decision tree found, write a leaf as profile"),
    "compare-rules": ("crm_segmentation.compare_rules", "report what a change of rules changes"),
    "lint-rules": (
        "crm_segmentation.rules.lint",
        "read rules strictly, warn of what cannot be meant",
    ),
    "docs": ("crm_segmentation.docs", "generate dbt's docs, with the rules in plain English"),
    "schema": ("crm_segmentation.rules.schema", "write the JSON Schema of rules"),
    "clusters": ("crm_segmentation.show_clusters", "print what the clusters are, and draw them"),
    "contracts": ("crm_segmentation.contracts", "write the YAML contracts of generated columns"),
}


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="crm-segmentation",
        description="Tools of the customer-segmentation dbt project.",
        epilog="`crm-segmentation COMMAND --help` explains a command.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (_, purpose) in COMMANDS.items():
        # the module has a parser of its own, with its own --help
        commands.add_parser(name, help=purpose, add_help=False)
    arguments, rest = parser.parse_known_args(argv)
    module = importlib.import_module(COMMANDS[arguments.command][0])
    try:
        code = int(module.main(rest))
        sys.stdout.flush()
    except BrokenPipeError:
        # who reads has seen enough, as `head` does; what is left must not be flushed at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main())
