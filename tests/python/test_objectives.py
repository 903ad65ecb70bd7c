"""Objectives without a database: segments, what each should be, priors, and the edges."""

from __future__ import annotations

import hashlib
import json
import random
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crm_segmentation.fits import frames, objectives

Account = tuple[float | None, str | None, bool]

OBJECTIVES = pd.DataFrame(
    [("pumps", 3, 10, 1.2, "one")],
    columns=["objective", "segments", "minimum_support", "minimum_lift", "declaration_hash"],
)
TRAIT = {
    "objective": "pumps",
    "position": 1,
    "trait": "size",
    "trait_type": "number",
    "label": "employees",
    "weight": 1.0,
    "transform": "none",
    "better": "near",
    "missing": "leave_out",
    "target": None,
    "scale": None,
    "favoured": None,
}
BRANCH = {
    **TRAIT,
    "position": 2,
    "trait": "branch",
    "trait_type": "text",
    "label": "industry",
    "weight": 2.0,
}
SETTINGS = pd.DataFrame({"setting": ["as_of_date"], "value": ["2026-01-01"]})


def company(count: int = 300) -> list[Account]:
    """Two kinds of ideals: large ones in steel and small ones in food; others are anything."""
    draw = random.Random(9)
    found: list[Account] = []
    for i in range(count):
        if i % 10 == 0:
            found.append((draw.randint(480, 520), "Steel", True))
        elif i % 10 == 1:
            found.append((draw.randint(15, 25), "Food", True))
        else:
            branch = draw.choice(["Steel", "Food", "Paper", "Glass", "other"])
            found.append((draw.randint(1, 1000), branch, False))
    return found


def fit(
    accounts: list[Account],
    *traits: dict[str, Any],
    priors: list[tuple[str, str, float, float]] | None = None,
    recorded: pd.DataFrame | None = None,
    shuffle: int | None = None,
    declaration_hash: str = "one",
) -> pd.DataFrame:
    keys = [hashlib.md5(str(i).encode()).hexdigest() for i in range(len(accounts))]
    sample = pd.DataFrame(
        [
            (key, "2026-01-01", name, number, text)
            for key, (size, branch, _) in zip(keys, accounts, strict=True)
            for name, number, text in (("size", size, None), ("branch", None, branch))
        ],
        columns=["sample_key", "as_of_date", "feature", "value", "category"],
    )
    ideals = pd.DataFrame(
        [(key, "pumps", ideal) for key, (*_, ideal) in zip(keys, accounts, strict=True)],
        columns=["sample_key", "objective", "is_ideal"],
    )
    if shuffle is not None:
        sample = sample.sample(frac=1, random_state=shuffle)
        ideals = ideals.sample(frac=1, random_state=shuffle)
    told = pd.DataFrame(
        [("pumps", *prior) for prior in priors or []],
        columns=["objective", "trait", "value", "favour", "confidence"],
    )
    listed = OBJECTIVES.assign(declaration_hash=declaration_hash)
    declared = pd.DataFrame(list(traits or (TRAIT, BRANCH)))
    return objectives.refit(sample, ideals, listed, declared, told, SETTINGS, recorded)


def of(fitted: pd.DataFrame, segment: int, trait: str) -> pd.DataFrame:
    return fitted[(fitted["segment_id"] == segment) & (fitted["trait"] == trait)]


def test_the_kinds_of_ideals_become_segments_with_what_they_have_in_common() -> None:
    fitted = fit(company())
    assert set(fitted["segment_id"]) == {1, 2}
    found = {}
    for segment in (1, 2):
        favoured = of(fitted, segment, "branch").dropna(subset=["value"])
        (value,) = favoured["value"]
        found[value] = of(fitted, segment, "size")["target"].iloc[0]
        assert favoured["penalty"].iloc[0] == 0
        # 30 of 30 ideals, where about a quarter of all have it
        assert favoured["support"].iloc[0] == 30
        assert favoured["lift"].iloc[0] > 2.5
    assert found["steel"] == pytest.approx(500, abs=15)
    assert found["food"] == pytest.approx(20, abs=4)
    labels = set(fitted["segment_label"])
    assert any(label.startswith("industry steel; employees around") for label in labels)


