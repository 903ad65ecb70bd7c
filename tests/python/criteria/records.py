"""What earlier runs recorded, and what contact points may be used for, at random.

Runs lie on the edges of windows, on today and after it (a past day that is built
again must not see them). Intervals touch, follow after gaps, are open, and have
no length.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from criteria.catalogues import (
    CHANNELS,
    LISTS,
    PURPOSES,
    RECORDED_ATTRIBUTES,
    RECORDED_GROUPS,
)
from criteria.oracle import first_instant

if TYPE_CHECKING:
    from criteria.worlds import Maker

Rows = list[dict[str, Any]]


def run_days(maker: Maker) -> list[date]:
    """Days on which the project ran: before today, mostly."""
    pick = maker.random.choice
    days = {maker.as_of, maker.as_of + timedelta(days=3)}
    while len(days) < 9:
        day = min(pick(maker.edges), maker.as_of) + timedelta(days=pick([-1, 0, 0, 1, -40]))
        days.add(day)
    return sorted(days)


def intervals(maker: Maker, days: list[date], states: list[Any]) -> list[tuple[Any, date, Any]]:
    """(state, from, to) from run to run; a state of None leaves a gap."""
    found: list[tuple[Any, date, Any]] = []
    state: Any = maker.random.choice(states)
    for start, end in zip(days, [*days[1:], None], strict=True):
        if maker.random.random() < 0.4:
            state = maker.random.choice(states)
        if state is None:
            continue
        if (
            found
            and found[-1][0] == state
            and found[-1][2] == start
            and maker.random.random() < 0.7
        ):
            found[-1] = (state, found[-1][1], end)
        else:
            found.append((state, start, end))
    return found


def recorded_since(maker: Maker) -> dict[str, date]:
    days = run_days(maker)
    return {group: maker.random.choice([days[0], days[0], days[2]]) for group in RECORDED_GROUPS}


def recorded_members(maker: Maker, account_ids: list[str], since: dict[str, date]) -> Rows:
    """Rows of every status; only those of a member count."""
    rows: Rows = []
    for group in RECORDED_GROUPS:
        days = [since[group], *(day for day in run_days(maker) if day > since[group])]
        for account_id in account_ids:
            if maker.random.random() < 0.1:
                continue
            rows += [
                {
                    "account_id": account_id,
                    "group": group,
                    "status": status,
                    "valid_from": start,
                    "valid_to": end,
                }
                for status, start, end in intervals(maker, days, ["member", "left"])
            ]
    return rows


def recorded_values(maker: Maker, account_ids: list[str]) -> Rows:
    """Versions of attributes; a value of None is known to have been unknown."""
    unknown = "unknown"
    states = {
        "sector": [*maker.texts[:3], *maker.texts[:3], unknown, None],
        "headcount": [1, 2, 250, unknown, None],
    }
    days = run_days(maker)
    return [
        {
            "account_id": account_id,
            "attribute": attribute,
            "value": None if state is unknown else state,
            "valid_from": start,
            "valid_to": end,
        }
        for attribute in RECORDED_ATTRIBUTES
        for account_id in account_ids
        for state, start, end in intervals(maker, days, states[attribute])
    ]


def contact_points(maker: Maker, account_ids: list[str]) -> Rows:
    """Points of their own, and points that accounts share."""
    pick = maker.random.choice
    return [
        {"account_id": account_id, "channel": channel, "contact_point": point}
        for account_id in account_ids
        for channel in CHANNELS
        # a set has another order in every process
        for point in sorted(
            {
                pick([f"{account_id}@x.de", f"{channel}1@x.de", f"{channel}2@x.de", "both@x.de"])
                for _ in range(pick([0, 1, 1, 2]))
            }
        )
    ]


def moment(maker: Maker) -> Any:
    """An instant of few, so that there are ties, and many on the edge of today."""
    today = first_instant(maker.as_of, maker.zone)
    return maker.random.choice(
        [
            today,
            today - timedelta(microseconds=1),
            today - timedelta(days=1),
            today - timedelta(days=1),
            today - timedelta(days=30),
            today - timedelta(days=400),
            maker.instant(),
        ]
    )


def consents(maker: Maker, points: Rows) -> Rows:
    pick = maker.random.choice
    today = first_instant(maker.as_of, maker.zone)
    ends = [None, None, None, today, today + timedelta(microseconds=1), maker.instant()]
    return [
        {
            "channel": point["channel"],
            "contact_point": point["contact_point"],
            "purpose": pick(PURPOSES),
            "status": pick(["granted", "granted", "granted", "withdrawn"]),
            "occurred_at": moment(maker),
            "expires_at": pick(ends),
            "loaded_at": maker.maybe(moment(maker), 0.03),
        }
        for point in points
        for _ in range(pick([0, 1, 1, 2, 3]))
    ]


def suppressions(maker: Maker, points: Rows) -> Rows:
    return [
        {
            "channel": point["channel"],
            "contact_point": point["contact_point"],
            "reason": maker.random.choice(["hard_bounce", "complaint", "request"]),
            "occurred_at": moment(maker),
            "loaded_at": moment(maker),
        }
        for point in points
        if maker.random.random() < 0.12
    ]


def lists(maker: Maker, account_ids: list[str]) -> dict[str, frozenset[str]]:
    """Ids of the base, ids in another case, and ids that nobody has."""
    shares = dict(zip(LISTS, (0.4, 0.1, 0.0), strict=True))
    return {
        name: frozenset(
            maker.random.choice([one, one, one, one.swapcase(), f"{one} "])
            for one in [*account_ids, "nobody's"]
            if maker.random.random() < share
        )
        for name, share in shares.items()
    }
