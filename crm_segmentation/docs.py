"""`crm-segmentation docs`: `dbt docs generate`, with the rules in plain English.

dbt takes the description of a model from YAML alone: no macro can set it when dbt parses. So
the text that a profile publishes in its meta is written into the artifact that the docs site
reads, where the profile has no description of its own.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from crm_segmentation.explain import DBT_OPTIONS, dbt_options


def describe(manifest: dict[str, Any]) -> list[str]:
    """Describe the profiles that nobody described, in place; their names."""
    described = []
    for node in manifest["nodes"].values():
        published = (node.get("config", {}).get("meta") or {}).get("crm_segmentation") or {}
        is_profile = node["resource_type"] == "model" and published.get("kind") == "profile"
        if is_profile and published.get("text") and not (node.get("description") or "").strip():
            node["description"] = (
                f"One row per member account of {published['base']}: {published['text']}."
            )
            described.append(node["name"])
    return sorted(described)


def target_path(project: Path) -> str:
    """Where dbt writes if neither an option nor the environment says so."""
    settings = yaml.safe_load((project / "dbt_project.yml").read_text(encoding="utf-8"))
    return str(settings.get("target-path") or "target")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="crm-segmentation docs",
        description="Generate dbt's docs; profiles without a description get their rule's text.",
    )
    for option in DBT_OPTIONS:
        parser.add_argument(f"--{option}", help="as for dbt")
    options = dbt_options(vars(parser.parse_args(argv)))

    # dbt takes seconds to import; --help should not
    from dbt.cli.main import dbtRunner

    done: Any = dbtRunner().invoke(["docs", "generate", "--quiet", *options])
    if not done.success:
        reason = done.exception or "see the messages of dbt above"
        print(f"crm-segmentation docs: dbt docs generate failed: {reason}", file=sys.stderr)
        return 1
    # the catalogue's file lies beside it, wherever dbt was told to write
    from dbt.flags import get_flags

    project = Path(get_flags().PROJECT_DIR)
    path = project / (get_flags().TARGET_PATH or target_path(project)) / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    described = describe(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")
    print(
        f"Docs are in {path.parent}; rules describe {len(described)} profiles: "
        f"{', '.join(described) or 'all others are described already'}."
    )
    return 0
