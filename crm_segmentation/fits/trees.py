"""A decision tree on attributes, and which of them matter.

A number is first cut at round values, and a tree then splits between cuts. So a threshold is a
short decimal that a rule can hold exactly, and the 32-bit numbers inside scikit-learn, which only
see how many cuts lie at or below a value, move nobody across it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from crm_segmentation.rules.meaning import fold

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
