"""Objectives: what ideal customers have in common, as segments to which all others are compared.

Distances are those of Gower (1971, "A general coefficient of similarity and some of its
properties"): each trait gives a number from 0 to 1, and the distance is their weighted mean over
the traits that are known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm_segmentation.did_you_mean import did_you_mean
from crm_segmentation.fits import frames
from crm_segmentation.rules.meaning import fold

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

# what the sample writes in place of rare categories: a mixture, which no ideal can have
OTHER = "other"
# ideals beyond these, by the order of their key, take no part in the search for segments
MOST_IDEALS = 1000
# fewer segments where they do not stand apart: mean silhouette, from -1 to 1
LEAST_SILHOUETTE = 0.15
DTYPES = {
    "segment_id": "int64",
    "segment_label": "str",
    "ideal_count": "int64",
    "trait": "str",
    "trait_type": "str",
    "weight": "float64",
    "transform": "str",
    "better": "str",
    "missing": "str",
    "target": "float64",
    "scale": "float64",
    "value": "str",
    "penalty": "float64",
    "support": "Int64",
    "lift": "float64",
    "source": "str",
}


@dataclass(frozen=True)
class Trait:
    name: str
    kind: str  # number, text or boolean
    weight: float
    transform: str
    better: str
    missing: str
    label: str
    target: float | None
    scale: float | None
    favoured: tuple[str, ...] | None


@dataclass(frozen=True)
class Prior:
    """What market research says: of a number the target, of a category how favourable it is."""

    trait: str
    value: str
    favour: float
    confidence: float


@dataclass(frozen=True)
class Objective:
    name: str
    segments: int
    minimum_support: int
    minimum_lift: float
    traits: tuple[Trait, ...]
    priors: tuple[Prior, ...]


def optional(value: Any) -> float | None:
    import pandas as pd

    return None if pd.isna(value) else float(value)


def read_objectives(
    objectives: pd.DataFrame, traits: pd.DataFrame, priors: pd.DataFrame
) -> list[Objective]:
    import pandas as pd

    found = []
    for row in objectives.sort_values("objective").itertuples():
        mine = traits[traits["objective"] == row.objective].sort_values("position")
        theirs = priors[priors["objective"] == row.objective].sort_values(["trait", "value"])
        found.append(
            Objective(
                name=str(row.objective),
                segments=int(row.segments),
                minimum_support=int(row.minimum_support),
                minimum_lift=float(row.minimum_lift),
                traits=tuple(
                    Trait(
                        name=one.trait,
                        kind=one.trait_type,
                        weight=float(one.weight),
                        transform=one.transform,
                        better=one.better,
                        missing=one.missing,
                        label=one.label,
                        target=optional(one.target),
                        scale=optional(one.scale),
                        favoured=None
                        if pd.isna(one.favoured)
                        else tuple(fold(value) for value in json.loads(one.favoured)),
                    )
                    for one in mine.itertuples()
                ),
                priors=tuple(
                    Prior(one.trait, one.value, float(one.favour), float(one.confidence))
                    for one in theirs.itertuples()
                ),
            )
        )
    return found


def prior_problems(traits: pd.DataFrame, priors: pd.DataFrame) -> list[str]:
    """What is wrong with the priors, a text each."""
    kinds: dict[str, dict[str, str]] = {}
    for row in traits.itertuples():
        kinds.setdefault(row.objective, {})[row.trait] = row.trait_type
    problems = []
    for row in priors.sort_values(["objective", "trait", "value"]).itertuples():
        where = f"in the prior of {row.objective}, {row.trait}, {row.value}"
        declared = kinds.get(row.objective, {})
        if row.objective not in kinds:
            problems.append(
                f"Unknown objective {where}: got '{row.objective}'; allowed: "
                f"{', '.join(sorted(kinds)) or 'none yet'}. Declare it in the setting objectives, "
                f"or leave the row out.{did_you_mean(row.objective, kinds)}"
            )
        elif row.trait not in declared:
            problems.append(
                f"Undeclared trait {where}: got '{row.trait}'; allowed: "
                f"{', '.join(sorted(declared))}. Add it to the traits of the objective, or leave "
                f"the row out.{did_you_mean(row.trait, declared)}"
            )
        elif declared[row.trait] == "number" and not is_number(row.value):
            problems.append(
                f"No number {where}: got '{row.value}'; allowed: a number like 250 or 0.5, since "
                "the trait is one. Correct the value."
            )
        for name in ("favour", "confidence"):
            if not 0 <= float(getattr(row, name)) <= 1:
                problems.append(
                    f"Bad {name} {where}: got '{getattr(row, name)}'; allowed: a number from 0 to "
                    "1. Correct it."
                )
    return problems


def is_number(text: str) -> bool:
    from math import isfinite

    try:
        return isfinite(float(text))
    except ValueError:
        return False


def those(weights: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
    """The weights of these accounts, None where all stand for as many."""
    return None if weights is None else weights[rows]


def transformed(values: Any, how: str) -> Any:
    import numpy as np

    return np.sign(values) * np.log1p(np.abs(values)) if how == "log" else values


def scale_of(
    values: np.ndarray, declared: float | None, weights: np.ndarray | None
) -> float | None:
    """What counts as far apart: declared, or from the 5th to the 95th percentile of all.

    None for a constant number, which tells nobody apart.
    """
    import numpy as np

    is_known = ~np.isnan(values)
    known = values[is_known]
    if declared is not None:
        return declared
    if not len(known) or known.min() == known.max():
        return None
    low, high = frames.quantile(known, [0.05, 0.95], those(weights, is_known))
    return float(high - low) if high > low else float(known.max() - known.min())


@dataclass(frozen=True)
class Column:
    """One trait of the considered accounts: numbers transformed, or folded texts."""

    trait: Trait
    numbers: np.ndarray | None
    texts: np.ndarray | None
    scale: float | None

    def between(self, rows: np.ndarray) -> np.ndarray:
        """Distances between these accounts, NaN where one of the two is unknown."""
        import numpy as np

        if self.numbers is not None:
            x = self.numbers[rows]
            return np.minimum(1.0, np.abs(x[:, None] - x[None, :]) / self.scale)
        assert self.texts is not None
        texts = self.texts[rows]
        differ = (texts[:, None] != texts[None, :]).astype(float)
        unknown = np.array([text is None for text in texts])
        differ[unknown, :] = np.nan
        differ[:, unknown] = np.nan
        return differ


def columns_of(
    wide: pd.DataFrame, traits: Sequence[Trait], weights: np.ndarray | None
) -> list[Column]:
    import numpy as np
    import pandas as pd

    found = []
    for trait in traits:
        values = wide[trait.name]
        if trait.kind == "number":
            numbers = transformed(values.astype(float).to_numpy(), trait.transform)
            scale = scale_of(numbers, trait.scale, weights)
            if scale is not None:
                found.append(Column(trait, numbers, None, scale))
        else:
            texts = np.array(
                [None if pd.isna(value) else fold(str(value)) for value in values], dtype=object
            )
            found.append(Column(trait, None, texts, None))
    return found


def distances(columns: Sequence[Column], rows: np.ndarray) -> np.ndarray:
    """Gower's distance between each two of the accounts; 1 where nothing of both is known."""
    import numpy as np

    total = np.zeros((len(rows), len(rows)))
    weight = np.zeros((len(rows), len(rows)))
    for column in columns:
        one = column.between(rows)
        total += np.nan_to_num(one) * column.trait.weight
        weight += ~np.isnan(one) * column.trait.weight
    return np.where(weight > 0, total / np.where(weight > 0, weight, 1), 1.0)


