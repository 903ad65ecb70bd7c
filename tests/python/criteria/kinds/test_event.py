"""Kinds 20 and 21: how often, and how much; nothing counts as 0, unknown amounts not at all."""

from __future__ import annotations

import pytest

from criteria.kinds.conftest import Asker, event

EVENTS = [
    event("last instant", "purchase", "2025-12-31T23:59:59.999999", amount="5", channel="web"),
    event("tomorrow", "purchase", "2026-01-01", amount="5", channel="web"),
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
        ("within: 30d, min: {of: amount, neq: 1}", {"last instant"}),
        ("within: 30d, max: {of: amount, gte: 9}, if_empty: true", {"edge", "tomorrow", "other"}),
        ("within: 30d, distinct: {of: amount, eq: 0}", {"edge", "tomorrow", "other"}),
        ("where: [{channel: WEB}, {category: pumps}]", set()),
        ("where: {amount: {neq: 5}}", {"edge"}),
        ("where: {not: {channel: web}}", {"edge"}),
    ],
)
def test_edges_and_nothing(asked: str, wanted: set[str], asker: Asker) -> None:
    asker.fill(BASE, EVENTS)
    assert asker.ask(f"event: {{name: purchase, {asked}}}") == wanted
