"""`crm-segmentation tree NAME`: what a fitted decision tree found, and its leaves as profiles.

A leaf is printed as criteria, ready to be pasted into a profile; with --leaf and --write the file
is written.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from crm_segmentation.did_you_mean import did_you_mean
from crm_segmentation.explain import DBT_OPTIONS, dbt_options, jinja_text
from crm_segmentation.summary import DbtReader, SummaryError, number, share


class TreeError(Exception):
    """There is no such tree, leaf or place; the text says why and what to do."""


@dataclass(frozen=True)
class Leaf:
    number: int
    accounts: int
    sample: int
    hits: int
    held_out: int
    held_out_share: Decimal | None
    lift: Decimal
    rule: str


@dataclass(frozen=True)
class Fitted:
    name: str
    label: str
    target: str
    version: int
    day: str
    quality: dict[str, Any]
    importances: list[tuple[str, Decimal, Decimal | None]]
    leaves: list[Leaf]


def percent(value: Any) -> str:
    return "-" if value is None else f"{Decimal(value) * 100:.1f} %"


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table whose first column is text and whose others are numbers."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  "
        + "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def report(tree: Fitted) -> str:
    total = sum(leaf.sample for leaf in tree.leaves)
    hits = sum(leaf.hits for leaf in tree.leaves)
    judged = tree.quality.get("held_out_auc")
    lines = [
        f"{tree.name}: {tree.label}",
        f"Target {tree.target}: {share(hits, total)} of {number(total)} accounts to learn from, "
        f"as of {tree.day} (version {tree.version}).",
        f"On {number(tree.quality.get('held_out_accounts'))} held-out accounts the area under the "
        f"ROC curve is {'-' if judged is None else f'{judged:.3f}'} (0.5 is chance).",
        "",
        "What matters, by what held-out accounts lose when it is shuffled:",
        *columns(
            [
                ("attribute", "loss", "in the tree"),
                *(
                    (name, number(loss, 4), percent(inside))
                    for name, inside, loss in tree.importances
                    if inside or loss
                ),
            ]
        ),
        "",
        "Leaves, the highest share first:",
        *columns(
            [
                ("leaf", "accounts today", "learned from", "share", "lift", "held-out share"),
                *(
                    (
                        str(leaf.number),
                        number(leaf.accounts),
                        number(leaf.sample),
                        share(leaf.hits, leaf.sample),
                        number(leaf.lift, 2),
                        f"{percent(leaf.held_out_share)} of {leaf.held_out}",
                    )
                    for leaf in tree.leaves
                ),
            ]
        ),
    ]
    for leaf in tree.leaves:
        lines += ["", f"Leaf {leaf.number}", *(f"  {line}" for line in leaf.rule.splitlines())]
    return "\n".join(lines)


def profile_text(tree: Fitted, leaf: Leaf) -> str:
    lift = number(leaf.lift, 2)
    return (
        f"{{#- Leaf {leaf.number} of the decision tree {tree.name}, version {tree.version}, of\n"
        f"    {tree.day}: {share(leaf.hits, leaf.sample)} of {leaf.sample} accounts learned from "
        f"were in the target\n    {tree.target}, {lift} times the share of all. -#}}\n"
        f"{{% call crm_segmentation.profile() %}}\n{leaf.rule.rstrip()}\n{{% endcall %}}\n"
    )


def read(reader: DbtReader, name: str) -> Fitted:
    known = {
        str(tree): (str(label), str(target))
        for tree, label, target in reader.rows(
            "select tree, label, target from {{ ref('crm_segmentation', 'decision_trees') }}"
        )
    }
    if name not in known:
        raise TreeError(
            f"Unknown tree in TREE: got '{name}'; allowed: {', '.join(sorted(known)) or 'none'}. "
            "Declare it in the setting decision_trees." + did_you_mean(name, known)
        )
    quoted = "{{ crm_segmentation.text_literal(" + jinja_text(name) + ") }}"

    def rows(names: str, model: str, order: str) -> list[tuple[Any, ...]]:
        return reader.rows(
            f"select {names} from {{{{ ref('crm_segmentation', '{model}') }}}}"
            f" where {'model_name' if model == 'model_versions' else 'tree'} = {quoted}"
            f" order by {order}"
        )

    found = rows(
        "leaf_number, account_count, sample_count, target_count, held_out_count, held_out_share, "
        "lift, rule, fit_version, cast(fitted_as_of as text) as day",
        "decision_tree_leaves",
        "leaf_number",
    )
    if not found:
        raise TreeError(
            f"No fit of the tree {name}: got no leaves; allowed: a tree that was fitted. The log "
            "of the build says why there is none: too few accounts, or nothing that tells them "
            "apart. Call `dbt build -s +decision_tree_leaves` and read what it says."
        )
    versions = {
        int(version): json.loads(quality)
        for version, quality in rows("fit_version, quality", "model_versions", "fit_version")
    }
    version = int(found[0][8])
    return Fitted(
        name=name,
        label=known[name][0],
        target=known[name][1],
        version=version,
        day=str(found[0][9])[:10],
        quality=versions.get(version, {}),
        importances=[
            (str(feature), inside, loss)
            for feature, inside, loss in rows(
                "feature, impurity_importance, permutation_importance",
                "decision_tree_importances",
                "importance_rank",
            )
        ],
        leaves=[
            Leaf(int(n), int(a), int(s), int(h), int(o), held, lift, str(rule))
            for n, a, s, h, o, held, lift, rule, *_ in found
        ],
    )


def write(tree: Fitted, leaf_number: int, place: Path) -> str:
    leaves = {leaf.number: leaf for leaf in tree.leaves}
    if leaf_number not in leaves:
        raise TreeError(
            f"Unknown leaf in LEAF: got {leaf_number}; allowed: 1 to {len(leaves)} of the tree "
            f"{tree.name}."
        )
    if place.suffix != ".sql" or not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", place.stem):
        raise TreeError(
            f"No name of a model in WRITE: got '{place}'; allowed: a file like "
            "models/marts/profiles/likely_buyers.sql, small letters, digits and _."
        )
    if place.exists():
        raise TreeError(
            f"The file in WRITE is there already: got '{place}'; allowed: a new one. Remove it "
            "first, or choose another name."
        )
    if not place.parent.is_dir():
        raise TreeError(
            f"No folder for WRITE: got '{place.parent}'; allowed: a folder of models that is there."
        )
    place.write_text(profile_text(tree, leaves[leaf_number]), encoding="utf-8")
    return (
        f"wrote {place}\nDescribe it in a YAML file beside it, and name it in the setting "
        f"catalogued_profiles: {place.stem}"
    )


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="crm-segmentation tree",
        description="Print what a decision tree found, or write one of its leaves as a profile.",
    )
    parser.add_argument("name", metavar="TREE", help="name of a declared tree")
    parser.add_argument("--leaf", type=int, help="number of the leaf to write")
    parser.add_argument("--write", type=Path, help="file of the profile, in a folder of models")
    for option in DBT_OPTIONS:
        parser.add_argument(f"--{option}", help="as for dbt")
    arguments = parser.parse_args(argv)
    if (arguments.leaf is None) != (arguments.write is None):
        parser.error("--leaf and --write go together: which leaf, and into which file")
    try:
        tree = read(DbtReader(dbt_options(vars(arguments))), arguments.name)
        if arguments.leaf is None:
            print(report(tree))
        else:
            print(write(tree, arguments.leaf, arguments.write))
    except (TreeError, SummaryError) as error:
        print(f"crm-segmentation tree: {error}", file=sys.stderr)
        return 1
    return 0
