"""Kinds 20 and 21: how often, and how much; nothing counts as 0, unknown amounts not at all."""

from __future__ import annotations

import pytest

from criteria.kinds.conftest import Asker, event

EVENTS = [
    event("last instant", "purchase", "2025-12-31T23:59:59.999999", amount="5", channel="web"),
    event("tomorrow", "purchase", "2026-01-01", amount="5", channel="web"),
    # at no known time: not seen
    event("tomorrow", "purchase", None, amount="5", channel="web"),
    event("edge", "purchase", "2025-12-02", amount=None, category="Pumps"),
    event("edge", "purchase", "2025-12-01T23:59:59", amount="7", channel="web"),
    event("other", "offer", "2025-12-15", amount="5"),
]
BASE = ["last instant", "tomorrow", "edge", "other"]


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("", {"last instant", "edge"}),
        ("count: 0", {"tomorrow", "other"}),
        ("count: {gte: 2}", {"edge"}),
        ("within: 30d, count: {gte: 2}", set()),
        ("within: 31d, count: {gte: 2}", {"edge"}),
        ("count: {lt: 2}", {"last instant", "tomorrow", "other"}),
        ("within: 30d, sum: {of: amount, eq: 0}", {"edge", "tomorrow", "other"}),
        ("sum: {of: amount, gte: 7}", {"edge"}),
        ("sum: {of: amount, gt: 7}", set()),
        ("within: 30d, avg: {of: amount, lte: 5}", {"last instant"}),
        ("within: 30d, avg: {of: amount, lt: 5}", set()),
        ("avg: {of: amount, gte: 5, lte: 7}", {"last instant", "edge"}),
        ("min: {of: amount, gte: 7}", {"edge"}),
        ("min: {of: amount, gt: 7}", set()),
        ("max: {of: amount, lte: 5}", {"last instant"}),
        ("max: {of: amount, lt: 5}", set()),
        ("within: 30d, min: {of: amount, neq: 1}", {"last instant"}),
        ("within: 30d, max: {of: amount, gte: 9}, if_empty: true", {"edge", "tomorrow", "other"}),
        ("within: 30d, distinct: {of: amount, eq: 0}", {"edge", "tomorrow", "other"}),
        ("where: [{channel: WEB}, {category: pumps}]", set()),
        ("where: {amount: {neq: 5}}", {"edge"}),
        ("where: {not: {channel: web}}", {"edge"}),
        ("distinct: {of: channel, gte: 1}", {"last instant", "edge"}),
        ("distinct: {of: channel, gt: 1}", set()),
    ],
)
def test_edges_and_nothing(asked: str, wanted: set[str], asker: Asker) -> None:
    asker.fill(BASE, EVENTS)
    assert asker.ask(f"event: {{name: purchase, {asked}}}") == wanted


def test_the_largest_amounts_and_the_longest_numbers(asker: Asker) -> None:
    most = "9999999999999999.99"
    asker.fill(
        ["most", "least"],
        [
            event(account, "purchase", "2025-12-01", amount=sign + most, size=2147483647)
            for account, sign in (("most", ""), ("least", "-"))
            for _ in range(50)
        ],
    )
    rule = "event: {name: purchase, %s}"
    long = "'-99999999999999999999.99999999'"
    for word in ("sum", "avg", "min", "max"):
        assert asker.ask(rule % f"{word}: {{of: amount, gte: {long}}}") == {"most", "least"}
        assert asker.ask(rule % f"{word}: {{of: amount, gt: '0.00000001'}}") == {"most"}
        assert asker.ask(rule % f"{word}: {{of: size, gte: {long}}}") == {"most", "least"}
    assert asker.ask(rule % f"avg: {{of: amount, eq: '{most}'}}") == {"most"}
    assert asker.ask(rule % "count: {gte: '-99999999999999999999.999999999999999999'}") == {
        "most",
        "least",
    }


def test_distinct_values_are_exact_and_known(asker: Asker) -> None:
    asker.fill(
        ["two forms", "one form", "unknown"],
        [
            *(event("two forms", "purchase", "2025-12-01", channel=one) for one in ("web", "WEB")),
            *(event("one form", "purchase", "2025-12-01", channel=one) for one in ("web", "web")),
            event("one form", "purchase", "2025-12-01"),
            event("unknown", "purchase", "2025-12-01"),
        ],
    )
    rule = "event: {name: purchase, distinct: {of: channel, %s}}"
    assert asker.ask(rule % "gte: 2") == {"two forms"}
    assert asker.ask(rule % "eq: 1") == {"one form"}
    assert asker.ask(rule % "eq: 0") == {"unknown"}
