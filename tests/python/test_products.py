"""Preferred products and the next purchase, against plain Python over the order lines."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from conftest import DbtRun

AS_OF = date(2026, 1, 1)
WINDOW, PRIOR, INTERVALS, ACCOUNTS, LIFT = 730, 4, 2, 20, Fraction(105, 100)


@dataclass(frozen=True)
class Line:
    account: str
    order: str
    day: date
    ended_on: date | None
    product: str | None
    category: str | None
    quantity: Decimal
    is_known: bool


def lines_of(demo: DbtRun) -> list[Line]:
    zone, utc = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")

    def local(time: datetime | None) -> date | None:
        return time and time.replace(tzinfo=utc).astimezone(zone).date()

    found = demo.query(
        "select account_id, order_id, ordered_at, cancelled_at, product_id, category, quantity,"
        " rejection_reason is null"
        " from crm_intermediate.int_order_lines_converted"
        " where account_id is not null and quantity > 0"
    )
    return [Line(a, o, local(at), local(off), *rest) for a, o, at, off, *rest in found]


def ordered(lines: Iterable[Line], as_of: date) -> list[Line]:
    """Lines of orders in the window, of those, too, whose amount has no exchange rate."""
    first = as_of - timedelta(days=WINDOW)
    return [
        line
        for line in lines
        if first <= line.day < as_of and (line.ended_on is None or line.ended_on >= as_of)
    ]


def visible(lines: Iterable[Line], as_of: date) -> list[Line]:
    return [line for line in ordered(lines, as_of) if line.is_known]


def rounded(value: Fraction) -> Decimal:
    whole = Decimal(value.numerator * 10**6 // value.denominator).scaleb(-6)
    return whole.quantize(Decimal("0.00001"), ROUND_HALF_UP)


def exactly(value: Decimal) -> Fraction:
    return Fraction(value)


def days_of(lines: Iterable[Line], what: str) -> dict[str, dict[Any, list[date]]]:
    """Per account the days, in order, on which it bought each category or product."""
    days: dict[str, dict[Any, set[date]]] = defaultdict(lambda: defaultdict(set))
    for line in lines:
        if getattr(line, what) is not None:
            days[line.account][getattr(line, what)].add(line.day)
    return {
        account: {item: sorted(found) for item, found in items.items()}
        for account, items in days.items()
    }


def usual(days: list[date]) -> Decimal | None:
    gaps = [(later - earlier).days for earlier, later in itertools.pairwise(days)]
    return Decimal(median(gaps)) if len(gaps) >= INTERVALS else None


def expected(days: list[date]) -> date | None:
    between = usual(days)
    return None if between is None else days[-1] + timedelta(days=ceil(between))


class Outlook:
    """The oracle: what the marts say, by loops over accounts."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.bought = days_of(lines, "category")
        self.days = {
            account: sorted({day for days in items.values() for day in days})
            for account, items in self.bought.items()
        }
        self.categories = sorted({c for items in self.bought.values() for c in items})
        purchases = sum(map(len, self.days.values()))
        self.popular = {
            c: rounded(Fraction(sum(len(i.get(c, ())) for i in self.bought.values()), purchases))
            for c in self.categories
        }
        self.buyers = {
            c: {a for a, items in self.bought.items() if c in items} for c in self.categories
        }
        self.both = {
            (c, o): len(self.buyers[c] & self.buyers[o])
            for c in self.categories
            for o in self.categories
            if c != o
        }
        self.lift = {
            (c, o): Fraction(
                self.both[c, o] * len(self.bought), len(self.buyers[c]) * len(self.buyers[o])
            )
            for c, o in self.both
        }

    def shares(self, account: str) -> list[tuple[Decimal, int, str]]:
        """Category by category with its expected share and purchases, the likeliest first."""
        last = self.days[account][-1]
        by_share = sorted(self.categories, key=lambda c: (-self.popular[c], c.encode()))
        found = []
        for category in set(self.bought[account]) | set(by_share[:5]):
            days = self.bought[account].get(category, [])
            value = (len(days) + (last in days) + PRIOR * exactly(self.popular[category])) / (
                len(self.days[account]) + 1 + PRIOR
            )
            found.append((rounded(value), len(days), category))
        return sorted(found, key=lambda one: (-one[0], -one[1], one[2].encode()))

    def complement(self, account: str) -> tuple[str, str] | None:
        has = self.bought[account]
        pairs = [
            (-rounded(self.lift[c, o]), o.encode(), c.encode(), o, c)
            for c, o in self.both
            if c in has
            and o not in has
            and self.both[c, o] >= ACCOUNTS
            and rounded(self.lift[c, o]) > LIFT
        ]
        return min(pairs)[3:] if pairs else None


@pytest.fixture(scope="module")
def lines(demo_build: DbtRun) -> list[Line]:
    return lines_of(demo_build)


