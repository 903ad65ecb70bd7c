"""Leaves of several kinds share one pass over the events, and the same question is one column."""

from __future__ import annotations

from criteria.kinds.conftest import Asker


def test_all_of_them_share_one_pass(reader: Asker) -> None:
    reader.fill(["a"])
    sql = reader.engine.render(
        """
        any:
          - stopped: {name: purchase, active: [90d, 365d]}
          - restarted: {name: purchase, silent: [90d, 365d]}
          - regular: {name: offer, period: 1m, periods: 12, min_periods: 6}
          - trend: {name: purchase, within: 90d, change_percent: {lte: -30}}
        """
    )
    assert sql.count('"activities" as') == 1, sql
    # the same question is one column, whoever asks it: 2 and 1 more, 12, 2
    assert sql.count(" as evidence_") == 16, sql
