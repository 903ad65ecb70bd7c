"""Fits without a database: hand counts, independent oracles, and what happens at the edges."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import random
import re
import subprocess
import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given
from hypothesis import settings as run_settings
from hypothesis import strategies as st

from crm_segmentation.fits import clusters, frames, rfm

SETTINGS = {
    "as_of_date": "2026-01-01",
    "fit_minimum_accounts": "5",
    "declaration_hash.rfm": "as first declared",
    "declaration_hash.cluster_value": "as first declared",
}
DIMENSIONS = pd.DataFrame(
    [
        ("recency", "days", 5, "quantile", "", True),
        ("frequency", "orders", 5, "quantile", "", False),
        ("monetary", "revenue", 5, "quantile", "", False),
    ],
    columns=["dimension", "kpi", "bins", "method", "thresholds", "is_descending"],
)
DAYS = {"feature": "days", "transform": "log", "low_label": "recent", "high_label": "silent"}
ORDERS = {"feature": "orders", "missing": 0, "low_label": "rare", "high_label": "frequent"}
REVENUE = {
    **{"feature": "revenue", "transform": "log", "missing": 0, "weight": 0.5},
    **{"low_label": "small", "high_label": "large"},
}


def clusterings(
    *features: dict[str, Any], k: tuple[int, int] = (3, 3), base: dict[str, Any] | None = None
) -> pd.DataFrame:
    """The shape of the model clusterings: one, named value."""
    defaults = {
        **{"type": "number", "weight": 1, "missing": "exclude", "transform": "none"},
        **{"winsorise": None, "standardise": True, "low_label": "", "high_label": ""},
        **{"category_label": "mostly {}"},
    }
    declaration = {
        "features": [{**defaults, **one} for one in features or (DAYS, ORDERS, REVENUE)],
        "k": list(k),
        "seed": 1,
        "base": base or {},
    }
    return pd.DataFrame({"clustering": ["value"], "declaration": [json.dumps(declaration)]})


def settings(**changes: str) -> pd.DataFrame:
    rows = {**SETTINGS, **changes}
    return pd.DataFrame({"setting": list(rows), "value": list(rows.values())})


def long_sample(accounts: list[dict[str, float | None]]) -> pd.DataFrame:
    """The shape of the model modelling_sample."""
    return pd.DataFrame(
        [
            (f"{number:032x}", name, None if value is None else float(value))
            for number, account in enumerate(accounts)
            for name, value in account.items()
        ],
        columns=["sample_key", "feature", "value"],
    )


def company(size: int = 90, seed: int = 7) -> list[dict[str, float | None]]:
    """Three kinds of customers, far apart."""
    draw = random.Random(seed)
    kinds = [(5, 20, 5000), (200, 2, 100), (30, 6, 40000)]
    return [
        {
            "days": round(days * draw.uniform(0.8, 1.2)),
            "orders": round(orders * draw.uniform(0.8, 1.2)),
            "revenue": round(revenue * draw.uniform(0.8, 1.2), 2),
        }
        for days, orders, revenue in (kinds[i % 3] for i in range(size))
    ]


# cut points


def dimension(bins: int = 5, method: str = "quantile", **changes) -> rfm.Dimension:
    given = {"thresholds": (), "is_descending": False, **changes}
    return rfm.Dimension("monetary", "revenue", bins, method, **given)


def cuts_of(values: list[float], bins: int = 5, method: str = "quantile", **changes) -> list[float]:
    return rfm.cut_points(np.array(values, dtype=float), dimension(bins, method, **changes))


def score(value: float, cuts: list[float]) -> int:
    return 1 + sum(cut < value for cut in cuts)


def test_cut_points_of_ten_values() -> None:
    assert cuts_of(list(range(1, 11))) == [2, 4, 6, 8]
    assert cuts_of(list(range(1, 11)), bins=2) == [5]
    assert cuts_of(list(range(1, 10)), bins=9) == list(range(1, 9))


def test_cut_points_where_most_are_equal() -> None:
    # six of ten order once: the first three fifths end at 1
    assert cuts_of([1.0] * 6 + [2, 3, 4, 5]) == [1, 1, 1, 3]


@pytest.mark.parametrize("method", ["quantile", "natural_breaks"])
@pytest.mark.parametrize(("bins", "middle"), [(2, 1), (3, 2), (4, 2), (5, 3), (9, 5)])
def test_a_constant_dimension_scores_in_the_middle(method: str, bins: int, middle: int) -> None:
    cuts = cuts_of([7.0] * 20, bins, method)
    assert len(cuts) == bins - 1
    assert score(7, cuts) == middle
    # counted down, the same score
    assert bins + 1 - score(7, cuts_of([7.0] * 20, bins, method, is_descending=True)) == middle


@given(st.lists(st.integers(-5, 20), min_size=2, max_size=60), st.integers(2, 9))
def test_cut_points_are_the_smallest_values_with_their_share_below(
    values: list[int], bins: int
) -> None:
    if len(set(values)) == 1:
        return
    # the definition, counted in whole numbers: no quantile function involved
    expected = [
        min(v for v in values if bins * sum(other <= v for other in values) >= part * len(values))
        for part in range(1, bins)
    ]
    assert cuts_of(values, bins) == expected


def test_thresholds_are_taken_as_they_are() -> None:
    assert cuts_of([1.0, 2.0], 3, "thresholds", thresholds=(100.0, 500.0)) == [100, 500]
    assert cuts_of([7.0] * 9, 3, "thresholds", thresholds=(100.0, 500.0)) == [100, 500]


# natural breaks


def within(values: list[float], cuts: list[float]) -> Fraction:
    """Sum of squared distances to the class means, in fractions."""
    classes: dict[int, list[Fraction]] = {}
    for value in values:
        classes.setdefault(score(value, cuts), []).append(Fraction(value))
    means = {key: sum(members) / len(members) for key, members in classes.items()}
    return sum((v - means[key]) ** 2 for key, members in classes.items() for v in members)


# the oracle tries every partition, which takes long on a busy machine
@run_settings(deadline=None)
@given(st.lists(st.integers(-9, 40), min_size=2, max_size=14), st.integers(2, 5))
def test_natural_breaks_are_the_best_of_all_partitions(values: list[int], bins: int) -> None:
    distinct = sorted(set(values))
    if len(distinct) < bins:
        return
    least = min(
        within(values, list(cuts)) for cuts in itertools.combinations(distinct[:-1], bins - 1)
    )
    found = cuts_of(values, bins, "natural_breaks")
    assert found == sorted(set(found))
    assert set(found) < set(distinct)
    assert within(values, found) == least


def test_natural_breaks_of_many_values_beat_k_means() -> None:
    from sklearn.cluster import KMeans

    values = np.round(np.random.default_rng(3).lognormal(6, 1.5, 3000), 2)
    cuts = np.array(cuts_of(list(values), 5, "natural_breaks"))
    labels = np.searchsorted(cuts, values)
    exact = sum(values[labels == k].var() * (labels == k).sum() for k in range(5))
    model = KMeans(5, n_init=10, random_state=0).fit(values.reshape(-1, 1))
    assert exact <= model.inertia_ * (1 + 1e-9)


def test_fewer_values_than_bins_spread_over_the_scores() -> None:
    cuts = cuts_of([1.0, 1, 1, 2, 9], 5, "natural_breaks")
    assert [score(value, cuts) for value in (1, 2, 9)] == [1, 3, 5]
    cuts = cuts_of([-5.0, 5.0], 4, "natural_breaks")
    assert [score(value, cuts) for value in (-5, 5)] == [1, 4]
    # by shares the larger of two values lies in the last fifth, too
    cuts = cuts_of([1.0, 1, 1, 1, 2], 5)
    assert [score(value, cuts) for value in (1, 2)] == [1, 5]


def test_cut_points_come_from_accounts_with_every_measure() -> None:
    accounts = company()
    accounts[0]["revenue"] = None
    fitted = rfm.refit(long_sample(accounts), DIMENSIONS, settings(), None)
    assert set(fitted["sample_size"]) == {89}
    assert sorted(fitted["dimension"]) == [
        name for name in ("frequency", "monetary", "recency") for _ in range(4)
    ]
    days = sorted(account["days"] for account in accounts[1:])
    recency = fitted[fitted["dimension"] == "recency"]
    cuts = [days[int(np.ceil(89 * share)) - 1] for share in (0.2, 0.4, 0.6, 0.8)]
    assert list(recency["cut_point"]) == cuts
    assert list(recency["sample_count"]) == [
        sum(low < value <= high for value in days) for low, high in itertools.pairwise([-1, *cuts])
    ]


# what both fits do alike


def fit_rfm(
    sample: pd.DataFrame, recorded: pd.DataFrame | None, asked: Any = False, **changes: str
) -> pd.DataFrame:
    return rfm.refit(sample, DIMENSIONS, settings(**changes), recorded, asked)


def fit_clusters(
    sample: pd.DataFrame,
    recorded: pd.DataFrame | None,
    asked: Any = False,
    declared: pd.DataFrame | None = None,
    **changes: str,
) -> pd.DataFrame:
    declared = clusterings() if declared is None else declared
    return clusters.refit(sample, declared, settings(**changes), recorded, asked)


both = pytest.mark.parametrize("fit", [fit_rfm, fit_clusters])


@both
def test_parameters_are_frozen_until_a_refit_is_asked_for(fit) -> None:
    first = fit(long_sample(company()), None)
    assert set(first["fit_version"]) == {1}
    other = long_sample(company(seed=8))
    frozen = fit(other, first)
    assert len(frozen) == 0
    assert list(frozen.columns) == list(first.columns)
    again = fit(other, first, asked=True)
    assert set(again["fit_version"]) == {2}


@both
def test_a_model_declared_anew_has_no_fit_yet(fit) -> None:
    first = fit(long_sample(company()), None)
    assert set(first["reason"]) == {"first"}
    anew = {f"declaration_hash.{name}": "as now declared" for name in ("rfm", "cluster_value")}
    second = fit(long_sample(company()), first, **anew)
    assert set(second["reason"]) == {"declaration"}
    assert set(second["fit_version"]) == {2}


@both
@pytest.mark.parametrize(
    ("asked", "fitted"),
    [
        ([], False),
        (["rfm", "cluster_value"], True),
        (["rfm_of_another_name"], False),
        ("rfm_of_another_name", False),
        ("True", True),
        ("false", False),
        (None, False),
    ],
)
def test_who_is_asked_for_by_name_is_fitted(fit, asked, fitted: bool) -> None:
    first = fit(long_sample(company()), None)
    assert (len(fit(long_sample(company()), first, asked)) > 0) is fitted


def defined(days: str, *lines: str) -> dict[str, str]:
    """What either model reads, as the model fit_settings says it."""
    text = "\n".join([f"attribute days={days}", "attribute orders=0a", *lines])
    return {f"definitions.{name}": text for name in ("rfm", "cluster_value")}


@both
def test_other_definitions_of_what_was_read_are_told_and_no_reason_to_fit(fit, capsys) -> None:
    first = fit(long_sample(company()), None, **defined("01"))
    text = "attribute days=01\nattribute orders=0a"
    assert set(first["feature_hash"]) == {hashlib.md5(text.encode()).hexdigest()}
    (recorded,) = {*first["parameters"]}
    assert json.loads(recorded)["definitions"] == {"attribute days": "01", "attribute orders": "0a"}

    capsys.readouterr()
    assert len(fit(long_sample(company()), first, **defined("01"))) == 0
    assert "definitions" not in capsys.readouterr().out
    assert len(fit(long_sample(company()), first, **defined("02", "group vips=07"))) == 0
    said = capsys.readouterr().out
    assert (
        "version 1 was fitted on other definitions of attribute days, group vips, and stays."
        in said
    )
    assert re.search(r"To fit it anew: --vars '\{refit: \[(rfm|cluster_value)\]\}'\n", said)
    # what is fitted anew knows them, and nothing more is said
    second = fit(long_sample(company()), first, True, **defined("02"))
    assert set(second["fit_version"]) == {2}
    capsys.readouterr()
    both_fits = pd.concat([first, second])
    assert len(fit(long_sample(company()), both_fits, **defined("02"))) == 0
    assert "definitions" not in capsys.readouterr().out


def test_settings_of_an_earlier_run_are_refused() -> None:
    first = fit_rfm(long_sample(company()), None)
    other = settings().replace("declaration_hash.rfm", "declaration_hash.gone")
    wanted = "not declared in fit_settings: got rfm; allowed: cluster_value, gone. The table is of"
    for recorded in (None, first):
        with pytest.raises(ValueError, match=wanted):
            rfm.refit(long_sample(company()), DIMENSIONS, other, recorded)


@both
def test_nothing_is_said_of_a_fit_that_recorded_no_definitions(fit, capsys) -> None:
    first = fit(long_sample(company()), None, **defined("01"))
    bare = json.loads(first["parameters"].iloc[0])
    bare.pop("definitions")
    before = first.assign(parameters=json.dumps(bare), feature_hash=None)
    capsys.readouterr()
    assert len(fit(long_sample(company()), before, **defined("02"))) == 0
    assert "definitions" not in capsys.readouterr().out


def limits(name: str, value: str) -> dict[str, str]:
    return {f"{name}.{model}": value for model in ("rfm", "cluster_value")}


@both
@pytest.mark.parametrize(("day", "fitted"), [("2026-01-30", False), ("2026-01-31", True)])
def test_a_fit_of_the_declared_age_is_renewed(fit, day: str, fitted: bool) -> None:
    first = fit(long_sample(company()), None)
    again = fit(long_sample(company()), first, as_of_date=day, **limits("refit_after_days", "30"))
    assert set(again["reason"]) == ({"age"} if fitted else set())
    # without a declared age none is too old
    assert len(fit(long_sample(company()), first, as_of_date="2036-01-01")) == 0


@both
def test_a_sample_that_drifted_is_fitted_anew(fit, capsys) -> None:
    first = fit(long_sample(company(900)), None)
    alike = long_sample(company(900, seed=8))
    assert len(fit(alike, first, **limits("refit_above_drift", "0.2"))) == 0
    other = long_sample(
        [{**account, "revenue": account["revenue"] * 3} for account in company(900)]
    )
    capsys.readouterr()
    again = fit(other, first, **limits("refit_above_drift", "0.2"))
    assert set(again["reason"]) == {"drift"}
    assert "revenue drifted by" in capsys.readouterr().out
    assert len(fit(other, first)) == 0


@both
def test_accounts_that_a_fit_leaves_out_are_no_drift(fit) -> None:
    accounts = company(200)
    for account in accounts[::2]:
        account["days"] = None
    first = fit(long_sample(accounts), None)
    assert set(first["sample_size"]) == {100}
    assert len(fit(long_sample(accounts), first, **limits("refit_above_drift", "0.0001"))) == 0


def test_the_stability_index_counted_by_hand() -> None:
    # (0.6 - 0.5) ln 1.2 + (0.4 - 0.5) ln 0.8
    assert frames.stability_index([0.5, 0.5], [0.6, 0.4]) == pytest.approx(0.0405465)
    assert frames.stability_index([0.2, 0.8], [0.2, 0.8]) == 0
    # nobody before: (0.25 - 0.0001) ln 2500 - 0.25 ln 0.75
    assert frames.stability_index([1.0, 0.0], [0.75, 0.25]) == pytest.approx(2.027150, abs=1e-6)


def test_the_kept_distribution_is_of_tenths_and_tells_no_exact_value() -> None:
    wide = pd.DataFrame({"revenue": [1234.56 * number for number in range(1, 101)]})
    wide.iloc[:10, 0] = np.nan
    kept = frames.distribution(wide)["revenue"]
    assert len(kept["bounds"]) == 9
    assert kept["bounds"][0] == 23500.0  # 1234.56 * 19 = 23456.64
    assert sum(kept["shares"]) == pytest.approx(1)
    assert kept["shares"][-1] == 0.1


@both
def test_each_row_says_of_which_fit_it_is(fit) -> None:
    rows = fit(long_sample(company()), None)
    assert list(rows.columns)[: len(frames.HEADER)] == list(frames.HEADER)
    header = rows[list(frames.HEADER)].drop_duplicates().to_dict("records")
    assert len(header) == 1
    assert header[0]["fitted_as_of"] == "2026-01-01"
    assert header[0]["sample_size"] == 90
    libraries = json.loads(header[0]["libraries"])
    assert libraries["scikit-learn"] == sklearn.__version__
    assert libraries["numpy"] == np.__version__


def test_the_hash_of_a_sample_sees_keys_names_and_the_last_bit() -> None:
    wide = frames.wide_sample(long_sample(company(6)), ["days", "revenue"])
    same = frames.wide_sample(long_sample(company(6)).iloc[::-1], ["days", "revenue"])
    assert frames.hash_of(wide) == frames.hash_of(same)
    nudged = wide.copy()
    nudged.iloc[0, 0] = np.nextafter(nudged.iloc[0, 0], 0)
    others = [
        nudged,
        wide.rename(columns={"days": "orders"}),
        wide.rename(index={wide.index[0]: "a"}),
        wide[["revenue", "days"]],
    ]
    assert frames.hash_of(wide) not in {frames.hash_of(other) for other in others}


def test_the_sample_is_read_on_its_newest_day_unless_told_another() -> None:
    sample = long_sample(company(4)).assign(as_of_date=pd.Timestamp("2026-01-01"))
    past = sample.assign(as_of_date=pd.Timestamp("2025-07-01"), value=sample["value"] + 1)
    both_days = pd.concat([sample, past])
    now = frames.wide_sample(both_days, ["days"])
    assert now.equals(frames.wide_sample(sample, ["days"]))
    assert ((frames.wide_sample(both_days, ["days"], "2025-07-01") - now) == 1).all(axis=None)


@both
def test_a_sample_too_small_writes_nothing_and_says_so(fit, capsys) -> None:
    for accounts in ([], company(1), company(4)):
        fitted = fit(long_sample(accounts), None)
        assert len(fitted) == 0
        said = capsys.readouterr().out
        assert "no parameters written" in said
        assert re.search(f"\\b{len(accounts)} accounts?\\b", said)
        assert "fit_minimum_accounts" in said
    assert len(fit(long_sample(company(5)), None)) > 0


@both
def test_columns_have_a_type_without_rows(fit) -> None:
    empty, full = fit(long_sample([]), None), fit(long_sample(company()), None)
    assert list(empty.dtypes) == list(full.dtypes)


@both
def test_a_feature_without_a_value_writes_nothing(fit, capsys) -> None:
    accounts = [{**account, "days": None} for account in company()]
    assert len(fit(long_sample(accounts), None)) == 0
    assert "days" in capsys.readouterr().out


@both
def test_a_fit_is_the_same_to_the_bit_whatever_the_order_of_rows(fit) -> None:
    sample = long_sample(company(300))
    first = fit(sample, None)
    shuffled = sample.sample(frac=1, random_state=3)
    second = fit(shuffled, None)
    pd.testing.assert_frame_equal(first, second, check_exact=True)


@both
def test_nothing_fitted_is_nan(fit) -> None:
    constant = [{"days": 3, "orders": 1, "revenue": 10} for _ in range(20)]
    fitted = fit(long_sample(constant), None)
    assert len(fitted) > 0
    nothing = fitted.columns[fitted.isna().any()]
    # no category of a number, and nothing that stands in or draws in where none is declared
    assert set(nothing) <= {"category", "if_missing", "lower_bound", "upper_bound"}
    numbers = fitted.select_dtypes("number").drop(columns=nothing, errors="ignore")
    assert np.isfinite(numbers).all(axis=None)


def test_a_fit_is_the_same_to_the_bit_with_more_threads() -> None:
    code = (
        "import random, hashlib, numpy as np\n"
        "from crm_segmentation.fits import clusters\n"
        "values = np.random.default_rng(1).normal(size=(2000, 4))\n"
        "print(hashlib.md5(clusters.fit_kmeans(values, 5, 1, 1)[1].tobytes()).hexdigest())\n"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "OMP_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "2")
    }
    assert len(digests) == 1


def test_money_of_any_engine_is_read_as_numbers() -> None:
    from decimal import Decimal

    sample = long_sample(company(6))
    as_decimals = sample.assign(value=[Decimal(str(value)) for value in sample["value"]])
    wide = frames.wide_sample(as_decimals, ["revenue", "days"])
    assert list(wide.columns) == ["revenue", "days"]
    assert set(wide.dtypes.astype(str)) == {"float64"}
