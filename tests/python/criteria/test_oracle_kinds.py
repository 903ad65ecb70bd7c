"""The evaluator of the kinds beyond one value, against cases worked out by hand."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from criteria.oracle import World, bucket_of, members
from criteria.test_oracle import holds, order

DAY = date.fromisoformat


def at(day: str, **columns: Any) -> dict[str, Any]:
    """An order at noon, UTC."""
    return order(f"{day}T12:00:00", **columns)


@pytest.mark.parametrize(
    ("rule", "attributes", "expected"),
    [
        # 13, at a = 31 March 2025
        ("renewal_on: {anniversary_in_next: 1d}", {"renewal_on": date(1990, 3, 31)}, True),
        ("renewal_on: {anniversary_in_next: 1d}", {"renewal_on": date(1990, 4, 1)}, False),
        ("renewal_on: {anniversary_in_next: 2d}", {"renewal_on": date(2090, 4, 1)}, True),
        ("renewal_on: {anniversary_in_next: 48w}", {"renewal_on": date(2000, 2, 29)}, True),
        ("renewal_on: {anniversary_in_next: 334d}", {"renewal_on": date(2000, 2, 29)}, False),
        ("renewal_on: {anniversary_in_next: 335d}", {"renewal_on": date(2000, 2, 29)}, True),
        ("renewal_on: {anniversary_in_next: 7d}", {}, False),
        # 14
        ("renewal_on: {years: 5}", {"renewal_on": date(2020, 3, 31)}, True),
        ("renewal_on: {years: 5}", {"renewal_on": date(2020, 4, 1)}, False),
        ("renewal_on: {years: 4}", {"renewal_on": date(2020, 4, 1)}, True),
        ("renewal_on: {years: 0}", {"renewal_on": date(2025, 3, 31)}, True),
        ("renewal_on: {years: {gte: 0}}", {"renewal_on": date(2025, 4, 1)}, False),
        ("renewal_on: {years: {neq: 5}}", {}, False),
        ("seen_at: {years: 1}", {"seen_at": datetime(2024, 3, 30, 23)}, True),
        ("seen_at: {years: 0}", {"seen_at": datetime(2024, 3, 31, 22)}, True),
        # 15
        ("revenue: {gt_attribute: budget}", {"revenue": 2, "budget": 1}, True),
        ("revenue: {gt_attribute: budget}", {"revenue": 1, "budget": 1}, False),
        ("revenue: {gte_attribute: budget}", {"revenue": 1, "budget": 1}, True),
        ("revenue: {neq_attribute: budget}", {"revenue": 1}, True),
        ("revenue: {neq_attribute: budget, nulls: exclude}", {"revenue": 1}, False),
        ("revenue: {eq_attribute: budget}", {}, False),
        # 17, 18, alone in the base
        ("revenue: {top_percent: 100}", {"revenue": 1}, True),
        ("revenue: {top_percent: 99}", {"revenue": 1}, False),
        ("revenue: {bottom: 1}", {"revenue": 1}, True),
        ("revenue: {bottom: 1}", {}, False),
    ],
)
def test_values(rule: str, attributes: dict[str, Any], expected: bool) -> None:
    assert holds(rule, **attributes) is expected


# at a = 31 March 2025: [1 March, 31 March) are 30 days
FALLING = [at("2025-02-10"), at("2025-02-20"), at("2025-03-10")]
CHAIN = [order("2025-03-01"), order("2025-03-03"), order("2025-03-10")]


@pytest.mark.parametrize(
    ("rule", "events", "expected"),
    [
        # 19: from 2 to 1 is -50 %
        ("trend: {name: order, within: 30d, change_percent: -50}", FALLING, True),
        ("trend: {name: order, within: 30d, change_percent: {lt: -50}}", FALLING, False),
        ("trend: {name: order, within: 30d, change_percent: {gte: -100}}", FALLING[:2], True),
        ("trend: {name: order, within: 30d, change_percent: {neq: 0}}", FALLING[2:], False),
        # 22: the first of all history, and only then the window
        ("first_event: {name: order, within: 30d}", FALLING, False),
        ("first_event: {name: order, within: 60d}", FALLING, True),
        ("last_event: {name: order, within: 30d}", FALLING, True),
        ("last_event: {name: order, within: 30d, if_empty: true}", [], True),
        # 23
        ("stopped: {name: order, active: [30d, 60d]}", FALLING[:2], True),
        ("stopped: {name: order, active: [30d, 60d]}", FALLING, False),
        ("restarted: {name: order, silent: [30d, 45d]}", [FALLING[0], FALLING[2]], True),
        ("restarted: {name: order, silent: [30d, 45d]}", FALLING, False),
        ("regular: {name: order, period: 30d, periods: 2, min_periods: 2}", FALLING, True),
        ("regular: {name: order, period: 30d, periods: 3, min_periods: 3}", FALLING, False),
        ("regular: {name: order, period: 30d, periods: 3, min_periods: 3, count: 0}", [], True),
        # 24: less than the gap after
        ("sequence: {steps: [order, order], gap: 2d}", CHAIN, False),
        ("sequence: {steps: [order, order], gap: 49h}", CHAIN, True),
        ("sequence: {steps: [order, order, order], gap: 1w}", CHAIN, False),
        ("sequence: {steps: [order, order, order], gap: 169h}", CHAIN, True),
        ("sequence: {steps: [order, order, order, order]}", CHAIN, False),
        ("sequence: {steps: [order, visit]}", [*CHAIN, order("2025-03-10", "visit")], True),
        ("sequence: {steps: [visit, order]}", [*CHAIN, order("2025-03-10", "visit")], False),
        # 25: 22:00 UTC on 30 March is the first instant of a
        ("abandoned: {name: order, without: visit, for: 7d}", [order("2025-03-23T22:00")], True),
        ("abandoned: {name: order, without: visit, for: 7d}", [order("2025-03-23T22:01")], False),
        (
            "abandoned: {name: order, without: visit, for: 2d}",
            [order("2025-03-01"), order("2025-03-03", "visit")],
            True,
        ),
        (
            "abandoned: {name: order, without: visit, for: 3d}",
            [order("2025-03-01"), order("2025-03-03", "visit")],
            False,
        ),
        # 26: of two that come once the smaller by bytes
        (
            "usual: {name: order, column: category, in: [PUMPS]}",
            [at("2025-03-01", category="Pumps"), at("2025-03-02", category="a")],
            True,
        ),
        (
            "usual: {name: order, column: category, in: [pumps], min_count: 2}",
            [at("2025-03-01", category="Pumps"), at("2025-03-02", category="pumps")],
            False,
        ),
        # 31
        ("points: {of: [{if: {event: {name: order}}, add: 5}], eq: 5}", FALLING, True),
        ("points: {of: [{if: {event: {name: order}}, add: 5}], eq: 0}", [], True),
    ],
)
def test_facts(rule: str, events: list[dict[str, Any]], expected: bool) -> None:
    assert holds(rule, *events) is expected


def member(start: str, end: str | None, account: str = "A") -> dict[str, Any]:
    return {
        "account_id": account,
        "group": "vip",
        "status": "member",
        "valid_from": DAY(start),
        "valid_to": end and DAY(end),
    }


def value(value: Any, start: str, end: str | None) -> dict[str, Any]:
    return {
        "account_id": "A",
        "attribute": "country",
        "value": value,
        "valid_from": DAY(start),
        "valid_to": end and DAY(end),
    }


PAST = {
    "recorded_members": [member("2025-01-01", "2025-02-01"), member("2025-03-01", "2025-03-31")],
    "recorded_since": {"vip": DAY("2025-01-01")},
    "recorded_values": [
        value("trial", "2025-01-01", "2025-02-01"),
        value("TRIAL", "2025-02-01", "2025-03-01"),
        value(None, "2025-03-01", "2025-03-10"),
        value("paid", "2025-03-10", None),
        value("lost", "2025-03-31", None),
    ],
}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("was_member: {group: vip, day: 2025-01-31}", True),
        ("was_member: {group: vip, day: 2025-02-01}", False),
        ("was_member: {group: vip, day: 2025-03-30}", True),
        ("was_member: {group: vip, day: 2025-03-31}", False),
        # nobody knows when the first spell began; the last is still open
        ("entered: {group: vip, within: 1y}", True),
        ("entered: {group: vip, between: [2025-01-01, 2025-02-28]}", False),
        ("entered: {group: vip, within: 30d}", True),
        ("left: {group: vip, within: 30d}", False),
        ("left: {group: vip}", True),
        # 29c and 30: a change of case is none
        ("moved: {attribute: country, from: Trial, to: Paid, within: 30d}", True),
        ("moved: {attribute: country, from: null, to: paid, ago: [0d, 30d]}", False),
        (
            "moved: {attribute: country, from: trial, to: null, between: [2025-03-01, 2025-03-09]}",
            True,
        ),
        ("changed: {attribute: country, from: trial, to: paid}", False),
        ("changed: {attribute: country, from: trial, to: null}", True),
        ("changed: {attribute: country, between: [2025-02-01, 2025-02-28]}", False),
        ("changed: {attribute: country, to: paid, between: [2025-03-10, 2025-03-10]}", True),
        ("changed: {attribute: country, to: lost}", False),
    ],
)
def test_the_past(rule: str, expected: bool) -> None:
    assert holds(rule, settings=PAST) is expected


def consent(status: str, when: str, expires: str | None = None) -> dict[str, Any]:
    return {
        "channel": "email",
        "contact_point": "a@b",
        "purpose": "news",
        "status": status,
        "occurred_at": datetime.fromisoformat(when),
        "expires_at": expires and datetime.fromisoformat(expires),
        "loaded_at": datetime(2000, 1, 1),
    }


@pytest.mark.parametrize(
    ("consents", "expected"),
    [
        ([], False),
        ([consent("granted", "2025-01-01")], True),
        ([consent("granted", "2025-01-01"), consent("withdrawn", "2025-01-02")], False),
        ([consent("withdrawn", "2025-01-01"), consent("granted", "2025-01-02")], True),
        ([consent("withdrawn", "2025-01-02"), consent("granted", "2025-01-02")], False),
        # what happens at the first instant of a is not seen
        ([consent("granted", "2025-01-01"), consent("withdrawn", "2025-03-30T22:00")], True),
        ([consent("granted", "2025-01-01", "2025-03-30T22:00")], False),
        ([consent("granted", "2025-01-01", "2025-03-30T22:01")], True),
    ],
)
def test_consent(consents: list[dict[str, Any]], expected: bool) -> None:
    points = [{"account_id": "A", "channel": "email", "contact_point": "a@b"}]
    settings = {"contact_points": points, "consents": consents}
    rule = "contactable: {channel: email, purpose: news}"
    assert holds(rule, settings=settings) is expected
    suppressed = settings | {"suppressions": [consent("", "2025-03-01")]}
    assert holds(rule, settings=suppressed) is False


def test_the_rows_of_a_relation() -> None:
    rows = [{"account_id": "A", "role": "Buyer"}, {"account_id": "A", "role": None}]
    settings = {"relation_types": {"people": {"role": "text"}}, "relations": {"people": rows}}
    for rule, expected in [
        ("related: {name: people, some: {role: buyer}}", True),
        ("related: {name: people, every: {role: buyer}}", False),
        ("related: {name: people, none: {role: seller}}", True),
        ("related: {name: people, every: {role: {neq: seller}}}", True),
    ]:
        assert holds(rule, settings=settings) is expected
    empty = settings | {"relations": {"people": []}}
    assert holds("related: {name: people, none: {role: buyer}}", settings=empty)
    assert not holds("related: {name: people, every: {role: buyer}}", settings=empty)


def test_buckets_are_those_of_the_definition() -> None:
    assert bucket_of("bucket", "spring", "A1") == 7627
    assert bucket_of("split", "spring", "Ü-7") == 6788


def test_ranks_over_a_region() -> None:
    """Ties of a share stay on one side; NULL is a region; places go by account_id, by bytes."""
    values = {"B": 10, "a": 10, "c": 5, "d": None, "e": 1}
    world = World(
        as_of=date(2025, 1, 1),
        base=tuple(values),
        attribute_types={"revenue": "number", "country": "text"},
        attributes={
            one: {"revenue": value and Decimal(value), "country": None if one == "e" else "DE"}
            for one, value in values.items()
        },
        event_types={},
        events=(),
    )
    for rule, expected in [
        ("revenue: {top_percent: 50}", {"B", "a"}),
        ("revenue: {top_percent: 49}", set()),
        ("revenue: {top: 1}", {"B"}),
        ("revenue: {top: 2}", {"B", "a"}),
        ("revenue: {bottom: 1}", {"e"}),
        ("revenue: {bottom: 1, over: country}", {"c", "e"}),
        ("revenue: {top_percent: 100, over: country}", {"B", "a", "c", "e"}),
    ]:
        assert members(rule, world) == expected, rule
