"""What earlier runs recorded: members of groups, and values of attributes, as spells of days."""

from __future__ import annotations

import pytest

from criteria.kinds.small_tables import Asked

GROUP_SPELLS = {
    "account_id": "text",
    "group_name": "text",
    "valid_from": "date",
    "valid_to": "date",
    "is_entry": "boolean",
    "is_exit": "boolean",
}
VALUE_SPELLS = {
    "account_id": "text",
    "attribute": "text",
    "value": "text",
    "valid_from": "date",
    "valid_to": "date",
    "value_before": "text",
    "is_change": "boolean",
}
MEMBERS = [
    # recording began on 1 January: nobody knows since when a and b were members
    ["a", "vip", "2025-01-01", None, False, False],
    ["b", "vip", "2025-01-01", "2025-03-01", False, True],
    # left and came back
    ["c", "vip", "2025-01-10", "2025-02-01", True, True],
    ["c", "vip", "2025-03-01", None, True, False],
    # the last day before the window, and the day before the rule's
    ["d", "vip", "2025-02-28", "2025-03-30", True, True],
    ["e", "vip", "2025-03-30", None, True, False],
    # recording stopped: no departure
    ["f", "vip", "2025-01-10", "2025-03-02", True, False],
    ["f", "lost", "2025-03-02", None, True, False],
]
VALUES = [
    # the window of 30 days is [2025-03-01, 2025-03-31)
    ["a", "sector", "Trial", "2025-01-01", "2025-03-01", None, False],
    ["a", "sector", "Paid", "2025-03-01", None, "Trial", True],
    # a day too early
    ["b", "sector", "trial", "2025-01-01", "2025-02-28", None, False],
    ["b", "sector", "paid", "2025-02-28", None, "trial", True],
    # the last day, by a way round
    ["c", "sector", "TRIAL", "2025-01-01", "2025-03-10", None, False],
    ["c", "sector", "lost", "2025-03-10", "2025-03-30", "TRIAL", True],
    ["c", "sector", "paid", "2025-03-30", None, "lost", True],
    # unknown in between
    ["d", "sector", "trial", "2025-01-01", "2025-03-10", None, False],
    ["d", "sector", None, "2025-03-10", "2025-03-20", "trial", True],
    ["d", "sector", "paid", "2025-03-20", None, None, True],
    # a gap: no step, but a move
    ["e", "sector", "trial", "2025-01-01", "2025-03-10", None, False],
    ["e", "sector", "paid", "2025-03-12", None, None, False],
    # first seen within the window
    ["f", "sector", "paid", "2025-03-02", None, None, False],
    # case alone
    ["g", "sector", "paid", "2025-01-01", "2025-03-10", None, False],
    ["g", "sector", "PAID", "2025-03-10", None, "paid", True],
    # another attribute than the one that is asked for
    ["h", "headcount", "9", "2025-01-01", "2025-03-10", None, False],
    ["h", "headcount", "10", "2025-03-10", "2025-03-20", "9", True],
    ["h", "headcount", None, "2025-03-20", None, "10", True],
    ["h", "credit", "0.50", "2025-01-01", "2025-03-10", None, False],
    ["h", "credit", "12.00", "2025-03-10", None, "0.50", True],
    ["h", "is_vip", None, "2025-01-01", "2025-03-10", None, False],
    ["h", "is_vip", "false", "2025-03-10", None, None, True],
    ["h", "joined_on", "2024-02-29", "2025-01-01", "2025-03-10", None, False],
    ["h", "joined_on", "2024-03-01", "2025-03-10", None, "2024-02-29", True],
]


def fill_groups(asked: Asked, rows: list[list[object]] = MEMBERS) -> None:
    asked.fill("int_group_membership_spells", GROUP_SPELLS, rows)


def fill_values(asked: Asked, rows: list[list[object]] = VALUES) -> None:
    asked.fill("int_account_attribute_spells", VALUE_SPELLS, rows)


def asked_of_groups(request: pytest.FixtureRequest) -> Asked:
    asked = Asked(request, "abcdefg", {"recorded_groups": ["vip", "lost"]})
    fill_groups(asked)
    return asked


def asked_of_values(request: pytest.FixtureRequest) -> Asked:
    recorded = ["sector", "headcount", "credit", "is_vip", "joined_on"]
    asked = Asked(request, "abcdefgh", {"recorded_attributes": recorded})
    fill_values(asked)
    return asked