def test_an_objective_is_fitted_alike_whatever_the_order_of_rows() -> None:
    pd.testing.assert_frame_equal(fit(company()), fit(company(), shuffle=4), check_exact=True)


def test_what_is_declared_is_not_learned() -> None:
    size = {**TRAIT, "target": 250.0, "scale": 100.0}
    branch = {**BRANCH, "favoured": json.dumps(["Glass"])}
    fitted = fit(company(), size, branch)
    assert set(of(fitted, 1, "size")["target"]) == {250}
    assert set(of(fitted, 1, "size")["scale"]) == {100}
    assert set(of(fitted, 1, "branch")["value"].dropna()) == {"glass"}
    assert set(fitted["source"]) == {"declared"}


def test_a_prior_moves_what_the_sample_says_by_its_confidence() -> None:
    bare = fit(company())
    told = fit(
        company(),
        priors=[
            ("size", "1000", 1, 0.25),
            ("branch", "Paper", 0.9, 0.5),
            ("branch", "Steel", 0, 0.5),
        ],
    )
    for segment in (1, 2):
        before = of(bare, segment, "size")["target"].iloc[0]
        after = of(told, segment, "size")["target"].iloc[0]
        assert after == pytest.approx(0.75 * before + 0.25 * 1000)
        penalties = of(told, segment, "branch").set_index("value")["penalty"]
        # half of 1 (not favoured) and half of 1 - 0.9
        assert penalties["paper"] == pytest.approx(0.55)
        own = of(bare, segment, "branch")["value"].dropna().iloc[0]
        assert penalties["steel"] == pytest.approx(0.5 if own == "steel" else 1.0)


def test_where_the_sample_says_nothing_the_prior_alone_speaks() -> None:
    accounts = [(None, None, i % 2 == 0) for i in range(60)]
    priors = [("size", "40", 1.0, 0.1), ("branch", "Paper", 0.8, 0.1)]
    fitted = fit(accounts, {**TRAIT, "scale": 10.0}, BRANCH, priors=priors)
    assert set(of(fitted, 1, "size")["target"]) == {40}
    paper = of(fitted, 1, "branch").dropna(subset=["value"])
    # a tenth of 0.2, and for the rest neither near nor far; of other texts nothing is known
    assert list(paper["penalty"]) == [pytest.approx(0.9 * 0.5 + 0.1 * 0.2)]
    assert of(fitted, 1, "branch")["penalty"].isna().sum() == 1
    assert set(fitted["source"]) == {"prior"}


def test_a_mixture_of_rare_values_is_no_favoured_value() -> None:
    accounts: list[Account] = [(5.0, "other", True)] * 20 + [(9.0, "Steel", False)] * 80
    fitted = fit(accounts)
    assert list(of(fitted, 1, "branch")["value"].dropna()) == []