def medoids(apart: np.ndarray, count: int, weights: np.ndarray | None = None) -> np.ndarray:
    """k-medoids: to each account the number of its group; ties go to the account that comes first.

    The distance of an account counts as often as its weight says.

    Medoids are added one by one where they help most, then moved within their groups until nothing
    changes (Kaufman and Rousseeuw 1990; Park and Jun 2009).
    """
    import numpy as np

    apart = apart.round(9)
    often = np.ones(len(apart)) if weights is None else weights
    chosen = [int((apart @ often).round(9).argmin())]
    while len(chosen) < count:
        nearest = apart[:, chosen].min(axis=1)
        gain = often @ np.maximum(nearest[:, None] - apart, 0)
        gain[chosen] = -1
        chosen.append(int(gain.round(9).argmax()))
    for _ in range(100):
        groups = apart[:, chosen].argmin(axis=1)
        moved = []
        for group in range(count):
            members = np.flatnonzero(groups == group)
            inner = (apart[np.ix_(members, members)] @ often[members]).round(9)
            moved.append(int(members[inner.argmin()]) if len(members) else chosen[group])
        if moved == chosen:
            break
        chosen = moved
    return np.asarray(apart[:, chosen].argmin(axis=1))


def segments_of(
    apart: np.ndarray, most: int, minimum_support: int, weights: np.ndarray | None
) -> tuple[np.ndarray, float]:
    """Groups of ideals, the largest first, and how far they stand apart (mean silhouette).

    One group unless more stand apart, each with enough ideals.
    """
    import numpy as np
    from sklearn.metrics import silhouette_score

    best, found = LEAST_SILHOUETTE, np.zeros(len(apart), dtype=int)
    score = 0.0
    for count in range(2, most + 1):
        if len(apart) < count * minimum_support:
            break
        groups = medoids(apart, count, weights)
        sizes = np.bincount(groups, minlength=count)
        if sizes.min() < minimum_support:
            continue
        value = float(silhouette_score(apart, groups, metric="precomputed"))
        if value > best:
            best, found, score = value, groups, value
    sizes = np.bincount(found)
    order = sorted(range(len(sizes)), key=lambda one: (-sizes[one], one))
    return np.array([order.index(one) for one in found]), score


