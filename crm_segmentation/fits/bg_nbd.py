"""BG/NBD: how often customers come back while alive, and when they drop out.

Fader, Hardie, Lee: "Counting Your Customers" the Easy Way (Marketing Science 24, 2005). While alive
a customer orders at a rate drawn from gamma(r, alpha) and drops out after each order with a
probability drawn from beta(a, b). All that counts of his past is `x`, how often he came back,
`recency`, the time from his first order to his last, and `age`, the time since his first.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

from crm_segmentation.fits import frames

if TYPE_CHECKING:
    import numpy as np

# Parameters are sought within these bounds, times in units of their mean. Where customers differ in
# nothing, in their rate or in how readily they drop out, the shapes are infinite: then the bound
# stands in, whose customers hardly differ.
LOWEST, HIGHEST = 1e-3, 1e3
STARTS = ((1.0, 1.0, 1.0, 1.0), (0.3, 5.0, 0.8, 2.5), (3.0, 10.0, 0.3, 5.0))
# Relative error of the expectation that the nodes of a quadrature may have at most
QUADRATURE_TOLERANCE = 1e-8
MOST_NODES = 4000
# A weight e^-45 times that of another adds nothing to a sum in double precision
NEGLIGIBLE = 45.0


class NotIdentifiedError(ValueError):
    """The data do not say what the parameters are; the text says why."""


@dataclass(frozen=True)
class Parameters:
    """Shape r and rate alpha of the order rate, shapes a and b of the drop-out probability."""

    r: float
    alpha: float
    a: float
    b: float


@dataclass(frozen=True)
class Fit:
    parameters: Parameters
    log_likelihood: float
    at_bound: tuple[str, ...] = ()


@dataclass(frozen=True)
class Nodes:
    """Drop-out probabilities p that stand for beta(a, b), with the logarithms of p's weight and
    of 1 - p."""

    probability: np.ndarray
    log_weight: np.ndarray
    log_rest: np.ndarray


def log_likelihood(
    parameters: Parameters, x: np.ndarray, recency: np.ndarray, age: np.ndarray
) -> np.ndarray:
    """Of each customer (equation 6 of the paper, in logarithms)."""
    return _log_likelihood_and_gradient(parameters, x, recency, age)[0]


def _log_likelihood_and_gradient(
    parameters: Parameters, x: np.ndarray, recency: np.ndarray, age: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Of each customer, and its derivatives by the logarithm of each parameter."""
    import numpy as np
    from scipy.special import digamma, expit, gammaln

    r, alpha, a, b = astuple(parameters)
    again = x > 0
    counted = np.where(again, x, 1)
    frequency = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    drop_out = gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    alive = -(r + x) * np.log(alpha + age)
    gone = np.where(
        again,
        np.log(a) - np.log(b + counted - 1) - (r + x) * np.log(alpha + recency),
        -np.inf,
    )
    value = frequency + drop_out + np.logaddexp(alive, gone)
    # share of the likelihood in which the customer dropped out right after the last order
    share = np.where(again, expit(np.where(again, gone - alive, 0.0)), 0.0)
    by_age, by_recency = 1 / (alpha + age), 1 / (alpha + recency)
    by_r = (
        digamma(r + x)
        - digamma(r)
        + np.log(alpha)
        - (1 - share) * np.log(alpha + age)
        - share * np.log(alpha + recency)
    )
    by_alpha = r / alpha - (r + x) * ((1 - share) * by_age + share * by_recency)
    by_a = digamma(a + b) - digamma(a + b + x) + share / a
    by_b = (
        digamma(a + b)
        + digamma(b + x)
        - digamma(b)
        - digamma(a + b + x)
        - share / (b + counted - 1)
    )
    return value, np.stack([by_r * r, by_alpha * alpha, by_a * a, by_b * b])


