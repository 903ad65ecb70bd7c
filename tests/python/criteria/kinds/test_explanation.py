"""Masks, funnels and explanations are the same on every engine, to the letter."""

from __future__ import annotations

from datetime import date
from typing import Any

import yaml

from crm_segmentation import explain

from .conftest import Asker, at, event

RULE = """
all:
  - any:
      - town: {contains: "o'"}
      - revenue: {gte: 100}
      - budget: {gte_attribute: revenue}
  - not: {is_member: true}
  - exactly:
      count: 2
      of:
        - born_on: {years: {gte: 30}}
        - seen_at: {within: 30d}
        - score: {gt: 5}
  - event: {name: purchase, avg: {of: amount, gte: 10}, if_empty: true}
  - event: {name: purchase, sum: {of: amount, gte: 20}}
  - place: {within_km: {of: [52.5, 13.4], km: 300}}
  - points: {of: [{if: {area: north}, add: 10}, {if: {is_lead: true}, add: -5}], gte: 5}
  - opened_on: {not_null: true}
"""

ACCOUNTS: dict[str, dict[str, Any]] = {
    "Äpfel & Co": {
        "town": "Cork o' the North",
        "revenue": "95.00",
        "budget": "95.00",
        "is_member": None,
        "born_on": date(1996, 1, 1),
        "seen_at": at("2025-12-02T00:00:00"),
        "score": 5,
        "place_lat": "53.550000",
        "place_lon": "10.000000",
        "area": "North",
        "opened_on": date(2020, 2, 29),
    },
    "b": {"town": "", "revenue": "105.01", "is_member": True, "is_lead": True, "score": 6},
    "c": {},
}
EVENTS = [
    event("Äpfel & Co", "purchase", "2025-12-01T10:00:00", amount="10.00"),
    event("Äpfel & Co", "purchase", "2025-12-02T10:00:00", amount="10.01"),
    event("b", "purchase", "2025-12-01T10:00:00", amount="9.50"),
]

EXPLAINED = """\
rule: A rule
Account Äpfel & Co as of 2026-01-01: a member

  yes  all of
  yes    any of
  yes      town contains "o'"                                               Cork o' the North
  no       revenue is at least 100                                          95
  yes      budget is at least revenue                                       95 against 95
  yes    not
  no       is_member is yes                                                 (unknown)
  yes    exactly 2 of
  yes      born_on is at least 30 full years ago                            1996-01-01
  yes      seen_at is in the last 30 days                                   2025-12-02 00:00:00
  no       score is more than 5                                             5
  yes    the mean amount over purchases is at least 10 (or there are none)  10.005
  yes    the sum of amount over purchases is at least 20                    20.01
  yes    place is within 300 km of 52.5, 13.4                               255.5778
  yes    its points are at least 5                                          10
  yes      10 if area is north                                              North
  no       -5 if is_lead is yes                                             (unknown)
  yes    opened_on is known                                                 2020-02-29"""

LACKING = """\
rule: A rule
Account b as of 2026-01-01: not a member

  no   all of
  yes    any of
  no       town contains "o'"
  yes      revenue is at least 100                                          105.01
  no       budget is at least revenue                                       (unknown) against 105.01
  no     not
  yes      is_member is yes                                                 yes  <- missing
  no     exactly 2 of
  no       born_on is at least 30 full years ago                            (unknown)  <- missing
  no       seen_at is in the last 30 days                                   (unknown)  <- missing
  yes      score is more than 5                                             6
  no     the mean amount over purchases is at least 10 (or there are none)  9.5  <- missing
  no     the sum of amount over purchases is at least 20                    9.5  <- missing
  no     place is within 300 km of 52.5, 13.4                               (unknown)  <- missing
  no     its points are at least 5                                          -5  <- missing
  no       10 if area is north                                              (unknown)
  yes      -5 if is_lead is yes                                             yes
  no     opened_on is known                                                 (unknown)  <- missing

Missing
  - must not hold: is_member is yes (it has yes)
  - for exactly 2 of
      - born_on is at least 30 full years ago (unknown)
      - seen_at is in the last 30 days (unknown)
  - the mean amount over purchases is at least 10 (or there are none) (it has 9.5)
  - the sum of amount over purchases is at least 20 (it has 9.5)
  - place is within 300 km of 52.5, 13.4 (unknown)
  - its points are at least 5 (it has -5)
  - opened_on is known (unknown)"""  # lines as they are printed


def read(asker: Asker) -> Any:
    asker.engine.set_variables(asker.settings)
    return asker.engine.call("read_rule", RULE, "rule_base", "rule", with_values=True)


