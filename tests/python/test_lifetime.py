"""Lifetime value: the published fit of CDNOW, the formulas against other ones, and the edges."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from scipy.integrate import quad
from scipy.special import beta, hyp2f1

from crm_segmentation.fits import bg_nbd, gamma_gamma

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


def test_customers_who_are_all_alike_have_no_fit() -> None:
    same = np.full(80, 4.0), np.full(80, 29.0), np.full(80, 30.0)
    with pytest.raises(bg_nbd.NotIdentifiedError, match="runs to"):
        bg_nbd.fit(*same)
    with pytest.raises(bg_nbd.NotIdentifiedError, match="time"):
        bg_nbd.fit(np.ones(3), np.zeros(3), np.zeros(3))


def test_spend_that_is_all_alike_has_no_fit() -> None:
    with pytest.raises(bg_nbd.NotIdentifiedError, match="runs to"):
        gamma_gamma.fit(np.array([2.0, 3, 5, 2]), np.full(4, 10.0))
    with pytest.raises(bg_nbd.NotIdentifiedError, match="came back"):
        gamma_gamma.fit(np.array([]), np.array([]))


def test_without_a_fit_of_spend_customers_go_on_as_until_now() -> None:
    x, mean = np.array([1.0, 4, 30]), np.array([0.0, 12.5, 900])
    assert gamma_gamma.expected_spend(gamma_gamma.OWN_MEAN, x, mean) == pytest.approx(mean)
