"""Decision trees: which attributes matter for a target, and each leaf as a rule of ours.

A number is first cut at round values, and a tree then splits between cuts. So a threshold is a
short decimal that a rule can hold exactly, and the 32-bit numbers inside scikit-learn, which only
see how many cuts lie at or below a value, move nobody across it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import yaml  # type: ignore[import-untyped]

from crm_segmentation.fits import frames
from crm_segmentation.rules.meaning import fold
from crm_segmentation.rules.sheet import scalar_text

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

# what the sample writes in place of rare categories; a category never seen goes the same way
OTHER = "other"
MOST_CUTS = 128
# digits behind the point in the sample, and so in a threshold
DIGITS = 6
PERMUTATIONS = 10
# one account in four is held out: it judges the tree and took no part in it
HELD_OUT = 4
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


# ---------------------------------------------------------------- from attributes to codes


def plain(value: Decimal) -> Decimal:
    """The same number without zeros behind the point and without an exponent."""
    bare = value.normalize()
    return bare.quantize(Decimal(1)) if bare == bare.to_integral_value() else bare


def round_between(low: Decimal, high: Decimal) -> Decimal:
    """The roundest number above `low` and at most `high`, of equally round ones the middle one."""
    middle = (low + high) / 2
    for exponent in range(max(low.adjusted(), high.adjusted()) + 1, -DIGITS - 1, -1):
        for factor in (Decimal(10), Decimal(5)):
            step = factor.scaleb(exponent - 1)
            first, last = low // step, high // step
            # `//` cuts towards zero, and a limit itself is out at the low end
            first = first + 1 if first * step <= low else first
            last = last - 1 if last * step > high else last
            if first <= last:
                nearest = (middle / step).to_integral_value()
                return plain(min(max(nearest, first), last) * step)
    return plain(high)


def cut_values(values: Iterable[Decimal]) -> tuple[Decimal, ...]:
    """Round numbers that part the values: between any two that differ, or between quantiles."""
    found = sorted(values)
    distinct = sorted(set(found))
    if len(distinct) > MOST_CUTS + 1:
        marks = {found[len(found) * i // MOST_CUTS] for i in range(MOST_CUTS)} | {found[-1]}
        distinct = sorted(marks)
    return tuple(round_between(low, high) for low, high in pairwise(distinct))


@dataclass(frozen=True)
class Feature:
    """How an attribute becomes a code, and a split between codes a condition on the attribute."""

    name: str
    kind: str  # number, text or boolean
    is_whole: bool = False
    cuts: tuple[Decimal, ...] = ()
    categories: tuple[str, ...] = ()  # folded, in the order of their share; OTHER among them
    spelling: Mapping[str, str] = field(default_factory=dict, hash=False, compare=False)

    def codes(self, values: Sequence[Any]) -> np.ndarray:
        """A number each: cuts at or below the value, or place of the category; NaN for NULL."""
        import numpy as np
        import pandas as pd

        missing = np.asarray(pd.isna(pd.Series(values, dtype="object")))
        if self.kind == "text":
            places = {category: i for i, category in enumerate(self.categories)}
            other = places[OTHER]
            found = [
                np.nan if gone else float(places.get(fold(str(value)), other))
                for value, gone in zip(values, missing, strict=True)
            ]
            return np.array(found, dtype=float)
        if self.kind == "boolean":
            # a rare answer is folded in the sample, and then nothing is known of it
            truth = {"true": 1.0, "false": 0.0}
            return np.array([truth.get(str(value).lower(), np.nan) for value in values])
        numbers = np.array(
            [np.nan if gone else float(v) for v, gone in zip(values, missing, strict=True)],
            dtype=float,
        )
        cuts = np.array([float(cut) for cut in self.cuts])
        return np.where(missing, np.nan, np.searchsorted(cuts, numbers, side="right").astype(float))


def fit_feature(
    name: str, kind: str, values: Sequence[Any], target: np.ndarray, *, is_whole: bool = False
) -> Feature:
    """The cuts of a number; the categories of a text, from the least share of the target up.

    Breiman et al. (1984): in that order, the best two groups of categories lie side by side.
    """
    import pandas as pd

    present = [not gone for gone in pd.isna(pd.Series(values, dtype="object"))]
    if kind == "boolean":
        return Feature(name, kind, cuts=(Decimal(1),))
    if kind == "number":
        quantum = Decimal(1).scaleb(-DIGITS)
        decimals = (
            Decimal(str(value)).quantize(quantum)
            for value, there in zip(values, present, strict=True)
            if there
        )
        return Feature(name, kind, is_whole=is_whole, cuts=cut_values(decimals))
    counts: dict[str, list[int]] = {}
    spellings: dict[str, dict[str, int]] = {}
    for value, there, hit in zip(values, present, target, strict=True):
        if there:
            folded = fold(str(value))
            tally = counts.setdefault(folded, [0, 0])
            tally[0] += 1
            tally[1] += int(hit)
            ways = spellings.setdefault(folded, {})
            ways[str(value)] = ways.get(str(value), 0) + 1
    # nothing is known of a category that was not seen: it stands where the average is
    counts.setdefault(OTHER, [len(target), int(target.sum())])
    ordered = sorted(counts, key=lambda c: (counts[c][1] / counts[c][0], c.encode()))
    spelling = {
        folded: min(ways, key=lambda way: (-ways[way], way.encode()))
        for folded, ways in spellings.items()
    }
    return Feature(name, kind, categories=tuple(ordered), spelling=spelling)


# ---------------------------------------------------------------- the tree


@dataclass(frozen=True)
class Split:
    """Who goes left. The rest, and those without a value unless said, go right."""

    feature: Feature
    code: int  # codes up to this one go left
    missing_goes_left: bool

    @property
    def threshold(self) -> Decimal | None:
        """Smaller numbers go left; none where every number does."""
        return self.feature.cuts[self.code] if self.code < len(self.feature.cuts) else None

    def left(self) -> tuple[str, ...]:
        return self.feature.categories[: self.code + 1]

    def right(self) -> tuple[str, ...]:
        return self.feature.categories[self.code + 1 :]

    @property
    def listed_go_left(self) -> bool:
        """Categories are listed on the side that unknown ones do not take."""
        return OTHER not in self.left()

    @property
    def listed(self) -> tuple[str, ...]:
        return self.left() if self.listed_go_left else self.right()


@dataclass(frozen=True)
class Node:
    number: int
    parent: int | None
    is_left: bool | None
    depth: int
    count: int
    hits: int
    impurity: float
    held_out: int
    held_out_hits: int
    split: Split | None = None


@dataclass(frozen=True)
class Tree:
    nodes: tuple[Node, ...]
    model: Any  # the classifier of scikit-learn, its thresholds between codes
    features: tuple[Feature, ...]

    def leaves(self) -> list[Node]:
        """From the highest share of the target down: leaf 1 is the best."""
        ends = [node for node in self.nodes if node.split is None]
        return sorted(ends, key=lambda node: (-node.hits / node.count, node.number))


def code_matrix(features: Sequence[Feature], wide: pd.DataFrame) -> np.ndarray:
    import numpy as np

    columns = [feature.codes(wide[feature.name].tolist()) for feature in features]
    return np.column_stack(columns) if columns else np.empty((len(wide), 0))


def is_held_out(keys: Sequence[str]) -> np.ndarray:
    """By the end of the key, a hash: the same accounts whatever else is in the sample."""
    import numpy as np

    return np.array([int(str(key)[-4:], 16) % HELD_OUT == 0 for key in keys], dtype=bool)


def rounded_code(feature: Feature, low: int, high: int, left_is_larger: bool) -> int:
    """The code to split after: `low` still goes left, `high` right, no account lies between.

    At the number with the fewest digits, of several the one nearest to the middle. Categories
    that are not in the node go with the larger side, as accounts without a value do.
    """
    if feature.kind == "text":
        return high - 1 if left_is_larger else low
    middle = (low + high - 1) / 2

    def preference(code: int) -> tuple[int, float, int]:
        digits = len(feature.cuts[code].normalize().as_tuple().digits)
        return digits, abs(code - middle), code

    return min(range(low, high), key=preference)


def fit_tree(
    features: Sequence[Feature],
    codes: np.ndarray,
    target: np.ndarray,
    held_out: np.ndarray,
    *,
    max_depth: int,
    minimum_leaf: int,
    seed: int,
    weights: np.ndarray | None = None,
) -> Tree:
    """CART on the accounts that are not held out; both parts are counted in every node.

    Splits are chosen by weight; what is counted are accounts.
    """
    import numpy as np
    from sklearn.tree import DecisionTreeClassifier

    model = DecisionTreeClassifier(
        max_depth=max_depth, min_samples_leaf=minimum_leaf, random_state=seed
    ).fit(
        codes[~held_out],
        target[~held_out],
        sample_weight=None if weights is None else weights[~held_out],
    )
    inner = model.tree_
    there = np.asarray(model.decision_path(codes).todense(), dtype=bool)
    parents: dict[int, tuple[int, bool]] = {}
    nodes: list[Node] = []
    for number in range(inner.node_count):
        inside = there[:, number]
        split = None
        if inner.children_left[number] >= 0:
            parents[int(inner.children_left[number])] = (number, True)
            parents[int(inner.children_right[number])] = (number, False)
            column = int(inner.feature[number])
            feature = features[column]
            present = codes[inside & ~held_out, column]
            present = present[~np.isnan(present)]
            threshold = float(inner.threshold[number])
            if np.isinf(threshold):
                code = max(len(feature.cuts), len(feature.categories) - 1)
            else:
                code = rounded_code(
                    feature,
                    int(present[present <= threshold].max()),
                    int(present[present > threshold].min()),
                    bool((present <= threshold).sum() > (present > threshold).sum()),
                )
            inner.threshold[number] = code + 0.5
            split = Split(feature, code, bool(inner.missing_go_to_left[number]))
            # accounts that are held out may move: their paths are counted below
        parent, is_left = parents.get(number, (None, None))
        depth = 0 if parent is None else nodes[parent].depth + 1
        nodes.append(
            Node(
                number=number,
                parent=parent,
                is_left=is_left,
                depth=depth,
                count=int((inside & ~held_out).sum()),
                hits=int(target[inside & ~held_out].sum()),
                impurity=float(inner.impurity[number]),
                held_out=0,
                held_out_hits=0,
                split=split,
            )
        )
    judged = np.asarray(model.decision_path(codes[held_out]).todense(), dtype=bool)
    judging = target[held_out]
    nodes = [
        replace(
            node,
            held_out=int(judged[:, node.number].sum()),
            held_out_hits=int(judging[judged[:, node.number]].sum()),
        )
        for node in nodes
    ]
    return Tree(tuple(nodes), model, tuple(features))


# ---------------------------------------------------------------- a leaf as a rule


@dataclass(frozen=True)
class Domain:
    """What a path leaves of one attribute: numbers `[low, high)`, categories, and whether NULL."""

    feature: Feature
    low: Decimal | None = None
    high: Decimal | None = None
    left_out: frozenset[str] = frozenset()
    takes_values: bool = True
    takes_null: bool = True

    def step(self, split: Split, is_left: bool) -> Domain:
        takes_null = self.takes_null and split.missing_goes_left == is_left
        if self.feature.kind == "text":
            gone = split.right() if is_left else split.left()
            left_out = self.left_out | set(gone)
            takes_values = len(left_out) < len(self.feature.categories)
            return replace(
                self, left_out=left_out, takes_values=takes_values, takes_null=takes_null
            )
        cut = split.threshold
        if cut is None:
            takes_values = self.takes_values and is_left
            return replace(self, takes_values=takes_values, takes_null=takes_null)
        if is_left:
            high = cut if self.high is None else min(cut, self.high)
            return replace(self, high=high, takes_null=takes_null)
        low = cut if self.low is None else max(cut, self.low)
        return replace(self, low=low, takes_null=takes_null)


def yaml_number(value: Decimal) -> int | float | str:
    """As YAML reads it exactly: plain digits, in quotes where a float would not hold them."""
    if value == value.to_integral_value():
        return int(value)
    is_short = len(value.as_tuple().digits) <= 15 and abs(value) >= Decimal("0.001")
    return float(value) if is_short else f"{value:f}"


def condition(domain: Domain) -> Any:
    """What a rule asks of the attribute, none where it asks nothing."""
    kept = {"nulls": "include"} if domain.takes_null else {}
    if not domain.takes_values:
        return {"is_null": True}
    if domain.feature.kind == "text":
        return text_condition(domain)
    if domain.low is None and domain.high is None:
        return None if domain.takes_null else {"not_null": True}
    if domain.feature.kind == "boolean":
        if domain.low is not None:
            return {"eq": True, **kept} if kept else True
        return False if kept else {"eq": False, "nulls": "exclude"}
    if (
        domain.feature.is_whole
        and domain.low is not None
        and domain.high == domain.low + 1
        and domain.low == domain.low.to_integral_value()
    ):
        return {"eq": yaml_number(domain.low), **kept} if kept else yaml_number(domain.low)
    bounds = {
        word: yaml_number(bound)
        for word, bound in (("gte", domain.low), ("lt", domain.high))
        if bound is not None
    }
    return {**bounds, **kept}


def text_condition(domain: Domain) -> Any:
    """Categories by name; the many that the sample never showed are all but the known ones."""
    known = sorted(set(domain.feature.categories) - {OTHER}, key=str.encode)
    takes_other = OTHER not in domain.left_out
    names = [
        domain.feature.spelling.get(name, name)
        for name in known
        if (name in domain.left_out) == takes_other
    ]
    one = len(names) == 1
    asked: dict[str, Any]
    if takes_other:
        if not names:
            return None if domain.takes_null else {"not_null": True}
        asked = {"neq": names[0]} if one else {"not_in": names}
        return asked if domain.takes_null else {**asked, "nulls": "exclude"}
    if domain.takes_null:
        asked = {"eq": names[0]} if one else {"in": names}
        return {**asked, "nulls": "include"}
    return names[0] if one else names


def domains(tree: Tree, leaf: Node) -> list[Domain]:
    """One for each attribute on the way to the leaf, in the order in which it comes up."""
    path: list[tuple[Split, bool]] = []
    node = leaf
    while node.parent is not None:
        parent = tree.nodes[node.parent]
        assert parent.split is not None and node.is_left is not None
        path.append((parent.split, node.is_left))
        node = parent
    found: dict[str, Domain] = {}
    for split, is_left in reversed(path):
        name = split.feature.name
        found[name] = found.get(name, Domain(split.feature)).step(split, is_left)
    return list(found.values())


def leaf_rule(
    tree: Tree, leaf: Node, population: Sequence[dict[str, Any]] = ()
) -> dict[str, list[dict[str, Any]]]:
    """The leaf as a rule: who belongs to the population, then one condition an attribute."""
    asked = [(domain.feature.name, condition(domain)) for domain in domains(tree, leaf)]
    return {"all": [*population, *({name: what} for name, what in asked if what is not None)]}


# ---------------------------------------------------------------- what matters


@dataclass(frozen=True)
class Importance:
    feature: str
    impurity: float
    permutation: float | None
    deviation: float | None


def area_under_curve(model: Any, codes: np.ndarray, target: np.ndarray) -> float | None:
    from sklearn.metrics import roc_auc_score

    if len(target) == 0 or target.min() == target.max():
        return None
    return float(roc_auc_score(target, model.predict_proba(codes)[:, 1]))


def importances(
    tree: Tree, codes: np.ndarray, target: np.ndarray, held_out: np.ndarray, seed: int
) -> list[Importance]:
    """By impurity in the tree, and by what held-out accounts lose when an attribute is shuffled.

    The loss is one of area under the ROC curve. None where the held-out part has no account in
    the target, or none outside.
    """
    import numpy as np
    from sklearn.inspection import permutation_importance

    impurity = tree.model.feature_importances_
    judging = target[held_out]
    mean: list[float | None] = [None] * len(tree.features)
    deviation: list[float | None] = [None] * len(tree.features)
    if len(judging) and judging.min() != judging.max():
        shuffled = permutation_importance(
            tree.model,
            codes[held_out],
            judging,
            scoring="roc_auc",
            n_repeats=PERMUTATIONS,
            random_state=seed,
        )
        mean = [float(x) for x in shuffled.importances_mean]
        deviation = [float(x) for x in np.asarray(shuffled.importances_std)]
    found = [
        Importance(feature.name, float(impurity[i]), mean[i], deviation[i])
        for i, feature in enumerate(tree.features)
    ]
    return sorted(
        found,
        key=lambda one: (-(one.permutation or 0.0), -one.impurity, one.feature),
    )


# ---------------------------------------------------------------- what is written


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


def shown(value: Any) -> str:
    """YAML of a value: words stand bare where YAML reads them as that very text."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {shown(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(shown(item) for item in value) + "]"
    if isinstance(value, str) and re.fullmatch(r"[^\W\d_][\w-]*(?: [\w-]+)*", value):
        return value if yaml.safe_load(value) == value else scalar_text(value)
    return scalar_text(value)


def rule_text(rule: dict[str, list[dict[str, Any]]]) -> str:
    leaves = [(name, asked) for leaf in rule["all"] for name, asked in leaf.items()]
    return "all:\n" + "".join(f"  - {name}: {shown(asked)}\n" for name, asked in leaves)


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
