"""Gamma-Gamma: what a customer spends each time, beside what his few orders say.

Fader, Hardie: The Gamma-Gamma Model of Monetary Value (2013). Each order of a customer is drawn
from gamma(p, nu), and nu differs between customers by gamma(q, gamma). It supposes that how much a
customer spends says nothing about how often: `correlation` tells how far that holds.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from crm_segmentation.fits import frames
from crm_segmentation.fits.bg_nbd import NotIdentifiedError, at_bound, slope

if TYPE_CHECKING:
    import numpy as np

LOWEST, HIGHEST = 1e-2, 1e4
STARTS = ((1.0, 2.0, 1.0), (6.0, 4.0, 0.5), (2.0, 10.0, 5.0))


@dataclass(frozen=True)
class Parameters:
    """Shapes p and q, and the scale gamma in money."""

    p: float
    q: float
    gamma: float


# p (gamma + m x) / (p x + q - 1) is then m: each customer goes on spending as until now
OWN_MEAN = Parameters(1.0, 1.0, 0.0)


@dataclass(frozen=True)
class Fit:
    parameters: Parameters
    log_likelihood: float
    correlation: float
    at_bound: tuple[str, ...] = ()


def log_likelihood(parameters: Parameters, x: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Of each customer with x orders of that mean (equation 1a of the note, in logarithms)."""
    return _log_likelihood_and_gradient(parameters, x, mean)[0]


def _log_likelihood_and_gradient(
    parameters: Parameters, x: np.ndarray, mean: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Of each customer, and its derivatives by the logarithm of each parameter."""
    import numpy as np
    from scipy.special import digamma, gammaln

    p, q, gamma = astuple(parameters)
    total = gamma + mean * x
    value = (
        gammaln(p * x + q)
        - gammaln(p * x)
        - gammaln(q)
        + q * np.log(gamma)
        + (p * x - 1) * np.log(mean)
        + p * x * np.log(x)
        - (p * x + q) * np.log(total)
    )
    both = digamma(p * x + q)
    by_p = x * (both - digamma(p * x) + np.log(mean * x) - np.log(total))
    by_q = both - digamma(q) + np.log(gamma) - np.log(total)
    by_gamma = q / gamma - (p * x + q) / total
    return value, np.stack([by_p * p, by_q * q, by_gamma * gamma])


def correlation(x: np.ndarray, mean: np.ndarray) -> float:
    """Of number and mean of the orders; 0 where one of them is constant."""
    import numpy as np

    if x.min() == x.max() or mean.min() == mean.max():
        return 0.0
    return float(np.corrcoef(x, mean)[0, 1])


def fit(x: np.ndarray, mean: np.ndarray, weights: np.ndarray | None = None) -> Fit:
    """Maximum likelihood, as for the orders; counts and means are above 0.

    Error: there is nobody, no start converged, or the spend has no mean.
    """
    import numpy as np
    from scipy.optimize import minimize

    if len(x) == 0:
        raise NotIdentifiedError("no customer of the sample came back and spent something")
    distinct, count = frames.distinct_rows(x, mean, weights=weights)
    unit = float(mean.mean())

    def loss(logs: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = _log_likelihood_and_gradient(
            Parameters(*np.exp(logs)), distinct[0], distinct[1] / unit
        )
        return -float(value @ count) / len(x), -(gradient @ count) / len(x)

    bounds = [(np.log(LOWEST), np.log(HIGHEST))] * 3
    found = [
        minimize(
            loss,
            np.log(start),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": 5000, "maxfun": 50_000, "ftol": 1e-15, "gtol": 1e-9},
        )
        for start in STARTS
    ]
    flat = [result for result in found if slope(result, bounds) < 1e-5]
    if not flat:
        raise NotIdentifiedError("the search for the greatest likelihood did not converge")
    best = min(flat, key=lambda result: result.fun)
    p, q, gamma = (float(value) for value in np.exp(best.x))
    if q <= 1:
        raise NotIdentifiedError(f"customers differ so much that they have no mean (q {q:.2f})")
    parameters = Parameters(p, q, gamma * unit)
    total = float(log_likelihood(parameters, *distinct) @ count)
    ended = at_bound(best.x, bounds, ("p", "q", "gamma"))
    return Fit(parameters, total, correlation(x, mean), ended)


def expected_spend(parameters: Parameters, x: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Of an order of a customer with x orders of that mean (equation 5 of the note)."""
    p, q, gamma = astuple(parameters)
    return p * (gamma + mean * x) / (p * x + q - 1)
