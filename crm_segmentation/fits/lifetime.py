"""Lifetime value: parameters of BG/NBD and Gamma-Gamma from the sample, and how they held before.

Time is counted in weeks, orders in days with an order. The horizon of the expected orders is fixed,
since its name stands in the columns of the mart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from crm_segmentation.fits import bg_nbd, frames, gamma_gamma

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

NAME = "lifetime_parameters"
MODEL = "lifetime"
FEATURES = (
    "order_day_count_all",
    "days_since_first_order",
    "days_since_last_order",
    "revenue_all",
)
DAYS_PER_WEEK = 7
HORIZON_DAYS = 365
DTYPES = {"parameter": "str", "node": "int64", "value": "float64"}


def read_customers(wide: pd.DataFrame) -> pd.DataFrame:
    """What the models count: order days, those after the first, weeks, and revenue an order day.

    `weight` is how often a customer counts: see `weighted`.
    """
    bought = wide.dropna()
    bought = bought[bought["order_day_count_all"] >= 1]
    since_first = bought["days_since_first_order"]
    return bought.assign(
        orders=bought["order_day_count_all"],
        x=bought["order_day_count_all"] - 1,
        recency=(since_first - bought["days_since_last_order"]) / DAYS_PER_WEEK,
        age=since_first / DAYS_PER_WEEK,
        spend=bought["revenue_all"] / bought["order_day_count_all"],
        weight=1.0,
    )


def weighted(customers: pd.DataFrame, sample: pd.DataFrame) -> pd.DataFrame:
    """The customers with the weights of a stratified sample."""
    weights = frames.sampling_weights(sample, customers)
    return customers if weights is None else customers.assign(weight=weights)


def weights_of(customers: pd.DataFrame) -> np.ndarray | None:
    """None where all count alike: then the sums are those of a fit that knows no weights."""
    weights = customers["weight"].to_numpy()
    return weights if len(weights) and weights.min() < weights.max() else None


def fit_orders(customers: pd.DataFrame) -> bg_nbd.Fit:
    x, recency, age = (customers[name].to_numpy() for name in ("x", "recency", "age"))
    return bg_nbd.fit(x, recency, age, weights_of(customers))


def fit_spend(customers: pd.DataFrame) -> tuple[gamma_gamma.Parameters, dict[str, Any]]:
    """Of those who came back and spent something; each one's own mean where that says nothing."""
    back = customers[(customers["x"] > 0) & (customers["spend"] > 0)]
    x, mean = back["orders"].to_numpy(), back["spend"].to_numpy()
    try:
        found = gamma_gamma.fit(x, mean, weights_of(back))
    except bg_nbd.NotIdentifiedError as error:
        return gamma_gamma.OWN_MEAN, {
            "spend_customers": len(back),
            "spend_fallback": f"each customer's own mean: {error}",
        }
    return found.parameters, {
        "spend_customers": len(back),
        "spend_at_bound": found.at_bound,
        "spend_log_likelihood": found.log_likelihood,
        "spend_correlation": found.correlation,
    }


def holdout(past: pd.DataFrame, now: pd.DataFrame, days: int) -> dict[str, Any]:
    """What a fit of a past day expects of the days since then, and what came.

    `past` and `now` are the customers as of either day, by their key.
    """
    import numpy as np

    if not len(past):
        return {"holdout_reason": f"nobody had ordered {days} days before"}
    try:
        parameters = fit_orders(past).parameters
        nodes, _ = bg_nbd.fit_nodes(parameters, days / DAYS_PER_WEEK)
        spend, _ = fit_spend(past)
    except bg_nbd.NotIdentifiedError as error:
        return {"holdout_reason": str(error)}
    x, recency, age = (past[name].to_numpy() for name in ("x", "recency", "age"))
    expected = bg_nbd.expected_orders_if_alive(
        parameters, nodes, x, age, days / DAYS_PER_WEEK
    ) * bg_nbd.probability_alive(parameters, x, recency, age)
    value = gamma_gamma.expected_spend(
        spend, past["orders"].to_numpy(), np.maximum(past["spend"].to_numpy(), 0)
    )
    since = (
        now[["orders", "revenue_all"]].reindex(past.index).fillna(past)
        - past[["orders", "revenue_all"]]
    )
    return {
        "holdout_days": days,
        "holdout_customers": len(past),
        "holdout_expected_orders": round(float(expected.sum()), 3),
        "holdout_actual_orders": int(since["orders"].clip(lower=0).sum()),
        "holdout_expected_revenue": round(float((expected * value).sum()), 2),
        "holdout_actual_revenue": round(float(since["revenue_all"].sum()), 2),
    }