@dataclass(frozen=True)
class Favoured:
    value: str
    support: int
    lift: float


def favoured_values(
    texts: np.ndarray,
    members: np.ndarray,
    minimum_support: int,
    minimum_lift: float,
    weights: np.ndarray | None = None,
) -> list[Favoured]:
    """Values that members have more often than all, known values alone counted.

    The support is one of accounts of the sample, the lift one of those for whom they stand.
    """
    import numpy as np

    often = np.ones(len(texts)) if weights is None else weights
    is_known = np.array([text is not None for text in texts])
    is_theirs = np.zeros(len(texts), dtype=bool)
    is_theirs[members] = is_known[members]
    found = []
    for value in sorted(set(texts[is_theirs]) - {OTHER}, key=str.encode):
        has_it = texts == value
        support = int((is_theirs & has_it).sum())
        share = often[is_theirs & has_it].sum() / often[is_theirs].sum()
        lift = float(share / (often[is_known & has_it].sum() / often[is_known].sum()))
        if support >= minimum_support and lift >= minimum_lift:
            found.append(Favoured(value, support, lift))
    return found


def plain(number: float) -> str:
    """A number of a label: two digits tell enough."""
    if number == 0:
        return "0"
    from math import floor, log10

    rounded = round(number, 1 - floor(log10(abs(number))))
    return f"{rounded:,.0f}" if abs(rounded) >= 10 else f"{rounded:g}"


# how a target is told of, by what is better than it
WORDS = {"near": "around", "high": "from", "low": "up to"}