def fit(
    x: np.ndarray, recency: np.ndarray, age: np.ndarray, weights: np.ndarray | None = None
) -> Fit:
    """Maximum likelihood, from several starts, the best of those that converged.

    A customer counts as often as his weight says; without weights, once.

    Error: nobody came back, or no start converged.
    """
    import numpy as np
    from scipy.optimize import minimize

    if len(x) == 0 or not (x > 0).any():
        raise NotIdentifiedError("no customer of the sample came back")
    # equal customers once, in the order of their values: the sum does not depend on that of rows
    distinct, count = frames.distinct_rows(x, recency, age, weights=weights)
    # times in units of their mean, so that the bounds mean the same for days and for years
    unit = float(age.mean())
    if unit <= 0:
        raise NotIdentifiedError("no time has passed since the first orders")

    def loss(logs: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = _log_likelihood_and_gradient(
            Parameters(*np.exp(logs)), distinct[0], distinct[1] / unit, distinct[2] / unit
        )
        return -float(value @ count) / len(x), -(gradient @ count) / len(x)

    bounds = [(np.log(LOWEST), np.log(HIGHEST))] * 4
    found = [
        minimize(
            loss,
            np.log([r, alpha / 38, a, b]),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": 1000, "ftol": 1e-15, "gtol": 1e-9},
        )
        for r, alpha, a, b in STARTS
    ]
    # the search for a still better point may end in rounding: what counts is the slope
    flat = [result for result in found if slope(result, bounds) < 1e-5]
    if not flat:
        raise NotIdentifiedError("the search for the greatest likelihood did not converge")
    best = min(flat, key=lambda result: result.fun)
    ended = at_bound(best.x, bounds, ("r", "alpha", "a", "b"))
    r, alpha, a, b = (float(value) for value in np.exp(best.x))
    if r < 1.01 * LOWEST:
        raise NotIdentifiedError("hardly a customer of the sample came back")
    parameters = Parameters(r, alpha * unit, a, b)
    total = float(log_likelihood(parameters, *distinct) @ count)
    return Fit(parameters, total, ended)


def at_bound(
    logs: np.ndarray, bounds: list[tuple[float, float]], names: tuple[str, ...]
) -> tuple[str, ...]:
    """Names of the parameters that ended at a bound."""
    return tuple(
        name
        for name, value, (low, high) in zip(names, logs, bounds, strict=True)
        if value - low < 1e-3 or high - value < 1e-3
    )


def slope(result: Any, bounds: list[tuple[float, float]]) -> float:
    """Largest derivative at the end of a search, not counting those that push against a bound."""
    import numpy as np

    low, high = np.array(bounds).T
    step = np.clip(result.x - result.jac, low, high)
    return float(np.abs(step - result.x).max())


def probability_alive(
    parameters: Parameters, x: np.ndarray, recency: np.ndarray, age: np.ndarray
) -> np.ndarray:
    """Who never came back had no occasion to drop out and counts as alive."""
    import numpy as np
    from scipy.special import expit

    r, alpha, a, b = astuple(parameters)
    counted = np.where(x > 0, x, 1)
    log_odds = (
        np.log(a)
        - np.log(b + counted - 1)
        + (r + x) * (np.log(alpha + age) - np.log(alpha + recency))
    )
    return np.where(x > 0, expit(-log_odds), 1.0)


def expected_orders_if_alive(
    parameters: Parameters, nodes: Nodes, x: np.ndarray, age: np.ndarray, horizon: float
) -> np.ndarray:
    """Orders within the horizon of customers who are alive: what the SQL computes, in numpy.

    Given the drop-out probability p it is (1 - (1 + p s)^-(r + x)) / p with
    s = horizon / (alpha + age); the mean over beta(a, b + x) is taken at the nodes.
    """
    import numpy as np

    k = (parameters.r + x)[:, None]
    s = (horizon / (parameters.alpha + age))[:, None]
    p = nodes.probability[None, :]
    w = p * s
    # what is left of 1 - (1 + w)^-k where it is nearly 0: the start of its series
    few = (k + 3) * w < 1e-3
    series = k * s * (1 - (k + 1) * w / 2 * (1 - (k + 2) * w / 3 * (1 - (k + 3) * w / 4)))
    orders = np.where(few, series, (1 - np.exp(-k * np.log(1 + w))) / np.where(few, 1.0, p))
    logs = nodes.log_weight[None, :] + x[:, None] * nodes.log_rest[None, :]
    weight = np.exp(logs - logs.max(axis=1, keepdims=True))
    return (weight * orders).sum(axis=1) / weight.sum(axis=1)


def expected_orders_published(
    parameters: Parameters, x: np.ndarray, recency: np.ndarray, age: np.ndarray, horizon: float
) -> np.ndarray:
    """Equation 10 of the paper, with its hypergeometric function; not for a = 1."""
    import numpy as np
    from scipy.special import hyp2f1

    r, alpha, a, b = astuple(parameters)
    z = horizon / (alpha + age + horizon)
    # Euler's transformation of the paper's function: one with smaller numbers
    rest = np.power(1 - z, a - 1) * hyp2f1(a + b - 1 - r, a - 1, a + b + x - 1, z)
    alive = probability_alive(parameters, x, recency, age)
    return alive * (a + b + x - 1) / (a - 1) * (1 - rest)


def quadrature(a: float, b: float, step: float) -> Nodes:
    """Nodes and weights of the double exponential rule for beta(a, b), negligible ones left out.

    p = 1 / (1 + exp(-pi sinh u)) at equal steps of u. The nodes crowd towards 0 and 1, where the
    density may be infinite, so they serve beta(a, b + x) for every x up to 10,000, too.
    """
    import numpy as np

    lowest = NEGLIGIBLE / a + np.log(1e4 * max(1.0, 1 / a))
    highest = NEGLIGIBLE / b + np.log(max(1.0, a) * 10)
    first = np.floor(-np.arcsinh(lowest / np.pi) / step)
    last = np.ceil(np.arcsinh(highest / np.pi) / step)
    u = step * np.arange(first, last + 1)
    logit = np.pi * np.sinh(u)
    log_p, log_rest = -np.logaddexp(0, -logit), -np.logaddexp(0, logit)
    # a smaller probability is as good as this one, and servers refuse what underflows
    tiny = np.exp(np.maximum(log_p, -500.0))
    return Nodes(tiny, a * log_p + b * log_rest + np.log(np.cosh(u)), log_rest)


def fit_nodes(parameters: Parameters, horizon: float) -> tuple[Nodes, float]:
    """The fewest nodes that suffice, and how far off the expectation is with them at most.

    The error falls faster than any power of the step, so half the step says how large it is. It is
    looked for among customers of no age to those of a hundred horizons, of 0 to 10,000 orders.
    """
    import numpy as np

    counts = np.array([0, 1, 2, 5, 10, 30, 100, 1000, 10_000], dtype=float)
    ages = horizon * np.array([0, 0.01, 0.1, 1, 10, 100])
    x, age = (grid.ravel() for grid in np.meshgrid(counts, ages))

    def expected(nodes: Nodes) -> np.ndarray:
        return expected_orders_if_alive(parameters, nodes, x, age, horizon)

    step = 0.4
    nodes = quadrature(parameters.a, parameters.b, step)
    while True:
        step /= 2
        finer = quadrature(parameters.a, parameters.b, step)
        error = float(np.abs(expected(nodes) / expected(finer) - 1).max())
        if error <= QUADRATURE_TOLERANCE:
            return nodes, error
        if len(finer.probability) > MOST_NODES:
            raise NotIdentifiedError(
                f"the expected orders are only known to {error:.1e} of their value"
            )
        nodes = finer
