"""Lifetime value: the published fit of CDNOW, the formulas against other ones, and the edges."""

from __future__ import annotations

import json
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from scipy.integrate import quad
from scipy.special import beta, hyp2f1

from crm_segmentation.fits import bg_nbd, gamma_gamma, lifetime

PUBLISHED = bg_nbd.Parameters(0.243, 4.414, 0.793, 2.426)
WEEKS = 39.0


# CDNOW: what Fader, Hardie and Lee published


@pytest.fixture(scope="session")
def cdnow(real_data: Path) -> pd.DataFrame:
    """One row per customer: calibration to 1997-09-30 in weeks, and orders of the 39 weeks after.

    Purchases of one day are one.
    """
    lines = (real_data / "cdnow_sample" / "CDNOW_sample.txt").read_text().split("\n")
    rows = [line.split() for line in lines if line.strip()]
    spent = pd.DataFrame(
        {
            "customer": [row[1] for row in rows],
            "day": pd.to_datetime([row[2] for row in rows]),
            "amount": [float(row[4]) for row in rows],
        }
    )
    days = spent.groupby(["customer", "day"], as_index=False)["amount"].sum()
    end = pd.Timestamp("1997-09-30")
    seen, later = days[days["day"] <= end], days[days["day"] > end]
    first = seen.groupby("customer")["day"].min()
    again = seen[seen["day"] > seen["customer"].map(first)].groupby("customer")["amount"]
    return pd.DataFrame(
        {
            "x": seen.groupby("customer").size() - 1.0,
            "recency": (seen.groupby("customer")["day"].max() - first).dt.days / 7,
            "age": (end - first).dt.days / 7,
            "later": later.groupby("customer").size(),
            "spend": again.mean(),
        }
    ).fillna({"later": 0})