def number_rows(
    column: Column, members: np.ndarray, objective: Objective, weights: np.ndarray | None
) -> list[dict[str, Any]]:
    """The target of one number in a segment: declared, else the median, drawn to the prior."""
    import numpy as np

    assert column.numbers is not None
    trait, values = column.trait, column.numbers[members]
    is_known = ~np.isnan(values)
    known = values[is_known]
    target, source, support = trait.target, "declared", len(known)
    if target is None and support >= objective.minimum_support:
        middle = float(frames.quantile(known, 0.5, those(weights, members[is_known])))
        # back in the unit of the attribute
        if trait.transform == "log":
            middle = float(np.sign(middle) * np.expm1(abs(middle)))
        target, source = round(middle, 6), "sample"
    if trait.target is None:
        for prior in objective.priors:
            if prior.trait == trait.name:
                told = float(prior.value)
                share = 1.0 if target is None else prior.confidence
                target = round((1 - share) * (target or 0.0) + share * told, 6)
                source = "prior" if share == 1 else "sample and prior"
    if target is None:
        return []
    everybody = column.numbers[~np.isnan(column.numbers)]
    usual = float(np.median(everybody)) if len(everybody) else 0.0
    # how far from what is usual, beside the lift of a category
    away = float(transformed(np.float64(target), trait.transform)) - usual
    return [
        {
            "trait": trait.name,
            "target": target,
            "scale": column.scale,
            "penalty": 1.0,
            "support": support,
            "source": source,
            "words": f"{trait.label} {WORDS[trait.better]} {plain(target)}",
            "strength": 1 + 2 * abs(away) / float(column.scale or 1),
        }
    ]


def text_rows(
    column: Column,
    members: np.ndarray,
    overall: list[Favoured],
    objective: Objective,
    weights: np.ndarray | None,
) -> list[dict[str, Any]]:
    """The distance of each value that is not as far as any: declared, or favoured in the sample.

    A prior moves it towards its own say by its confidence, away from what the sample says. Where
    the sample favours no value, that is halfway, and of values without a prior nothing is known.
    """
    assert column.texts is not None
    trait = column.trait
    penalties: dict[str, tuple[float, int | None, float | None, str]] = {}
    if trait.favoured is not None:
        for value in trait.favoured:
            penalties[value] = (0.0, None, None, "declared")
    else:
        own = favoured_values(column.texts, members, 1, objective.minimum_lift, weights)
        allowed = {one.value for one in overall}
        for one in [one for one in own if one.value in allowed] or overall:
            penalties[one.value] = (0.0, one.support, one.lift, "sample")
        for prior in objective.priors:
            if prior.trait == trait.name:
                value = fold(prior.value)
                unlisted = 1.0 if overall else 0.5
                base, support, lift, source = penalties.get(value, (unlisted, None, None, ""))
                penalty = (1 - prior.confidence) * base + prior.confidence * (1 - prior.favour)
                source = "sample and prior" if source else "prior"
                penalties[value] = (round(penalty, 6), support, lift, source)
    if not penalties:
        return []
    best = [value for value, (penalty, *_) in penalties.items() if penalty < 0.5]
    best.sort(key=lambda value: (-(penalties[value][2] or 0), value.encode()))
    words = f"{trait.label} {' or '.join(best[:3])}" + (" and others" if len(best) > 3 else "")
    strength = max((penalties[value][2] or 1.0) for value in best) if best else 0.0
    speaks = bool(overall) or trait.favoured is not None
    rows: list[dict[str, Any]] = [
        {
            "trait": trait.name,
            "value": value,
            "penalty": penalty,
            "support": support,
            "lift": None if lift is None else round(lift, 6),
            "source": source,
        }
        for value, (penalty, support, lift, source) in sorted(
            penalties.items(), key=lambda item: item[0].encode()
        )
    ]
    rest = {
        "trait": trait.name,
        "penalty": 1.0 if speaks else None,
        "source": "sample" if overall and trait.favoured is None else rows[0]["source"],
    }
    return [{**rest, "words": words if best else "", "strength": strength}, *rows]


def label_of(rows: Sequence[Mapping[str, Any]]) -> str:
    """The two traits that set the segment apart most."""
    told = [row for row in rows if row.get("words")]
    told.sort(key=lambda row: -float(row["strength"]))
    return "; ".join(str(row["words"]) for row in told[:2]) or "ideal"


