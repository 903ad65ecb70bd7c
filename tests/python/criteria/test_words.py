"""What every kind of leaf and every operator is in plain English."""

from __future__ import annotations

import pytest
import yaml

from criteria.engine import Engine

# a tree with its shorthands written out, and below it its words
TEXT = """\
sector: {eq: retail}
  sector is retail
sector: {not_in: [a, "b, c"], nulls: exclude}
  sector is not a or "b, c" (and is known)
sector: {neq: retail}
  sector is not retail (or is unknown)
sector: {contains: [pump, 50% off], case_sensitive: true}
  sector contains "pump" or "50% off", in just these letters
sector: {not_starts_with: St.}
  sector does not start with "St." (or is unknown)
sector: {matches: ^St}
  sector matches the pattern "^St"
sector: {neq_attribute: market}
  sector is another than market (or one of them is unknown)
sector: {is_null: true}
  sector is unknown
turnover: {gte: 250, lt: 1000}
  turnover is at least 250 and less than 1,000
turnover: {not_between: [-1000.5, 20000]}
  turnover is not between -1,000.5 and 20,000 (or is unknown)
turnover: {in: [1000, 2]}
  turnover is 1,000 or 2
turnover: {lte_attribute: credit}
  turnover is at most credit
turnover: {top_percent: 10, over: market}
  turnover is in the top 10 % among the accounts with the same market
turnover: {bottom: 3}
  turnover is one of the 3 lowest
is_vip: {eq: false}
  is_vip is no (or is unknown)
is_vip: {eq: false, nulls: exclude}
  is_vip is no (and is known)
contract_ends_on: {eq: '2024-02-29'}
  contract_ends_on is on 2024-02-29
contract_ends_on: {between: ['2024-01-01', '2024-06-30']}
  contract_ends_on is from 2024-01-01 to 2024-06-30
contract_ends_on: {on_or_after: '2024-01-01'}
  contract_ends_on is on or after 2024-01-01
contract_ends_on: {in_next: 1y}
  contract_ends_on is in the next year
contract_ends_on: {ago: [30d, 12w]}
  contract_ends_on is from 12 weeks to 30 days ago
contract_ends_on: {ago: [0d, 1m]}
  contract_ends_on is in the last month
contract_ends_on: {older_than: 6m}
  contract_ends_on is more than 6 months ago
contract_ends_on: {in_period: last month}
  contract_ends_on is in the previous calendar month
contract_ends_on: {in_period: next day}
  contract_ends_on is tomorrow
contract_ends_on: {gt_attribute: joined_on}
  contract_ends_on is after joined_on
joined_on: {anniversary_in_next: 14d}
  joined_on has its anniversary in the next 14 days
joined_on: {years: {gte: 5}}
  joined_on is at least 5 full years ago
location: {within_km: {of: [48.1, 11.6], km: 50}}
  location is within 50 km of 48.1, 11.6
tags: {has_any: [a, b]}
  tags include a or b
tags: {has_all: [a, b]}
  tags include a and b
tags: {has_none: [a, b]}
  tags do not include a or b
tags: {has_only: [a]}
  tags are known and nothing but a
tags: {not_null: true}
  tags have at least one value
event: {name: purchase, count: {gte: 1}, within: 30d}
  has at least 1 purchase in the last 30 days
event: {name: purchase, count: {eq: 0}}
  has no purchase
event: {name: purchase, count: {gte: 2, lte: 5}, where: {all: [{category: {eq: Pumps}}, {is_rush: {eq: false}}]}}
  has at least 2 and at most 5 purchases where category is Pumps and it is not rush (or that is unknown)
event: {name: purchase, sum: {of: amount, gte: 10000}, in_period: this year}
  the sum of amount over purchases in the current calendar year is at least 10,000
event: {name: purchase, avg: {of: amount, lt: 5}, if_empty: true}
  the mean amount over purchases is less than 5 (or there are none)
event: {name: purchase, distinct: {of: product, gt: 3}}
  the number of different values of product over purchases is more than 3
first_event: {name: purchase, within: 30d}
  the first purchase lies in the last 30 days
last_event: {name: purchase, has: {channel: {in: [web, app]}}}
  the last purchase is one where channel is web or app
trend: {name: purchase, sum: {of: amount}, within: 90d, change_percent: {lte: -30}}
  the sum of amount over purchases in the last 90 days against the 90 days before changes by at most -30 %
stopped: {name: purchase, active: [90d, 365d]}
  has stopped: no purchase in the last 90 days, at least 1 from 365 days to 90 days ago
restarted: {name: purchase, silent: [30d, 210d]}
  has restarted: at least 1 purchase in the last 30 days, none from 210 days to 30 days ago, at least 1 before that
regular: {name: purchase, period: 1m, periods: 6, min_periods: 4, count: {gte: 1}}
  is regular: at least 1 purchase in at least 4 of the last 6 periods of 1 month
sequence: {steps: [{name: page_view}, {name: purchase, where: {channel: {eq: web}}}], gap: 14d, same: category, within: 365d}
  has in sequence a page_view, then less than 14 days later a purchase where channel is web, all with the same category, in the last 365 days
abandoned: {name: page_view, without: purchase, for: 7d, same: category, within: 90d}
  has abandoned 1 or more page_views in the last 90 days: no purchase with the same category in the 7 days after
usual: {name: purchase, column: category, within: 365d, in: [Pumps], min_count: 2}
  the most frequent category of purchases in the last 365 days is Pumps (2 times or more)
related: {name: contacts, some: {role: {eq: buyer}}}
  has among its contacts at least 1 where role is buyer
related: {name: contacts, none: {has_email: {eq: true}}}
  has among its contacts none where it has email
related: {name: contracts, every: {all: [{status: {eq: active}}]}}
  has contracts, and for each of them status is active
member_of: [group_a, group_b]
  is a member of group_a or group_b
was_member: {group: vip, day: '2025-12-31'}
  was a member of vip on 2025-12-31
entered: {group: vip, within: 30d}
  has entered vip in the last 30 days
left: {group: vip, in_period: last quarter}
  has left vip in the previous calendar quarter
moved: {attribute: sector, from: retail, to: null, within: 90d}
  sector has moved in all from retail to unknown in the last 90 days
changed: {attribute: sector, to: retail, within: 60d}
  sector has changed to retail in the last 60 days
points: {of: [{if: {sector: {eq: retail}}, add: 10}, {if: {any: [{is_vip: {eq: true}}, {turnover: {gt: 5}}]}, add: -5}], gte: 50}
  its points are at least 50 [10 if sector is retail; -5 if is_vip is yes, or turnover is more than 5]
bucket: {salt: spring, below_percent: 12.5}
  is in the first 12.5 % of the draw spring
contactable: {channel: email, purpose: newsletter}
  may be contacted by email for newsletter
listed_in: [fair]
  is on the list fair
sql: {expression: credit > turnover_amount, reason: two attributes}
  the SQL condition holds: credit > turnover_amount (in SQL since two attributes)
not: {member_of: [group_a]}
  is not a member of group_a
not: {event: {name: purchase, count: {gte: 1}}}
  has no purchase
not: {turnover: {gt: 5}}
  not (turnover is more than 5)
any: [{all: [{sector: {eq: a}}, {is_vip: {eq: true}}]}, {sector: {eq: b}}]
  (sector is a, and is_vip is yes), or sector is b
at_least: {count: 2, of: [{sector: {eq: a}}, {any: [{sector: {eq: b}}, {sector: {eq: c}}]}]}
  at least 2 of these hold: sector is a; (sector is b, or sector is c)
"""  # noqa: E501  # lines as docs show them
LINES = TEXT.splitlines()
WORDS = [(tree, words.strip()) for tree, words in zip(LINES[::2], LINES[1::2], strict=True)]


