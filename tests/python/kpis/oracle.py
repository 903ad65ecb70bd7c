"""Every KPI of an account on a day, row by row from the staging tables.

Written from the meaning of the KPIs and not from the macro that renders them: no windows joined, no
sums shared, one account and one fact at a time. Amounts are Decimal throughout.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

WINDOWS = {"30d": 30, "90d": 90, "180d": 180, "365d": 365, "all": None}
CENT = Decimal("0.01")

Row = dict[str, Any]


def rounded(value: Decimal, step: Decimal = CENT) -> Decimal:
    return value.quantize(step, rounding=ROUND_HALF_UP)


@dataclass
class Fact:
    """Something that happened, with the day from which on it no longer counts."""

    name: str
    day: date
    cancelled_on: date | None = None
    order_id: str | None = None
    product_id: str | None = None
    category: str | None = None
    detail: str | None = None
    channel: str | None = None
    quantity: Decimal = Decimal(0)
    net_amount: Decimal | None = None
    profit_amount: Decimal | None = None


@dataclass
class Contract:
    starts_on: date
    renews_on: date | None
    ends_on: date | None
    status: str | None


@dataclass
class Company:
    """What all accounts did, and when each was first seen."""

    first_seen: dict[str, date]
    facts: dict[str, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    contracts: dict[str, list[Contract]] = field(default_factory=lambda: defaultdict(list))
    rejected: set[tuple[str, str, str]] = field(default_factory=set)


def table(connection: duckdb.DuckDBPyConnection, name: str) -> list[Row]:
    (schema,) = connection.execute(
        "select table_schema from information_schema.tables where table_name = ?", [name]
    ).fetchone() or ("missing",)
    cursor = connection.execute(f"select * from {schema}.{name}")
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def read_company(
    connection: duckdb.DuckDBPyConnection,
    zone: str,
    reporting_currency: str = "EUR",
    known_as_of: date | None = None,
    max_rate_age_days: int = 100,
) -> Company:
    """The facts of a built database, from its staging tables and its account keys."""
    zone_info = ZoneInfo(zone)

    def local(instant: datetime | None) -> date | None:
        return None if instant is None else instant.replace(tzinfo=UTC).astimezone(zone_info).date()

    def facts_of(name: str) -> list[Row]:
        rows = table(connection, name)
        if known_as_of is None:
            return rows
        # the first instant of the day: midnight, where midnight exists
        bound = datetime(known_as_of.year, known_as_of.month, known_as_of.day, tzinfo=zone_info)
        limit = bound.astimezone(UTC).replace(tzinfo=None)
        return [row for row in rows if row["loaded_at"] < limit]

    keys = {
        (row["source"], row["record_type"], row["record_key"]): row["account_id"]
        for row in table(connection, "int_account_keys")
    }
    company = Company(
        {
            row["account_id"]: local(row["founded_at"])  # type: ignore[misc]
            for row in table(connection, "int_accounts")
        }
    )
    products = {row["product_id"]: row for row in table(connection, "stg_erp__products")}
    rates: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
    for row in table(connection, "stg_erp__exchange_rates"):
        if row["to_currency"] == reporting_currency:
            rates[row["from_currency"].upper()].append((row["rate_date"], row["rate"]))
    for spans in rates.values():
        spans.sort()

    def rate_on(currency: str, day: date) -> Decimal | None:
        if currency.upper() == reporting_currency:
            return Decimal(1)
        spans = rates[currency.upper()]
        place = bisect_right(spans, (day, Decimal("Infinity")))
        if not place or (day - spans[place - 1][0]).days >= max_rate_age_days:
            return None
        return spans[place - 1][1]

    def add(account_id: str | None, fact: Fact) -> None:
        if account_id is not None:
            company.facts[account_id].append(fact)

    orders = {row["order_id"]: row for row in facts_of("stg_erp__orders")}
    lines = facts_of("stg_erp__order_lines")
    lines_of: dict[str, list[Row]] = defaultdict(list)
    for line in lines:
        lines_of[line["order_id"]].append(line)

    def account_of(order: Row) -> str | None:
        if order["erp_customer_id"] is not None:
            return keys.get(("erp", "customer", order["erp_customer_id"]))
        guest = order["guest_email"]
        key = "order:" + order["order_id"] if guest is None else fold(guest)
        return keys.get(("erp", "guest", key))

    broken_orders = set()
    # an order has an amount if one of its lines has; one without lines has none
    amount_of_order: dict[str, Decimal] = defaultdict(Decimal)
    cost_of_line: dict[str, Decimal | None] = {}
    for line in lines:
        order = orders.get(line["order_id"])
        if order is None:
            company.rejected.add(("order_lines", line["order_line_id"], "unknown_order"))
            continue
        day = local(order["ordered_at"])
        assert day is not None
        rate = rate_on(order["currency_code"], day)
        if rate is None:
            company.rejected.add(("order_lines", line["order_line_id"], "missing_exchange_rate"))
            broken_orders.add(order["order_id"])
            continue
        net = rounded(line["net_amount"] * rate)
        cost = None if line["cost_amount"] is None else rounded(line["cost_amount"] * rate)
        cost_of_line[line["order_line_id"]] = cost
        common: dict[str, Any] = {
            "day": day,
            "cancelled_on": local(order["cancelled_at"]),
            "order_id": order["order_id"],
            "product_id": line["product_id"],
            "category": products.get(line["product_id"], {}).get("category"),
        }
        if line["quantity"] < 0:
            fact = Fact(
                "return",
                quantity=-line["quantity"],
                net_amount=-net,
                profit_amount=None if cost is None else -net - abs(cost),
                **common,
            )
        else:
            amount_of_order[order["order_id"]] += net
            fact = Fact(
                "order_line",
                quantity=line["quantity"],
                net_amount=net,
                profit_amount=None if cost is None else net - cost,
                **common,
            )
        add(account_of(order), fact)
    for order in orders.values():
        own = lines_of[order["order_id"]]
        if own and all(line["quantity"] < 0 for line in own):
            continue
        day = local(order["ordered_at"])
        assert day is not None
        add(
            account_of(order),
            Fact(
                "order",
                day,
                local(order["cancelled_at"]),
                order["order_id"],
                channel=order["channel"],
                net_amount=amount_of_order.get(order["order_id"]),
            ),
        )
    line_by_id = {line["order_line_id"]: line for line in lines}
    for row in facts_of("stg_erp__returns"):
        line = line_by_id.get(row["order_line_id"])
        order_id = row["order_id"] or (line["order_id"] if line else None)
        order = orders.get(order_id) if order_id is not None else None
        day = local(row["returned_at"])
        assert day is not None
        rate = None if order is None else rate_on(order["currency_code"], day)
        reason = (
            "unknown_order"
            if order is None
            else "missing_exchange_rate"
            if rate is None
            else "order_rejected"
            if order_id in broken_orders
            else None
        )
        if reason:
            company.rejected.add(("returns", row["return_id"], reason))
            continue
        assert order is not None and rate is not None
        net = rounded(row["net_amount"] * rate)
        if line is None:
            profit: Decimal | None = net
        elif cost_of_line.get(line["order_line_id"]) is None or line["quantity"] == 0:
            profit = None
        else:
            cost = cost_of_line[line["order_line_id"]]
            assert cost is not None
            profit = net - rounded(cost * row["quantity"] / line["quantity"])
        product_id = line["product_id"] if line else None
        add(
            account_of(order),
            Fact(
                "return",
                day,
                local(order["cancelled_at"]),
                order_id,
                product_id,
                products.get(product_id, {}).get("category"),
                quantity=row["quantity"],
                net_amount=net,
                profit_amount=profit,
            ),
        )
    for row in facts_of("stg_web__events"):
        account_id = (
            keys.get(("erp", "customer", row["erp_customer_id"]))
            or (row["user_email"] and keys.get(("web", "user", fold(row["user_email"]))))
            or keys.get(("web", "visitor", row["visitor_id"]))
        )
        day = local(row["occurred_at"])
        assert day is not None
        add(account_id, Fact(row["event_name"], day))
    for name, fact_name, time, detail in [
        ("stg_crm__campaign_contacts", "campaign_contact", "contacted_at", "arm"),
        ("stg_crm__campaign_responses", "campaign_response", "responded_at", "response_type"),
        ("stg_crm__service_interactions", "service_interaction", "opened_at", "priority"),
    ]:
        for row in facts_of(name):
            day = local(row[time])
            assert day is not None
            add(
                keys.get(("crm", "account", row["crm_account_id"])),
                Fact(fact_name, day, detail=row[detail]),
            )
    for row in facts_of("stg_crm__contracts"):
        owner = keys.get(("crm", "account", row["crm_account_id"]))
        if owner is not None:
            company.contracts[owner].append(
                Contract(row["starts_on"], row["renews_on"], row["ends_on"], row["status"])
            )
    return company


def fold(text: str) -> str:
    return text.translate(str.maketrans("İΣς", "iσσ")).lower()  # noqa: RUF001  # Greek is meant


def share(part: int, whole: int) -> Decimal | None:
    return rounded(Decimal(part) / whole, Decimal("0.000001")) if whole else None


def kpis_of(
    facts: Iterable[Fact],
    contracts: Iterable[Contract],
    as_of: date,
    categories: dict[str, str],
    groups: dict[str, tuple[str, ...]],
) -> Row:
    """The columns of account_kpis and account_category_kpis for one account.

    `categories` and `groups` are those of the setting kpi_categories: the name in columns of each
    category, the categories of each name in columns.
    """
    seen = [
        fact
        for fact in facts
        if fact.day < as_of and (fact.cancelled_on is None or fact.cancelled_on >= as_of)
    ]
    values: Row = {}

    def within(name: str, days: int | None, back: int = 0) -> list[Fact]:
        """Facts of the window of `days` days that ends `back` days before the day."""
        end = as_of - timedelta(days=back)
        return [
            fact
            for fact in seen
            if fact.name == name
            and fact.day < end
            and (days is None or fact.day >= end - timedelta(days=days))
        ]

    def total(rows: list[Fact], column: str) -> Decimal:
        return sum((getattr(row, column) or Decimal(0) for row in rows), Decimal(0))

    for window, days in WINDOWS.items():
        orders, lines = within("order", days), within("order_line", days)
        returns = within("return", days)
        revenue = total(lines, "net_amount") - total(returns, "net_amount")
        values[f"order_count_{window}"] = len(orders)
        values[f"revenue_{window}"] = revenue
        values[f"profit_{window}"] = total(lines, "profit_amount") - total(returns, "profit_amount")
        values[f"return_count_{window}"] = len(returns)
        values[f"return_amount_{window}"] = total(returns, "net_amount")
        values[f"item_count_{window}"] = total(lines, "quantity") - total(returns, "quantity")
        values[f"product_count_{window}"] = len(
            {line.product_id for line in lines if line.product_id is not None}
        )
        # an order of unknown amount brings no revenue, so it divides none
        known = [order for order in orders if order.net_amount is not None]
        values[f"average_order_value_{window}"] = rounded(revenue / len(known)) if known else None
        values[f"visit_count_{window}"] = len(within("visit", days))
        values[f"campaign_contact_count_{window}"] = sum(
            fact.detail == "treatment" for fact in within("campaign_contact", days)
        )
        values[f"campaign_response_count_{window}"] = len(within("campaign_response", days))
        values[f"service_interaction_count_{window}"] = len(within("service_interaction", days))
        for category, slug in categories.items():
            values[f"order_count_{slug}_{window}"] = len(
                {line.order_id for line in lines if line.category == category}
            )
            values[f"revenue_{slug}_{window}"] = total(
                [line for line in lines if line.category == category], "net_amount"
            ) - total([row for row in returns if row.category == category], "net_amount")
        if window in ("365d", "all"):
            on_web = sum(order.channel == "web" for order in orders)
            values[f"web_session_count_{window}"] = sum(
                len(within(name, days)) for name in ("visit", "portal_login")
            )
            values[f"web_order_count_{window}"] = on_web
            values[f"web_order_share_{window}"] = share(on_web, len(orders))
            values[f"order_line_count_{window}"] = len(lines)
            for slug, members in groups.items():
                count = sum(line.category in members for line in lines)
                values[f"line_count_{slug}_{window}"] = count
                # as if there were two more lines, one of them of the group
                leaning = share(count + 1, len(lines) + 2) if lines else None
                values[f"line_share_{slug}_{window}"] = leaning
        if days is not None:
            before = total(within("order_line", days, days), "net_amount") - total(
                within("return", days, days), "net_amount"
            )
            values[f"revenue_change_percent_{window}"] = (
                rounded(100 * (revenue - before) / before, Decimal("0.0001"))
                if before > 0
                else None
            )
    order_days = sorted({fact.day for fact in within("order", None)})
    values["days_since_last_order"] = (as_of - order_days[-1]).days if order_days else None
    values["days_since_first_order"] = (as_of - order_days[0]).days if order_days else None
    values["order_day_count_all"] = len(order_days)
    values["purchase_interval_days"] = (
        rounded(Decimal((order_days[-1] - order_days[0]).days) / (len(order_days) - 1))
        if len(order_days) > 1
        else None
    )
    counts = Counter(
        line.category for line in within("order_line", None) if line.category is not None
    )
    values["preferred_category"] = (
        min(counts, key=lambda category: (-counts[category], category.encode())) if counts else None
    )
    renewals = [
        contract.renews_on
        for contract in contracts
        if contract.starts_on < as_of
        and (contract.ends_on is None or contract.ends_on >= as_of)
        and contract.renews_on is not None
        and contract.renews_on >= as_of
        and (contract.status or "").lower()
        not in ("cancelled", "canceled", "terminated", "expired")
    ]
    values["days_until_renewal"] = (min(renewals) - as_of).days if renewals else None
    return values


def expected_kpis(
    company: Company,
    as_of: date,
    categories: dict[str, str],
    groups: dict[str, tuple[str, ...]],
) -> dict[str, Row]:
    """The KPIs of every account that was there before the day."""
    return {
        account_id: kpis_of(
            company.facts.get(account_id, []),
            company.contracts.get(account_id, []),
            as_of,
            categories,
            groups,
        )
        for account_id, day in company.first_seen.items()
        if day < as_of
    }