def fit(
    wide: pd.DataFrame,
    is_ideal: np.ndarray,
    objective: Objective,
    weights: np.ndarray | None = None,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Segments of the ideals and what each of their traits should be, a row per trait and value."""
    import numpy as np
    import pandas as pd

    columns = columns_of(wide, objective.traits, weights)
    ideals = np.flatnonzero(is_ideal)
    searched = ideals[:MOST_IDEALS]
    groups, silhouette = segments_of(
        distances(columns, searched),
        objective.segments,
        objective.minimum_support,
        those(weights, searched),
    )
    overall = {
        column.trait.name: favoured_values(
            column.texts, ideals, objective.minimum_support, objective.minimum_lift, weights
        )
        for column in columns
        if column.texts is not None
    }
    rows: list[dict[str, Any]] = []
    labels: list[str] = []
    for group in range(int(groups.max()) + 1):
        members = searched[groups == group]
        mine: list[dict[str, Any]] = []
        for column in columns:
            if column.texts is None:
                found = number_rows(column, members, objective, weights)
            else:
                found = text_rows(column, members, overall[column.trait.name], objective, weights)
            trait = column.trait
            mine += [
                {
                    **row,
                    "trait_type": trait.kind,
                    "weight": trait.weight,
                    "transform": trait.transform,
                    "better": trait.better,
                    "missing": trait.missing,
                }
                for row in found
            ]
        label = label_of(mine)
        labels.append(label)
        if labels.count(label) > 1:
            label = f"{label} ({labels.count(label)})"
        rows += [
            {
                **row,
                "segment_id": group + 1,
                "segment_label": label,
                "ideal_count": len(members),
            }
            for row in mine
        ]
    table = pd.DataFrame(
        {
            name: pd.array([row.get(name) for row in rows], dtype=kind)
            for name, kind in DTYPES.items()
        }
    )
    quality = {
        "ideals": len(ideals),
        "segments": int(groups.max()) + 1,
        "silhouette": round(silhouette, 6),
    }
    return table, quality


def segments_apart(one: pd.DataFrame, other: pd.DataFrame) -> float:
    """How far two segments are from each other, 0 to 1, by what each of them should be.

    Like Gower's distance: of a number how far the targets lie apart, of a category by how much its
    values differ in distance on average; a trait of only one of them is as far as any.
    """
    import numpy as np
    import pandas as pd

    total = weights = 0.0
    for trait in sorted({*one["trait"], *other["trait"]}):
        mine, theirs = (rows[rows["trait"] == trait] for rows in (one, other))
        first = (mine if len(mine) else theirs).iloc[0]
        away = 1.0
        if len(mine) and len(theirs) and mine["trait_type"].iloc[0] == theirs["trait_type"].iloc[0]:
            if first["trait_type"] == "number":
                targets = [
                    float(transformed(np.float64(rows["target"].iloc[0]), first["transform"]))
                    for rows in (mine, theirs)
                ]
                away = min(1.0, abs(targets[0] - targets[1]) / float(first["scale"]))
            else:
                # unknown is halfway
                listed = [
                    {
                        "" if pd.isna(row.value) else row.value: 0.5
                        if pd.isna(row.penalty)
                        else float(row.penalty)
                        for row in rows.itertuples()
                    }
                    for rows in (mine, theirs)
                ]
                values = sorted({*listed[0], *listed[1]} - {""})
                away = sum(
                    abs(listed[0].get(value, listed[0][""]) - listed[1].get(value, listed[1][""]))
                    for value in values
                ) / max(len(values), 1)
        total += away * float(first["weight"])
        weights += float(first["weight"])
    return total / weights


def keep_ids(rows: pd.DataFrame, recorded: pd.DataFrame | None) -> pd.DataFrame:
    """The rows with the ids of the segments of the newest fit that they continue.

    Matched as clusters are; segments that agree in nothing are not the same.
    """
    import numpy as np

    if recorded is None:
        return rows
    next_id = int(recorded["segment_id"].max()) + 1
    newest = recorded[recorded["fit_version"] == recorded["fit_version"].max()]
    new, old = (dict(list(table.groupby("segment_id"))) for table in (rows, newest))
    apart = np.array(
        [[segments_apart(one, other) for other in old.values()] for one in new.values()]
    )
    ids = frames.matched_ids(apart, [int(number) for number in old], next_id, beyond=1.0)
    return rows.assign(segment_id=rows["segment_id"].map(dict(zip(new, ids, strict=True))))


def fit_objective(
    objective: Objective, sample: pd.DataFrame, known: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]] | str:
    """The rows of one objective, what it saw, and its quality; or why there are none."""
    numbers = [trait.name for trait in objective.traits if trait.kind == "number"]
    texts = [trait.name for trait in objective.traits if trait.kind != "number"]
    wide = frames.wide_sample(sample, numbers).join(
        frames.wide_categories(sample, texts), how="outer"
    )
    mine = known[known["objective"] == objective.name].set_index("sample_key")["is_ideal"]
    wide = wide.loc[wide.index.intersection(mine.index)].sort_index()
    is_ideal = mine.reindex(wide.index).to_numpy(dtype=bool)
    count = int(is_ideal.sum())
    if count < objective.minimum_support:
        return (
            f"{count} of {frames.counted(len(wide), 'considered account')} of the sample are "
            f"ideal, needed: {objective.minimum_support} (minimum_support of the objective)"
        )
    rows, quality = fit(wide, is_ideal, objective, frames.sampling_weights(sample, wide))
    if not len(rows):
        return (
            f"no trait tells {frames.counted(count, 'ideal account')} from the {len(wide)} "
            "considered: none is declared, none has a prior, and none is favoured by the sample"
        )
    return rows, wide.assign(is_ideal=is_ideal.astype(float)), quality


def refit(
    sample: Any,
    ideals: Any,
    objectives: Any,
    traits: Any,
    priors: Any,
    settings: Any,
    recorded: pd.DataFrame | None,
    asked: Sequence[str] | bool | None = (),
) -> pd.DataFrame:
    """New rows: of each objective that was never fitted, was changed, or is asked for."""
    import pandas as pd

    listed = frames.to_frame(objectives)
    hashes = zip(listed["objective"], listed["declaration_hash"], strict=True)
    chosen = {
        **frames.read_settings(frames.to_frame(settings)),
        **{f"declaration_hash.{name}": text for name, text in hashes},
    }
    told = frames.to_frame(priors)
    problems = prior_problems(frames.to_frame(traits), told)
    if problems:
        raise ValueError(
            f"The priors (setting objective_priors) have {len(problems)} error(s):\n- "
            + "\n- ".join(problems)
        )
    accounts = frames.to_frame(sample)
    declared = read_objectives(listed, frames.to_frame(traits), told)
    found = []
    for objective in declared:
        reason = frames.reason_to_fit(objective.name, recorded, chosen, asked)
        if reason is None:
            continue
        fitted = fit_objective(objective, accounts, frames.to_frame(ideals))
        if isinstance(fitted, str):
            frames.say(objective.name, f"no segments written: {fitted}")
            continue
        rows, wide, quality = fitted
        rows = keep_ids(rows, frames.rows_of_model(recorded, objective.name))
        record = frames.new_fit(
            objective.name,
            reason,
            recorded,
            chosen,
            wide,
            parameters={
                "segments": objective.segments,
                "minimum_support": objective.minimum_support,
                "minimum_lift": objective.minimum_lift,
            },
            quality=quality,
            sample=accounts,
        )
        found.append(frames.with_header(record, rows, DTYPES))
        frames.say(
            objective.name,
            f"version {record.fit_version}: {frames.counted(quality['segments'], 'segment')} of "
            f"{frames.counted(quality['ideals'], 'ideal account')}",
        )
    return pd.concat(found, ignore_index=True) if found else frames.no_rows(DTYPES)
