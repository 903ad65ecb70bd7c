"""Decision trees as declared: what each is fitted on, when, and the rows that are written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm_segmentation.fits import frames
from crm_segmentation.fits.leaf_rules import leaf_rule, rule_text
from crm_segmentation.fits.trees import (
    Importance,
    Tree,
    area_under_curve,
    code_matrix,
    fit_feature,
    fit_tree,
    importances,
    is_held_out,
)
from crm_segmentation.rules.meaning import fold

if TYPE_CHECKING:
    import pandas as pd

DTYPES = {
    "part": "str",
    "node_id": "Int64",
    "parent_id": "Int64",
    "is_left": "boolean",
    "depth": "Int64",
    "leaf_number": "Int64",
    "feature": "str",
    "feature_type": "str",
    "threshold": "str",
    "categories": "str",
    "listed_go_left": "boolean",
    "missing_goes_left": "boolean",
    "sample_count": "Int64",
    "target_count": "Int64",
    "impurity": "float64",
    "held_out_count": "Int64",
    "held_out_target_count": "Int64",
    "rule": "str",
    "importance_rank": "Int64",
    "impurity_importance": "float64",
    "permutation_importance": "float64",
    "permutation_deviation": "float64",
}


@dataclass(frozen=True)
class Declared:
    """A declared tree: a row of the model `decision_trees` and its rows of features."""

    name: str
    target: str
    target_value: str | None
    max_depth: int
    minimum_leaf: int
    seed: int
    kinds: Mapping[str, str]
    whole: frozenset[str]
    population: tuple[dict[str, Any], ...]


def read_declared(trees: pd.DataFrame, features: pd.DataFrame) -> list[Declared]:
    import pandas as pd

    found = []
    for row in trees.sort_values("tree").itertuples():
        mine = features[features["tree"] == row.tree].sort_values("position")
        found.append(
            Declared(
                name=str(row.tree),
                target=str(row.target),
                target_value=None if pd.isna(row.target_value) else str(row.target_value),
                max_depth=int(row.max_depth),
                minimum_leaf=int(row.minimum_leaf),
                seed=int(row.seed),
                kinds=dict(zip(mine["feature"], mine["feature_type"], strict=True)),
                whole=frozenset(mine.loc[mine["is_whole"].astype(bool), "feature"]),
                population=tuple(json.loads(row.population)),
            )
        )
    return found


def escaped(category: str) -> str:
    return category.replace("\\", "\\\\").replace("|", "\\p")


def listed_text(categories: Sequence[str]) -> str:
    """Folded categories between bars; the SQL that walks the tree escapes a value alike."""
    return "".join(f"|{escaped(category)}" for category in sorted(categories)) + "|"


def rows_of(tree: Tree, ranked: Sequence[Importance], declared: Declared) -> pd.DataFrame:
    """Nodes, and attributes by what they matter, as rows of one table."""
    import pandas as pd

    leaf_numbers = {leaf.number: i for i, leaf in enumerate(tree.leaves(), start=1)}
    rows: list[dict[str, Any]] = []
    for node in tree.nodes:
        row: dict[str, Any] = {
            "part": "node",
            "node_id": node.number,
            "parent_id": node.parent,
            "is_left": node.is_left,
            "depth": node.depth,
            "leaf_number": leaf_numbers.get(node.number),
            "sample_count": node.count,
            "target_count": node.hits,
            "impurity": node.impurity,
            "held_out_count": node.held_out,
            "held_out_target_count": node.held_out_hits,
        }
        if node.split is None:
            row["rule"] = rule_text(leaf_rule(tree, node, declared.population))
        else:
            split = node.split
            is_text = split.feature.kind == "text"
            row |= {
                "feature": split.feature.name,
                "feature_type": split.feature.kind,
                "missing_goes_left": split.missing_goes_left,
                "threshold": None if split.threshold is None else f"{split.threshold:f}",
                "categories": listed_text(split.listed) if is_text else None,
                "listed_go_left": split.listed_go_left if is_text else None,
            }
        rows.append(row)
    for rank, one in enumerate(ranked, start=1):
        rows.append(
            {
                "part": "feature",
                "feature": one.feature,
                "feature_type": declared.kinds[one.feature],
                "importance_rank": rank,
                "impurity_importance": one.impurity,
                "permutation_importance": one.permutation,
                "permutation_deviation": one.deviation,
            }
        )
    return pd.DataFrame(
        {
            name: pd.array([row.get(name) for row in rows], dtype=kind)
            for name, kind in DTYPES.items()
        }
    )


def wide_features(sample: pd.DataFrame, declared: Declared) -> pd.DataFrame:
    """Values of the newest day as they stand in the sample, a row per account."""
    numbers = [name for name, kind in declared.kinds.items() if kind == "number"]
    others = [name for name, kind in declared.kinds.items() if kind != "number"]
    left = frames.wide_sample(sample, numbers)
    right = frames.wide_categories(sample, others)
    return left.join(right, how="outer")[list(declared.kinds)].sort_index()


def target_of(targets: pd.DataFrame, declared: Declared) -> pd.Series:
    """1 or 0 by account; accounts of which the target says nothing are not there."""
    mine = targets[targets["target"] == declared.target].set_index("sample_key")
    wanted = declared.target_value
    if wanted is None:
        return mine["value"].astype(float)
    if mine["value"].notna().any():
        # a number that was declared as text, like cluster 3
        return (mine["value"].astype(float) == float(wanted)).astype(float)
    return mine["category"].map(lambda one: float(fold(str(one)) == fold(wanted)))


def fit_declared(
    declared: Declared, sample: pd.DataFrame, targets: pd.DataFrame, least: int
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]] | str:
    """The rows of one tree, what it saw, and its quality; or why there is no tree."""
    import numpy as np

    wide = wide_features(sample, declared)
    known = target_of(targets, declared)
    wide = wide.loc[wide.index.intersection(known.index)].sort_index()
    target = known.reindex(wide.index).to_numpy(dtype=int)
    held_out = is_held_out([str(key) for key in wide.index])
    hits, misses = int(target[~held_out].sum()), int((1 - target[~held_out]).sum())
    if len(wide) < least:
        return (
            f"{len(wide)} accounts of the sample are known to be in the target "
            f"{declared.target} or not, at least {least} are needed (setting fit_minimum_accounts)"
        )
    if min(hits, misses) < declared.minimum_leaf:
        return (
            f"of {hits + misses} accounts to learn from, {hits} are in the target "
            f"{declared.target} and {misses} are not; at least minimum_leaf "
            f"({declared.minimum_leaf}) of each are needed"
        )
    features = [
        fit_feature(
            name,
            kind,
            wide.loc[~held_out, name].tolist(),
            target[~held_out],
            is_whole=name in declared.whole,
        )
        for name, kind in declared.kinds.items()
    ]
    codes = code_matrix(features, wide)
    tree = fit_tree(
        features,
        codes,
        target,
        held_out,
        max_depth=declared.max_depth,
        minimum_leaf=declared.minimum_leaf,
        seed=declared.seed,
        weights=frames.sampling_weights(sample, wide),
    )
    if len(tree.nodes) == 1:
        return f"no feature tells members of the target {declared.target} from others"
    ranked = importances(tree, codes, target, held_out, declared.seed)
    quality = {
        "share": float(np.mean(target)),
        "leaves": len(tree.leaves()),
        "auc": area_under_curve(tree.model, codes[~held_out], target[~held_out]),
        "held_out_auc": area_under_curve(tree.model, codes[held_out], target[held_out]),
        "held_out_accounts": int(held_out.sum()),
    }
    return rows_of(tree, ranked, declared), wide.assign(target=target.astype(float)), quality


def refit(
    sample: Any,
    targets: Any,
    trees: Any,
    features: Any,
    settings: Any,
    recorded: pd.DataFrame | None,
    asked: Sequence[str] | str | bool | None = (),
) -> pd.DataFrame:
    """New rows: of each declared tree that was never fitted, was changed, or is asked for."""
    import pandas as pd

    chosen = frames.read_settings(frames.to_frame(settings))
    declared = read_declared(frames.to_frame(trees), frames.to_frame(features))
    sampled = frames.to_frame(sample)
    reasons = {
        one.name: frames.reason_to_fit(one.name, recorded, chosen, asked, sampled)
        for one in declared
    }
    if not any(reasons.values()):
        return frames.no_rows(DTYPES)
    known = frames.to_frame(targets)
    found = []
    for one in declared:
        reason = reasons[one.name]
        if reason is None:
            continue
        fitted = fit_declared(one, sampled, known, int(chosen["fit_minimum_accounts"]))
        if isinstance(fitted, str):
            frames.say(one.name, f"no tree written: {fitted}")
            continue
        rows, wide, quality = fitted
        fit = frames.new_fit(
            one.name,
            reason,
            recorded,
            chosen,
            wide,
            random_state=one.seed,
            parameters={"max_depth": one.max_depth, "minimum_leaf": one.minimum_leaf},
            quality=quality,
            sample=sampled,
            features=[name for name, kind in one.kinds.items() if kind == "number"],
        )
        found.append(frames.with_header(fit, rows, DTYPES))
        frames.say(
            one.name,
            f"version {fit.fit_version}: {quality['leaves']} leaves from {len(wide)} accounts",
        )
    return pd.concat(found, ignore_index=True) if found else frames.no_rows(DTYPES)