@pytest.mark.parametrize(("tree", "words"), WORDS, ids=[tree[:60] for tree, _ in WORDS])
def test_a_rule_in_words(engine: Engine, tree: str, words: str) -> None:
    engine.set_variables({"as_of_date": "2026-01-01"})
    assert engine.call("rule_in_words", yaml.safe_load(tree)) == words


def test_every_kind_and_operator_stands_above(engine: Engine) -> None:
    engine.set_variables({"as_of_date": "2026-01-01"})
    known = " ".join(tree for tree, _ in WORDS)
    alike = {
        # one operator of each of these stands for the others
        **dict.fromkeys(["before", "on_or_before", "after"], "on_or_after"),
        **dict.fromkeys(["gte_attribute", "lt_attribute", "eq_attribute"], "gt_attribute"),
        **dict.fromkeys(["ends_with", "not_ends_with", "starts_with"], "not_starts_with"),
        **dict.fromkeys(["bottom_percent"], "top_percent"),
        **dict.fromkeys(["top"], "bottom"),
        **dict.fromkeys(["not_contains"], "contains"),
        **dict.fromkeys(["not_matches"], "matches"),
        "within": "in_next",
    }
    asked = [*engine.call("leaf_kinds"), *engine.call("operators")]
    assert [word for word in asked if f"{alike.get(word, word)}:" not in known] == []