def test_an_explanation(asker: Asker) -> None:
    asker.fill(ACCOUNTS, EVENTS)
    for account, wanted in (("Äpfel & Co", EXPLAINED), ("b", LACKING)):
        sql = asker.engine.call("explanation_sql", read(asker), account)
        rows = asker.run(f"{sql} order by line_number")
        assert explain.report("rule", "A rule", rows) == wanted


def test_masks_and_funnel(asker: Asker) -> None:
    asker.fill(ACCOUNTS, EVENTS)
    assert yaml.safe_load(RULE)
    masks = dict(asker.run(asker.engine.call("render_mask", read(asker))))
    assert masks == {
        "Äpfel & Co": "10101101111101",
        "b": "01010010000010",
        # who bought nothing has a mean that counts, and no sum
        "c": "00000001000000",
    }
    sql = asker.engine.call("funnel_sql", read(asker))
    counted = asker.run(
        "select passes_alone_count, left_after_count, gained_if_dropped_count, "
        f"near_threshold_count from ({sql}) as funnel order by leaf_number"
    )
    assert [tuple(map(number, row)) for row in counted] == [
        (1, 2, 0, None),
        (1, 2, 0, 1),  # 95 is within 5 % of 100, 105.01 is not
        (1, 2, 0, None),
        (1, 1, 0, None),
        (1, 1, 0, None),  # years compare days
        (1, 1, 0, None),
        (1, 1, 0, 1),
        (2, 1, 0, 2),  # means of 10.005 and 9.5 are near 10
        (1, 1, 0, 1),
        (1, 1, 0, 0),
        (1, 1, 0, 0),
        (1, 1, 0, None),
        (1, 1, 0, None),
        (1, 1, 0, None),
    ]


def number(value: Any) -> int | None:
    return None if value is None else int(value)


ABSENCES = """
any:
  - first_event: {name: purchase, within: 1d}
  - last_event: {name: purchase, has: {channel: web}}
  - sequence: {steps: [purchase, purchase], gap: 3d}
  - abandoned: {name: purchase, without: offer, for: 7d}
  - stopped: {name: purchase, active: [10d, 20d]}
  - restarted: {name: purchase, silent: [10d, 20d], where: {amount: 10}}
  - usual: {name: purchase, column: channel, in: [web]}
  - trend: {name: purchase, within: 10d, change_percent: {lt: -100}}
  - event: {name: purchase, max: {of: amount, gt: 100}}
  - event: {name: purchase, count: {gte: 10}}
  - is_member: {eq_attribute: is_lead}
  - opened_on: {gt_attribute: born_on}
  - bucket: {salt: spring, below_percent: 0.01}
"""


def test_what_was_never_is_not_called_unknown(asker: Asker) -> None:
    asker.fill(ACCOUNTS, EVENTS)
    asker.engine.set_variables(asker.settings)
    read = asker.engine.call("read_rule", ABSENCES, "rule_base", "rule", with_values=True)
    values: dict[str, list[str]] = {}
    for account in ("Äpfel & Co", "c"):
        sql = asker.engine.call("explanation_sql", read, account)
        root = explain.tree_of(asker.run(f"{sql} order by line_number"))
        values[account] = [str(node.value) for node in root.children]
    last = "2025-12-02 10:00:00"
    assert values["Äpfel & Co"] == [
        *("2025-12-01 10:00:00", last, last, last, last, "2025-12-01 10:00:00"),
        *("none", "nothing to compare with", "10.01", "2", "(unknown) against (unknown)"),
        *("2020-02-29 against 1996-01-01", "81.61 %"),
    ]
    assert values["c"] == [
        *["never"] * 6,
        *("none", "nothing to compare with", "none", "0", "(unknown) against (unknown)"),
        *("(unknown) against (unknown)", "86.49 %"),
    ]
    root = explain.Node(0, "x", "never", False, True)
    assert explain.missing_lines(root) == ["  - x (never)"]


def test_what_would_break_a_line_is_written_as_an_escape() -> None:
    rows = [("a\nb", "2026-01-01", 1, 0, "", "is it", "x\ty\u2028", False, False, True)]
    assert explain.report("rule", "A rule", rows).splitlines() == [
        "rule: A rule",
        "Account a\\nb as of 2026-01-01: not a member",
        "",
        "  no   is it  x\\ty\\u2028  <- missing",
        "",
        "Missing",
        "  - is it (it has x\\ty\\u2028)",
    ]
