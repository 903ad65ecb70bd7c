"""What every kind of leaf and every operator is in plain English, and that nothing is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import yaml

from criteria.engine import Engine, variables
from criteria.oracle import Tree, members
from criteria.rules import Seeded, as_text, draw_leaf, draw_world

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
sector: {neq_attribute: market, nulls: exclude}
  sector is another than market (and both are known)
sector: {not_contains: x, starts_with: y}
  sector does not contain "x" and starts with "y"
sector: {neq: x, not_contains: y}
  sector is not x and does not contain "y" (or is unknown)
sector: {eq: a or b}
  sector is "a or b"
sector: {neq: Unknown}
  sector is not "Unknown" (or is unknown)
sector: {in: ['a "b" c', At risk]}
  sector is "a ""b"" c" or "At risk"
sector: {is_null: true}
  sector is unknown
turnover: {gte: 250, lt: 1000}
  turnover is at least 250 and less than 1,000
turnover: {not_between: [-1000.5, 20000]}
  turnover is not between -1,000.5 and 20,000 (or is unknown)
turnover: {neq: 5, gt: 2}
  turnover is not 5 and more than 2
turnover: {gte: 1, lt: 5, neq: 3, nulls: include}
  turnover is at least 1 and less than 5 and not 3 (or is unknown)
turnover: {neq: 5, gt: 2, nulls: exclude}
  turnover is not 5 and more than 2
turnover: {gt: 2, neq_attribute: credit}
  turnover is more than 2 and another than credit (or that is unknown)
turnover: {gt_attribute: credit, nulls: include}
  turnover is more than credit (or one of them is unknown)
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
contract_ends_on: {not_between: ['2024-01-01', '2024-06-30'], within: 2y}
  contract_ends_on is not from 2024-01-01 to 2024-06-30 and in the last 2 years
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
abandoned: {name: page_view, without: {name: purchase, where: {channel: {eq: web}}}, for: 7d}
  has abandoned 1 or more page_views: no purchase where channel is web in the 7 days after
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
not: {event: {name: purchase, count: {gte: 1, lt: 5}}}
  not (has at least 1 and less than 5 purchases)
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


# --- nothing of a rule is left out -------------------------------------------------

# every key of every kind, every operator, every modifier
FULL = """\
trend: {name: purchase, where: {channel: {eq: web}}, within: 90d, sum: {of: amount}, change_percent: {lte: -30, gt: -50}}
event: {name: purchase, where: {channel: {eq: web}}, within: 30d, count: {gte: 3, lt: 9, neq: 5}}
event: {name: purchase, where: {is_rush: {eq: true}}, ago: [30d, 90d], sum: {of: amount, gt: 3, lte: 9}}
event: {name: purchase, where: {channel: {in: [a, b]}}, in_period: last year, avg: {of: amount, eq: 3}, if_empty: true}
event: {name: purchase, between: ['2024-01-01', '2024-06-30'], min: {of: amount, between: [1, 3]}, if_empty: true}
event: {name: purchase, max: {of: amount, not_between: [1, 3]}, if_empty: true}
event: {name: purchase, within: 30d, distinct: {of: product, gte: 3}}
first_event: {name: purchase, where: {channel: {eq: web}}, within: 30d, has: {product: {neq: a}}, if_empty: true}
last_event: {name: purchase, where: {channel: {eq: web}}, ago: [1w, 2w], has: {product: {neq: a}}, if_empty: true}
stopped: {name: purchase, where: {channel: {eq: web}}, active: [90d, 365d]}
restarted: {name: purchase, where: {channel: {eq: web}}, silent: [30d, 210d]}
regular: {name: purchase, where: {channel: {eq: web}}, period: 1m, periods: 6, min_periods: 4, count: {gte: 2, lt: 9}}
sequence: {steps: [{name: page_view, where: {category: {eq: a}}}, {name: purchase, where: {channel: {eq: web}}}], gap: 14d, same: category, within: 365d}
abandoned: {name: page_view, where: {category: {eq: a}}, without: {name: purchase, where: {channel: {eq: web}}}, for: 7d, same: category, within: 90d}
usual: {name: purchase, where: {channel: {eq: web}}, column: category, within: 365d, in: [Pumps, Valves], min_count: 2}
related: {name: contacts, some: {any: [{role: {eq: buyer}}, {has_email: {eq: false}}]}}
related: {name: contacts, none: {role: {contains: buyer, not_contains: x}}}
related: {name: contacts, every: {all: [{role: {eq: buyer}}, {not: {has_email: {eq: true}}}]}}
member_of: [group_a, group_b]
was_member: {group: vip, day: '2025-12-31'}
entered: {group: vip, within: 30d}
left: {group: vip, in_period: last quarter}
moved: {attribute: sector, from: retail, to: null, within: 90d}
changed: {attribute: sector, from: retail, to: energy, within: 60d}
points: {of: [{if: {sector: {eq: retail}}, add: 10}, {if: {any: [{is_vip: {eq: true}}, {turnover: {gt: 5}}]}, add: -5}], gte: 50, lt: 90}
bucket: {salt: spring, below_percent: 12.5}
contactable: {channel: email, purpose: newsletter}
listed_in: [fair, other]
sql: {expression: credit > turnover_amount, reason: two attributes}
sector: {eq: retail, nulls: include, case_sensitive: true}
sector: {neq: retail, not_in: [a, b], nulls: exclude}
sector: {in: [a, b], contains: [x, y], starts_with: a, ends_with: b, matches: c, eq_attribute: market}
sector: {not_contains: [x, y], not_starts_with: a, not_ends_with: b, not_matches: c, neq_attribute: market}
turnover: {eq: 1, gt: 2, gte: 3, lt: 4, lte: 5, between: [1, 2], not_between: [3, 4]}
turnover: {gt_attribute: credit, gte_attribute: stock, lt_attribute: credit, lte_attribute: stock}
turnover: {top_percent: 10, bottom_percent: 10, top: 3, bottom: 3, over: market}
joined_on: {before: '2024-01-01', on_or_before: '2024-01-01', after: '2024-01-01', on_or_after: '2024-01-01'}
joined_on: {within: 1y, ago: [30d, 12w], older_than: 6m, in_next: 1w, in_period: next month, anniversary_in_next: 14d, years: {gte: 5, lt: 9}}
site: {within_km: {of: [48.1, 11.6], km: 50}, nulls: include}
tags: {has_any: [a, b], has_all: [c, d], has_none: [e, f], has_only: [g, h], case_sensitive: true}
tags: {is_null: true}
tags: {not_null: true}
all: [{sector: {eq: a}}, {not: {at_least: {count: 2, of: [{sector: {eq: a}}, {is_vip: {eq: true}}]}}}]
at_most: {count: 2, of: [{sector: {eq: a}}, {is_vip: {eq: true}}]}
exactly: {count: 2, of: [{sector: {eq: a}}, {is_vip: {eq: true}}]}
"""  # noqa: E501  # lines as docs show them
TREES = [yaml.safe_load(line) for line in FULL.splitlines()]
# what must be one of the catalogues
OTHER = {
    "purchase": "call",
    "page_view": "call",
    "contacts": "contracts",
    "include": "exclude",
    "sector": "market",
    "market": "sector",
    "credit": "headcount",
    "stock": "headcount",
    "last year": "this year",
    "last quarter": "last day",
    "next month": "this week",
}
COMPARISONS = {"eq", "neq", "gt", "gte", "lt", "lte", "between", "not_between"}


def altered(value: Any) -> Any:
    """Another value of the same sort."""
    if value is None:
        return "something"
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if value in OTHER:
        return OTHER[value]
    if re.fullmatch(r"\d+[hdwmy]", value):
        return f"{int(value[:-1]) + 1}{value[-1]}"
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return date.fromisoformat(value).replace(year=2023).isoformat()
    return value + "x"


def variants(content: Any, optional: set[str]) -> Iterator[Any]:
    """All that differs in one place: another value, or one key less."""
    if isinstance(content, dict):
        for key, value in content.items():
            if key in optional:
                yield {name: content[name] for name in content if name != key}
            if key in ("is_null", "not_null"):
                continue
            compared = {*value} & COMPARISONS if isinstance(value, dict) else set()
            for other in variants(value, {"where"} | (compared if len(compared) > 1 else set())):
                yield {**content, key: other}
    elif isinstance(content, list):
        for at, item in enumerate(content):
            for other in variants(item, {"where"}):
                yield [*content[:at], other, *content[at + 1 :]]
    else:
        yield altered(content)


def optional_keys(engine: Engine, tree: Tree) -> set[str]:
    ((word, content),) = tree.items()
    shape = engine.call("leaf_shapes").get(word, {})
    if not isinstance(content, dict) or not isinstance(shape, dict):
        return set()
    if word in engine.call("attribute_catalog"):
        modifiers = set(engine.call("modifiers"))
        operators = set(content) - modifiers
        return set(content) & modifiers | (operators if len(operators) > 1 else set())
    needed = {*shape.get("required", []), *shape.get("one_of", []), "count", "of"}
    if word == "event":
        needed -= {"count"}
    if shape.get("window") == "required":
        needed |= {"within"}
    return set(content) - needed


def test_every_key_and_value_leaves_a_trace(engine: Engine) -> None:
    engine.set_variables({"as_of_date": "2026-01-01"})
    silent = []
    for tree in TREES:
        ((word, content),) = tree.items()
        words = engine.call("rule_in_words", tree)
        for other in variants(content, optional_keys(engine, tree)):
            if engine.call("rule_in_words", {word: other}) == words:
                silent.append((word, other))
    assert silent == []


def test_the_rules_above_hold_every_key(engine: Engine) -> None:
    """Else what is new in the language would be asked for nowhere."""
    windows = engine.call("window_words")["fact"]
    held: dict[str, set[str]] = {}
    for tree in TREES:
        ((word, content),) = tree.items()
        held.setdefault(word, set()).update(content if isinstance(content, dict) else ())
    missing = [
        (word, key)
        for word, shape in engine.call("leaf_shapes").items()
        if isinstance(shape, dict)
        for key in [*shape["keys"], *shape.get("one_of", [])]
        if key not in held.get(word, set())
    ]
    missing += [
        (word, "window")
        for word, shape in engine.call("leaf_shapes").items()
        if isinstance(shape, dict) and "window" in shape and not held[word] & {*windows}
    ]
    missing += [word for word in engine.call("leaf_kinds") if word not in held]
    asked = [*engine.call("operators"), *engine.call("modifiers"), *windows]
    missing += [word for word in asked if f"{word}:" not in FULL]
    assert missing == []


# --- what is said of unknown is so -------------------------------------------------


def test_unknown_is_said_to_pass_where_it_does(engine: Engine) -> None:
    """An account of which nothing is known, by the evaluator, and leaves of some operators."""
    draw = Seeded(31)
    world = draw_world(draw)
    while len(world.base) < 30:
        world = draw_world(draw)
    engine.set_variables(variables(world))
    nobody = replace(world, base=("nobody",), attributes={})
    parts: dict[str, list[dict[str, Any]]] = {}
    while min(map(len, parts.values()), default=0) < 12 or len(parts) < 12:
        leaf = draw_leaf(draw, world, draw.pick(["attribute", "day", "text", "circle"]))
        tree = engine.call("read_rule", as_text(leaf), "rule_base", "rule")["tree"]
        ((name, content),) = tree.items()
        if world.attribute_types[name] != "values" and not {"is_null", "not_null"} & {*content}:
            parts.setdefault(name, []).append(content)
    said = {True: 0, False: 0}
    mixed = 0
    for name in sorted(parts):
        for _ in range(15):
            content: dict[str, Any] = {}
            for _ in range(draw.integer(1, 3)):
                content |= draw.pick(parts[name])
            tree = {name: content}
            words = engine.call("rule_in_words", tree)
            passes = "nobody" in members(as_text(tree), nobody)
            is_said = bool(re.search(r"\(or (is|one of them is) unknown\)$", words))
            assert is_said == passes, f"{as_text(tree)}{words}"
            said[passes] += 1
            mixed += not passes and "not" in words and "nulls" not in content
    assert said[True] > 30 and said[False] > 30 and mixed > 10, (said, mixed)


# --- a text is not taken for a sentence --------------------------------------------

ALIKE = [
    [{"sector": {"eq": "unknown"}}, {"sector": {"is_null": True}}],
    [{"sector": {"eq": "known"}}, {"sector": {"not_null": True}}],
    [{"sector": {"eq": "not a"}}, {"sector": {"neq": "a", "nulls": "exclude"}}],
    [{"sector": {"in": ["a or b"]}}, {"sector": {"in": ["a", "b"]}}],
    [{"sector": {"in": ["a, b", "c"]}}, {"sector": {"in": ["a", "b", "c"]}}],
    [{"sector": {"in": ['a" or "b']}}, {"sector": {"in": ['"a"', '"b"']}}],
    [{"sector": {"contains": 'a" or "b'}}, {"sector": {"contains": ["a", "b"]}}],
    [{"tags": {"has_all": ["a and b"]}}, {"tags": {"has_all": ["a", "b"]}}],
    [
        {"moved": {"attribute": "sector", "from": before, "to": "a", "within": "1y"}}
        for before in ("unknown", None)
    ],
    [
        {"event": {"name": "purchase", "where": where}}
        for where in (
            {"product": {"eq": "a and channel is b"}},
            {"all": [{"product": {"eq": "a"}}, {"channel": {"eq": "b"}}]},
        )
    ],
    [{"sector": {"in": ["a"] * 12 + ["1", "2"]}}, {"sector": {"in": ["a"] * 12 + ["2 more"]}}],
]


@pytest.mark.parametrize("trees", ALIKE, ids=str)
def test_a_text_cannot_be_taken_for_another_rule(engine: Engine, trees: list[Tree]) -> None:
    engine.set_variables({"as_of_date": "2026-01-01"})
    words = [engine.call("rule_in_words", tree) for tree in trees]
    assert len(set(words)) == len(words)