def refit(
    sample: Any,
    settings: Any,
    recorded: pd.DataFrame | None,
    asked: Sequence[str] | str | bool | None = False,
) -> pd.DataFrame:
    """The new rows of the parameters: none while they are frozen or the sample gives none."""
    import numpy as np
    import pandas as pd

    chosen = frames.read_settings(frames.to_frame(settings))
    reason = frames.reason_to_fit(MODEL, recorded, chosen, asked, sample)
    if reason is None:
        return frames.no_rows(DTYPES)
    rows = frames.to_frame(sample)
    day, past_day = chosen["as_of_date"], chosen["lifetime_past_day"]
    wide = frames.wide_sample(rows, FEATURES, day)
    customers = weighted(read_customers(wide), rows)
    least = int(chosen["fit_minimum_accounts"])
    if len(customers) < least:
        frames.say(
            NAME,
            f"no parameters written: the sample has {frames.counted(len(customers), 'account')} "
            f"with an order, needed: {least} (setting fit_minimum_accounts)"
            + frames.nobody_has(wide, FEATURES),
        )
        return frames.no_rows(DTYPES)
    try:
        orders = fit_orders(customers)
        nodes, error = bg_nbd.fit_nodes(orders.parameters, HORIZON_DAYS / DAYS_PER_WEEK)
    except bg_nbd.NotIdentifiedError as problem:
        frames.say(NAME, f"no parameters written: {problem}")
        return frames.no_rows(DTYPES)
    spend, quality = fit_spend(customers)
    past = weighted(read_customers(frames.wide_sample(rows, FEATURES, past_day)), rows)
    days = (pd.Timestamp(day) - pd.Timestamp(past_day)).days
    found = {**asdict(orders.parameters), **asdict(spend)}
    record = frames.new_fit(
        MODEL,
        reason,
        recorded,
        chosen,
        customers[list(FEATURES)],
        parameters=found,
        quality={
            "log_likelihood": orders.log_likelihood,
            "at_bound": orders.at_bound,
            "customers_who_came_back": int((customers["x"] > 0).sum()),
            "quadrature_nodes": len(nodes.probability),
            "quadrature_error": error,
            **quality,
            **holdout(past, customers, days),
        },
        sample=rows,
        features=FEATURES,
    )
    frames.say(
        NAME,
        f"version {record.fit_version} fitted on {frames.counted(len(customers), 'account')} "
        f"({reason})"
        + (f"; {', '.join(orders.at_bound)} at the bound" if orders.at_bound else "")
        + (f"; spend is {quality['spend_fallback']}" if "spend_fallback" in quality else ""),
    )
    each = np.arange(1, len(nodes.probability) + 1)
    parts = [
        pd.DataFrame({"parameter": list(found), "node": 0, "value": list(found.values())}),
        *(
            pd.DataFrame({"parameter": name, "node": each, "value": values})
            for name, values in (
                ("node_probability", nodes.probability),
                ("node_log_weight", nodes.log_weight),
                ("node_log_rest", nodes.log_rest),
            )
        ),
    ]
    return frames.with_header(record, pd.concat(parts, ignore_index=True), DTYPES)