@pytest.mark.parametrize(
    ("accounts", "why"),
    [
        ([], "0 of 0 considered"),
        ([(5.0, "Steel", True)], "1 of 1 considered"),
        ([(5.0, "Steel", False)] * 50, "0 of 50 considered"),
        ([(5.0, "Steel", True)] * 50, "no trait tells"),
        ([(None, None, i < 20) for i in range(50)], "no trait tells"),
    ],
    ids=["nobody", "one", "no-ideal", "all-ideal-and-constant", "all-null"],
)
def test_where_there_is_nothing_to_learn_nothing_is_written(
    accounts: list[Account], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fitted = fit(accounts)
    assert len(fitted) == 0
    assert list(fitted.columns) == [*frames.HEADER, *objectives.DTYPES]
    said = capsys.readouterr().out
    assert "no segments written" in said
    assert why in said


def test_nothing_that_sql_multiplies_is_missing() -> None:
    fitted = fit(company(), priors=[("branch", "Paper", 0.9, 0.5)])
    assert not fitted[["weight", "segment_label", "ideal_count"]].isna().any(axis=None)
    assert np.isfinite(fitted.loc[fitted["trait_type"] == "number", ["target", "scale"]]).all(
        axis=None
    )
    assert len(fit(company(), recorded=fitted)) == 0
    assert set(fit(company(), recorded=fitted, declaration_hash="two")["reason"]) == {"declaration"}


def kinds_of(fitted: pd.DataFrame) -> dict[int, str]:
    """The branch that each segment favours, by id."""
    named = fitted[(fitted["trait"] == "branch") & fitted["value"].notna()]
    return dict(zip(named["segment_id"], named["value"], strict=True))


def test_segments_keep_their_ids_after_a_refit() -> None:
    first = fit(company())
    before = kinds_of(first)
    assert set(before) == {1, 2}
    # the smaller kind of ideals becomes the larger one, which would number the segments anew
    less = before[1].capitalize()
    grown = [one for i, one in enumerate(company(600)) if one[1] != less or not one[2] or i % 3]
    assert kinds_of(fit(grown))[1] == before[2]
    again = fit(grown, recorded=first, declaration_hash="two")
    assert kinds_of(again) == before
    assert set(again["fit_version"]) == {2}


def test_a_segment_of_another_kind_has_an_id_that_never_was() -> None:
    size = {**TRAIT, "scale": 100.0}
    first = fit(company(), size, BRANCH)
    gone, stays = (kinds_of(first)[number] for number in (1, 2))
    # those of one kind are gone, and others of a new kind, unlike them in everything, are there
    glass = [
        (5000.0, "Glass", True) if ideal and branch == gone.capitalize() else (size, branch, ideal)
        for size, branch, ideal in company()
    ]
    again = fit(glass, size, BRANCH, recorded=first, declaration_hash="two")
    assert kinds_of(again) == {3: "glass", 2: stays}


def test_ids_are_new_where_no_trait_is_shared() -> None:
    first = fit(company(), TRAIT)
    again = fit(company(), BRANCH, recorded=first, declaration_hash="two")
    assert min(again["segment_id"]) > max(first["segment_id"])


def test_all_that_is_wrong_with_the_priors_is_told_at_once() -> None:
    with pytest.raises(ValueError, match="setting objective_priors") as caught:
        fit(
            company(),
            priors=[
                ("brunch", "Paper", 0.9, 0.5),
                ("size", "large", 1, 0.5),
                ("branch", "Steel", 1.5, 0.5),
            ],
        )
    assert "have 3 error(s)" in str(caught.value)
    for told in (
        "Undeclared trait in the prior of pumps, brunch, Paper: got 'brunch'; allowed: branch, "
        "size. Add it to the traits of the objective, or leave the row out. Did you mean 'branch'?",
        "No number in the prior of pumps, size, large: got 'large'; allowed: a number like 250",
        "Bad favour in the prior of pumps, branch, Steel: got '1.5'; allowed: a number from 0 to 1",
    ):
        assert told in str(caught.value)


def test_a_prior_of_no_objective_is_refused_though_all_is_frozen() -> None:
    traits = pd.DataFrame([TRAIT, BRANCH])
    told = pd.DataFrame(
        [("pump", "size", "5", 1, 0.5)],
        columns=["objective", "trait", "value", "favour", "confidence"],
    )
    assert objectives.prior_problems(traits, told) == [
        "Unknown objective in the prior of pump, size, 5: got 'pump'; allowed: pumps. Declare it "
        "in the setting objectives, or leave the row out. Did you mean 'pumps'?"
    ]
    assert objectives.prior_problems(traits, told.assign(objective="pumps")) == []


def brute_force(apart: np.ndarray, count: int) -> float:
    """The least total distance to the nearest of `count` medoids, of all choices."""
    from itertools import combinations

    return min(
        float(apart[:, list(chosen)].min(axis=1).sum())
        for chosen in combinations(range(len(apart)), count)
    )


def test_medoids_are_nearly_the_best() -> None:
    for seed in range(8):
        points = np.random.default_rng(seed).normal(size=(18, 2))
        apart = np.abs(points[:, None, :] - points[None, :, :]).sum(axis=2)
        groups = objectives.medoids(apart, 3)
        total = sum(
            apart[np.ix_(groups == group, groups == group)].sum(axis=1).min() for group in range(3)
        )
        assert total <= 1.15 * brute_force(apart, 3)