def columns(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return tuple(frame[name].to_numpy() for name in ("x", "recency", "age"))


def test_the_published_fit_of_cdnow_comes_out(cdnow: pd.DataFrame) -> None:
    assert len(cdnow) == 2357
    fitted = bg_nbd.fit(*columns(cdnow))
    assert astuple(fitted.parameters) == pytest.approx(astuple(PUBLISHED), abs=0.0006)
    assert fitted.log_likelihood == pytest.approx(-9582.4, abs=0.05)


def test_the_published_spend_of_cdnow_comes_out(cdnow: pd.DataFrame) -> None:
    # as in the note: the mean of the repeat purchases, without the first
    back = cdnow[cdnow["x"] > 0]
    assert len(back) == 946
    fitted = gamma_gamma.fit(back["x"].to_numpy(), back["spend"].to_numpy())
    assert astuple(fitted.parameters) == pytest.approx((6.25, 3.74, 15.44), abs=0.006)
    assert fitted.correlation == pytest.approx(0.114, abs=0.001)


def expected(
    parameters: bg_nbd.Parameters, x: np.ndarray, recency: np.ndarray, age: np.ndarray, ahead: float
) -> np.ndarray:
    nodes, _ = bg_nbd.fit_nodes(parameters, ahead)
    return bg_nbd.expected_orders_if_alive(
        parameters, nodes, x, age, ahead
    ) * bg_nbd.probability_alive(parameters, x, recency, age)


def test_the_published_customer_is_expected_to_come_back_as_often() -> None:
    """The first customer in the authors' own spreadsheet: 1.226 purchases in 39 weeks."""
    one = [np.array([value]) for value in (2.0, 30.43, 38.86)]
    assert expected(PUBLISHED, *one, WEEKS)[0] == pytest.approx(1.226, abs=0.0005)


def holdout_table(cdnow: pd.DataFrame) -> str:
    """Mean orders of weeks 40 to 78 by how often customers came back before, as in the docs."""
    fitted = bg_nbd.fit(*columns(cdnow)).parameters
    cdnow = cdnow.assign(expected=expected(fitted, *columns(cdnow), WEEKS))
    lines = [
        "| orders after the first, weeks 1 to 39 | customers | expected | actual |",
        "|---|---|---|---|",
    ]
    groups = [(str(x), cdnow[cdnow["x"] == x]) for x in range(7)]
    groups += [("7 and more", cdnow[cdnow["x"] >= 7])]
    for name, rows in groups:
        means = f"{rows['expected'].mean():.2f} | {rows['later'].mean():.2f}"
        lines.append(f"| {name} | {len(rows):,} | {means} |")
    sums = f"{cdnow['expected'].sum():,.0f} | {cdnow['later'].sum():,.0f}"
    lines.append(f"| all, in total | {len(cdnow):,} | {sums} |")
    return "\n".join(lines)


def test_the_holdout_comparison_of_the_docs_is_what_comes_out(cdnow: pd.DataFrame) -> None:
    table = holdout_table(cdnow)
    assert table in (ROOT / "docs" / "lifetime_value.md").read_text(), table


# the formulas, against others

SOME = [
    PUBLISHED,
    bg_nbd.Parameters(5, 10, 0.3, 9),
    bg_nbd.Parameters(0.05, 0.02, 3, 0.4),
    bg_nbd.Parameters(40, 300, 30, 30),
]
GRID = [
    values.ravel()
    for values in np.meshgrid([0.0, 1, 2, 3, 10, 60], [0.14, 1, 10, 39, 200], indexing="ij")
]


@pytest.mark.parametrize("parameters", SOME)
@pytest.mark.parametrize(("x", "recency", "age"), [(0, 0, 5), (1, 0.5, 5), (4, 30, 31)])
def test_the_likelihood_is_the_integral_over_all_customers(
    parameters: bg_nbd.Parameters, x: int, recency: float, age: float
) -> None:
    """The likelihood of one rate and one drop-out probability, averaged over both."""
    r, alpha, a, b = astuple(parameters)

    def rate(time: float) -> float:
        """Mean of rate^x exp(-rate time) over gamma(r, alpha), relative to (alpha / r)^x."""
        peak = (r + x) / (alpha + time)

        def density(u: float) -> float:
            y = peak * np.exp(u)
            return np.exp((r + x) * u - (alpha + time) * (y - peak))

        low, high = -40 / (r + x) - 5, 8
        total, _ = quad(density, low, high, limit=500, points=[0], epsrel=1e-11)
        whole, _ = quad(
            lambda u: np.exp(r * u - r * (np.exp(u) - 1)), -40 / r - 5, 8, limit=500, points=[0]
        )
        scale = (r + x) * np.log(peak) - (r + x) - (r * np.log(r / alpha) - r)
        return float(total / whole * np.exp(scale))

    def dropped(power_p: int, power_rest: int) -> float:
        return float(beta(a + power_p, b + power_rest) / beta(a, b))

    likelihood = dropped(0, x) * rate(age) + (x > 0 and dropped(1, x - 1) * rate(recency))
    found = bg_nbd.log_likelihood(
        parameters, *(np.array([float(value)]) for value in (x, recency, age))
    )
    assert found[0] == pytest.approx(np.log(likelihood), rel=1e-7, abs=1e-8)


@pytest.mark.parametrize("parameters", SOME)
def test_gradients_are_the_slopes_of_the_likelihoods(parameters: bg_nbd.Parameters) -> None:
    x, age = GRID
    logs = np.log(astuple(parameters))
    for model, build, data in (
        (bg_nbd, bg_nbd.Parameters, (x, np.where(x > 0, age * 0.7, 0), age)),
        (gamma_gamma, gamma_gamma.Parameters, (x + 1, age * 3)),
    ):
        here = logs[: 4 if model is bg_nbd else 3]
        _, slopes = model._log_likelihood_and_gradient(build(*np.exp(here)), *data)
        for i in range(len(here)):
            step = np.eye(len(here))[i] * 1e-5
            above = model.log_likelihood(build(*np.exp(here + step)), *data)
            below = model.log_likelihood(build(*np.exp(here - step)), *data)
            assert slopes[i] == pytest.approx((above - below) / 2e-5, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("parameters", SOME)
def test_expected_orders_are_those_of_the_paper(parameters: bg_nbd.Parameters) -> None:
    """Equation 10 as it is printed, where its hypergeometric function can be computed so."""
    r, alpha, a, b = astuple(parameters)
    x, age = GRID
    recency = np.where(x > 0, age * 0.8, 0)
    for ahead in (1.0, 39.0, 365 / 7):
        f = hyp2f1(r + x, b + x, a + b + x - 1, ahead / (alpha + age + ahead))
        brackets = 1 - ((alpha + age) / (alpha + age + ahead)) ** (r + x) * f
        gone = np.where(
            x > 0,
            a / (b + np.maximum(x, 1) - 1) * ((alpha + age) / (alpha + recency)) ** (r + x),
            0,
        )
        printed = (a + b + x - 1) / (a - 1) * brackets / (1 + gone)
        found = expected(parameters, x, recency, age, ahead)
        # the printed form loses digits where its power is tiny and the function huge
        sound = np.isfinite(printed) & ((alpha + age) / (alpha + age + ahead) > 0.02)
        assert sound.sum() > 10
        assert found[sound] == pytest.approx(printed[sound], rel=1e-6)
        euler = bg_nbd.expected_orders_published(parameters, x, recency, age, ahead)
        assert found == pytest.approx(euler, rel=1e-8)


@pytest.mark.parametrize("a", [0.001, 0.02, 1.0, 1 + 1e-9, 20.0, 900.0])
@pytest.mark.parametrize("b", [0.001, 1.0, 900.0])
def test_expected_orders_hold_for_any_drop_out(a: float, b: float) -> None:
    """Where a is 1 the printed formula divides by 0; others are numerically hard."""
    parameters = bg_nbd.Parameters(0.7, 3.0, a, b)
    nodes, error = bg_nbd.fit_nodes(parameters, 52.0)
    assert error <= bg_nbd.QUADRATURE_TOLERANCE
    x = np.array([0.0, 1, 7, 300, 9000])
    for age in (0.0, 0.14, 30.0, 3000.0):
        found = bg_nbd.expected_orders_if_alive(parameters, nodes, x, np.full(5, age), 52.0)
        for counted, value in zip(x, found, strict=True):
            exact = orders_by_integral(parameters, counted, age, 52.0)
            assert value == pytest.approx(exact, rel=2e-7), (counted, age)


def orders_by_integral(parameters: bg_nbd.Parameters, x: float, age: float, ahead: float) -> float:
    """By adaptive integration over the logit of the drop-out probability."""
    r, alpha, a, b = astuple(parameters)
    s, k, rest = ahead / (alpha + age), r + x, b + x
    peak = np.log(a / rest)

    def log_density(v: float) -> float:
        return float(-a * np.logaddexp(0, -v) - rest * np.logaddexp(0, v))

    def orders(v: float) -> float:
        p = float(np.exp(-np.logaddexp(0, -v)))
        return k * s if p == 0 else float(-np.expm1(-k * np.log1p(p * s)) / p)

    top = log_density(peak)
    low, high = peak - 45 / a - 10, peak + 45 / rest + 10
    width = 3 * np.sqrt(1 / a + 1 / rest)
    points = [value for value in (peak - width, peak, peak + width) if low < value < high]
    sums = [
        quad(
            lambda v, f=f: np.exp(log_density(v) - top) * f(v),
            low,
            high,
            points=points,
            limit=2000,
            epsabs=0,
            epsrel=1e-10,
        )[0]
        for f in (orders, lambda _: 1.0)
    ]
    return float(sums[0] / sums[1])


def simulated(
    parameters: bg_nbd.Parameters, size: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Customers who order and drop out as the model says."""
    draw = np.random.default_rng(seed)
    r, alpha, a, b = astuple(parameters)
    rows = []
    for rate, drop_out in zip(draw.gamma(r, 1 / alpha, size), draw.beta(a, b, size), strict=True):
        age, time, count = draw.uniform(20, 100), 0.0, 0
        while True:
            following = time + draw.exponential(1 / rate)
            if following > age:
                break
            time, count = following, count + 1
            if draw.random() < drop_out:
                break
        rows.append((float(count), time, age))
    x, recency, age = np.array(rows).T
    return x, recency, age


def test_a_fit_finds_the_parameters_that_customers_were_drawn_with() -> None:
    drawn = bg_nbd.Parameters(0.8, 6.0, 0.7, 3.0)
    found = bg_nbd.fit(*simulated(drawn, 20_000, 5)).parameters
    assert np.log(astuple(found)) == pytest.approx(np.log(astuple(drawn)), abs=0.2)


def test_a_fit_does_not_depend_on_the_unit_of_time_or_the_order_of_rows() -> None:
    x, recency, age = simulated(PUBLISHED, 600, 2)
    weeks, days = bg_nbd.fit(x, recency, age), bg_nbd.fit(x, recency * 7, age * 7)
    scale = np.array([1, 7, 1, 1])
    found = np.array(astuple(days.parameters)) / scale
    assert found == pytest.approx(astuple(weeks.parameters), rel=1e-4)
    assert bg_nbd.fit(x[::-1], recency[::-1], age[::-1]) == weeks


# what the data do not say


def test_customers_who_never_come_back_have_no_fit() -> None:
    with pytest.raises(bg_nbd.NotIdentifiedError, match="came back"):
        bg_nbd.fit(np.zeros(50), np.zeros(50), np.arange(1.0, 51))
    with pytest.raises(bg_nbd.NotIdentifiedError, match="came back"):
        bg_nbd.fit(np.array([]), np.array([]), np.array([]))


def test_customers_who_hardly_ever_come_back_have_no_fit() -> None:
    x = np.array([0.0] * 1999 + [1])
    with pytest.raises(bg_nbd.NotIdentifiedError, match="hardly"):
        bg_nbd.fit(x, x * 3, np.full(2000, 30.0))
    with pytest.raises(bg_nbd.NotIdentifiedError, match="time"):
        bg_nbd.fit(np.ones(3), np.zeros(3), np.zeros(3))


ALIKE = {
    "regular": ([4.0] * 80, [29.0] * 80, [30.0] * 80),
    "gone at once": ([1.0] * 50, list(np.linspace(0.1, 5, 50)), [300.0] * 50),
    "of a day": ([0.0] * 5 + [3], [0.0] * 5 + [0.1], [0.14] * 6),
}


@pytest.mark.parametrize("name", ALIKE)
def test_customers_who_differ_in_nothing_are_scored_at_the_bound(name: str) -> None:
    x, recency, age = (np.array(values) for values in ALIKE[name])
    fitted = bg_nbd.fit(x, recency, age)
    assert fitted.at_bound
    orders = expected(fitted.parameters, x, recency, age, 52.0)
    assert np.isfinite(orders).all()
    assert (orders >= 0).all()
    if name == "regular":
        assert orders == pytest.approx(4 / 30 * 52, rel=0.01)
    if name == "gone at once":
        assert orders.max() < 1e-6


def test_spend_that_is_all_alike_stays_so() -> None:
    x, mean = np.array([2.0, 3, 5, 2]), np.full(4, 10.0)
    fitted = gamma_gamma.fit(x, mean)
    assert fitted.at_bound
    assert fitted.correlation == 0
    assert gamma_gamma.expected_spend(fitted.parameters, x, mean) == pytest.approx(mean, rel=1e-3)


def test_spend_without_anybody_or_without_a_mean_has_no_fit() -> None:
    with pytest.raises(bg_nbd.NotIdentifiedError, match="came back"):
        gamma_gamma.fit(np.array([]), np.array([]))
    wide = np.exp(np.random.default_rng(3).standard_cauchy(300).clip(-12, 12))
    with pytest.raises(bg_nbd.NotIdentifiedError, match="no mean"):
        gamma_gamma.fit(np.full(300, 20.0), wide)


# what the fit of the sample makes of it

SETTINGS = pd.DataFrame(
    [
        ("as_of_date", "2026-01-01"),
        ("lifetime_past_day", "2025-01-01"),
        ("fit_minimum_accounts", "50"),
        ("declaration_hash.lifetime", "as declared"),
    ],
    columns=["setting", "value"],
)


def long_sample(customers: int, repeats: bool = True, spend: float = 1.0) -> pd.DataFrame:
    """Customers drawn by the model, as the sample holds them, now and a year ago."""
    x, recency, age = simulated(bg_nbd.Parameters(0.8, 6.0, 0.7, 3.0), customers, 11)
    x, recency = (x, recency) if repeats else (x * 0, recency * 0)
    first = np.rint(age * 7) + 1
    last = first - np.rint(recency * 7)
    revenue = (x + 1) * np.random.default_rng(2).gamma(3, 10, customers) * spend
    rows = []
    for day, back in (("2026-01-01", 0), ("2025-01-01", 365)):
        there = first > back
        gone = last < back
        values = {
            "order_day_count_all": np.where(gone, 1, x + 1),
            "days_since_first_order": first - back,
            "days_since_last_order": np.where(gone, first, last) - back,
            "revenue_all": revenue,
        }
        rows += [
            (f"{number:032x}", pd.Timestamp(day), name, float(each[number]))
            for name, each in values.items()
            for number in np.flatnonzero(there)
        ]
    return pd.DataFrame(rows, columns=["sample_key", "as_of_date", "feature", "value"])


def test_a_refit_records_what_it_found() -> None:
    fitted = lifetime.refit(long_sample(600), SETTINGS, None)
    assert np.isfinite(fitted["value"]).all()
    found = fitted[fitted["node"] == 0].set_index("parameter")["value"]
    assert list(found.index) == ["r", "alpha", "a", "b", "p", "q", "gamma"]
    nodes = fitted[fitted["node"] > 0].groupby("parameter").size()
    assert nodes.nunique() == 1
    quality = json.loads(fitted["quality"].iloc[0])
    assert quality["quadrature_error"] <= bg_nbd.QUADRATURE_TOLERANCE
    assert abs(quality["spend_correlation"]) < 0.2
    assert quality["holdout_days"] == 365
    assert "holdout_reason" not in quality
    # frozen, until asked
    assert len(lifetime.refit(long_sample(700), SETTINGS, fitted)) == 0
    assert set(lifetime.refit(long_sample(700), SETTINGS, fitted, True)["fit_version"]) == {2}


def test_a_company_of_less_than_a_year_is_not_compared(capsys: pytest.CaptureFixture[str]) -> None:
    sample = long_sample(600)
    young = sample[sample["as_of_date"] == pd.Timestamp("2026-01-01")]
    fitted = lifetime.refit(young, SETTINGS, None)
    quality = json.loads(fitted["quality"].iloc[0])
    assert quality["holdout_reason"] == "nobody had ordered 365 days before"
    assert "at the bound" not in capsys.readouterr().out


def test_a_parameter_at_its_bound_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    regular = {
        "order_day_count_all": 5.0,
        "days_since_first_order": 210.0,
        "days_since_last_order": 7.0,
        "revenue_all": 100.0,
    }
    rows = [
        (f"{number:032x}", pd.Timestamp("2026-01-01"), name, value)
        for number in range(60)
        for name, value in regular.items()
    ]
    columns = ["sample_key", "as_of_date", "feature", "value"]
    fitted = lifetime.refit(pd.DataFrame(rows, columns=columns), SETTINGS, None)
    bound = json.loads(fitted["quality"].iloc[0])["at_bound"]
    assert bound
    assert f"(first); {', '.join(bound)} at the bound" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("sample", "why"),
    [
        (long_sample(600).head(0), "0 accounts"),
        (long_sample(49), "49 accounts with an order, needed: 50"),
        (long_sample(600, repeats=False), "came back"),
        (long_sample(600).assign(value=np.nan), "0 accounts"),
    ],
    ids=["no rows", "too few", "all bought once", "all NULL"],
)
def test_too_little_writes_nothing_and_says_so(
    sample: pd.DataFrame, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fitted = lifetime.refit(sample, SETTINGS, None)
    assert len(fitted) == 0
    said = capsys.readouterr().out
    assert "no parameters written" in said
    assert why in said


def test_nothing_spent_leaves_each_customer_as_he_is() -> None:
    fitted = lifetime.refit(long_sample(600, spend=0), SETTINGS, None)
    found = fitted[fitted["node"] == 0].set_index("parameter")["value"]
    assert (found["p"], found["q"], found["gamma"]) == (1, 1, 0)
    assert "spend_fallback" in json.loads(fitted["quality"].iloc[0])


def test_without_a_fit_of_spend_customers_go_on_as_until_now() -> None:
    x, mean = np.array([1.0, 4, 30]), np.array([0.0, 12.5, 900])
    assert gamma_gamma.expected_spend(gamma_gamma.OWN_MEAN, x, mean) == pytest.approx(mean)