@pytest.fixture(scope="module")
def outlook(lines: list[Line]) -> Outlook:
    return Outlook(visible(lines, AS_OF))


def test_affinities_are_those_counted(demo_build: DbtRun, outlook: Outlook) -> None:
    found = demo_build.query(
        "select category, other_category, both_account_count, lift, is_complementary"
        " from crm_marts.category_affinities"
    )
    assert {row[:4] for row in found} == {
        (*pair, outlook.both[pair], rounded(lift)) for pair, lift in outlook.lift.items()
    }
    assert {row[:2] for row in found if row[4]} == {
        pair
        for pair, lift in outlook.lift.items()
        if rounded(lift) > LIFT and outlook.both[pair] >= ACCOUNTS
    }


def test_outlook_of_categories_is_that_counted(demo_build: DbtRun, outlook: Outlook) -> None:
    found = demo_build.query(
        "select account_id, preference_rank, category, expected_share,"
        " purchase_count, usual_interval_days, next_expected_on"
        " from crm_marts.account_category_outlook"
    )
    assert set(found) == {
        (
            account,
            rank,
            category,
            share,
            count,
            usual(outlook.bought[account].get(category, [])),
            expected(outlook.bought[account].get(category, [])),
        )
        for account in outlook.bought
        for rank, (share, count, category) in enumerate(outlook.shares(account), 1)
    }


def test_outlook_of_accounts_is_that_counted(
    demo_build: DbtRun, lines: list[Line], outlook: Outlook
) -> None:
    found = demo_build.query(
        "select account_id, usual_interval_days, next_expected_on, overdue_days,"
        " next_likely_category, complementary_category, complementary_to_category"
        " from crm_marts.account_purchase_outlook"
    )
    days: dict[str, set[date]] = defaultdict(set)
    for line in ordered(lines, AS_OF):
        days[line.account].add(line.day)
    by_account = {row[0]: row[1:] for row in found}
    assert days.keys() == by_account.keys()
    for account, bought_on in days.items():
        due = expected(sorted(bought_on))
        likeliest = outlook.shares(account)[0][2] if account in outlook.bought else None
        complement = outlook.complement(account) if account in outlook.bought else None
        assert by_account[account] == (
            usual(sorted(bought_on)),
            due,
            due and (AS_OF - due).days,
            likeliest,
            *(complement or (None, None)),
        )


def test_preferred_products_are_those_counted(demo_build: DbtRun, lines: list[Line]) -> None:
    found = demo_build.query(
        "select account_id, preference_rank, product_id, purchase_count, quantity,"
        " last_purchased_on, usual_interval_days from crm_marts.account_preferred_products"
    )
    shown = visible(lines, AS_OF)
    quantities: Counter[tuple[str, str | None]] = Counter()
    for line in shown:
        quantities[line.account, line.product] += line.quantity
    wanted = set()
    for account, products in days_of(shown, "product").items():
        in_order = sorted(
            products,
            key=lambda p: (
                -len(products[p]),
                -products[p][-1].toordinal(),
                -quantities[account, p],
                p.encode(),
            ),
        )
        for rank, product in enumerate(in_order[:10], 1):
            days = products[product]
            wanted.add(
                (account, rank, product, len(days), quantities[account, product], days[-1],
                 usual(days))
            )  # fmt: skip
    assert set(found) == wanted
    assert max(row[1] for row in found) == 10


def test_the_likely_category_is_bought_next_more_often_than_the_favourite(
    lines: list[Line],
) -> None:
    """A look back: what was said at a day, and what came next, over four days."""
    hits: Counter[str] = Counter()
    said = asked = Fraction(0)
    for as_of in (date(2025, 1, 1), date(2025, 4, 1), date(2025, 7, 1), date(2025, 10, 1)):
        known = Outlook(visible(lines, as_of))
        popular = max(known.categories, key=lambda c: known.popular[c])
        later = days_of([line for line in lines if line.day >= as_of], "category")
        for account, items in later.items():
            if account not in known.bought:
                continue
            first = min(day for days in items.values() for day in days)
            bought = {category for category, days in items.items() if first in days}
            share, _, likeliest = known.shares(account)[0]
            own = known.bought[account]
            # the favourite, and of several the one bought last
            favourite = max(own, key=lambda c: (len(own[c]), own[c][-1], c))
            asked += 1
            said += exactly(share)
            hits["likeliest"] += likeliest in bought
            hits["favourite"] += favourite in bought
            hits["popular"] += popular in bought
    assert asked > 500
    print({name: round(count / asked, 3) for name, count in hits.items()}, float(said / asked))
    # of some kinds of goods the last one decides, of others the sum of all
    assert hits["likeliest"] > 1.3 * hits["popular"]
    assert hits["likeliest"] > 0.97 * hits["favourite"]
    assert abs(said / asked - Fraction(hits["likeliest"]) / asked) < Fraction(1, 10)
