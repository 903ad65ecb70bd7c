"""Wrong rules are refused, with all that a person needs to mend them.

Each refusal names the rule, the path in its tree, what was found and what is
allowed, and all the errors of one rule come together.
"""

from __future__ import annotations

from datetime import date

import pytest
import yaml
from dbt_common.exceptions import CompilationError

from criteria.bench import Bench
from criteria.engine import Engine
from criteria.oracle import members
from criteria.worlds import make_world


def refusal(engine: Engine, rule: str) -> str:
    with pytest.raises(CompilationError) as caught:
        engine.render(rule)
    return str(caught.value)


# rule -> what its refusal says: engines refuse what repeats too often, or is too long
LARGE_PATTERNS = {
    "sector: {matches: '(a{32}){32}'}": ["sector.matches", "multiply, here to 1024; at most 1000"],
    "sector: {matches: '((a|b{3}){2}c{200}){6}'}": ["sector.matches", "here to 1200"],
    "sector: {matches: [a, '(((a{9}){0,9}){9}){2}']}": ["sector.matches[1]", "here to 1458"],
    "sector: {not_matches: '" + "a{250}" * 21 + "'}": ["sector.not_matches", "than 5000"],
    "sector: {matches: '(" + "(a|b)" * 30 + "){80}'}": ["sector.matches", "than 5000"],
}


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        # what YAML 1.1 reads and a person does not see
        ("sector: NO", ["sector", "text", "quotes"]),
        ("sector: yes", ["sector", "text", "quotes"]),
        ("sector: [off, DE]", ["sector.in[0]", "quotes"]),
        ("no: 1", ["False", "quotes"]),
        ("sector: 01067", ["sector", "567", "quotes"]),
        ("sector: 1_000", ["sector", "1000", "quotes"]),
        ("sector: 12:30", ["sector", "750", "quotes"]),
        ("headcount: 1e3", ["headcount", "1e3", "1000"]),
        ("headcount: '50,000'", ["headcount", "50,000", "1000"]),
        ("headcount: {gte: ten}", ["headcount.gte", "ten", "plain digits"]),
        ("headcount: true", ["headcount", "True", "number"]),
        ("headcount: {gte: 50.000,00}", ["headcount", "comma", "decimal point"]),
        ("headcount: .nan", ["headcount", "nan", "plain digits"]),
        ("headcount: .inf", ["headcount", "inf", "plain digits"]),
        ("headcount: 12345678901234567.5", ["headcount", "15 digits", "quotes"]),
        ("headcount: '0.0000000000000000001'", ["headcount", "too long", "18"]),
        ("sector: 2024-01-31", ["sector", "2024-01-31", "quotes"]),
        ("joined_on: 2024-01-31 10:00:00", ["joined_on", "2024-01-31T10:00:00", "time of day"]),
        (
            "last_login_at: 2024-01-31T10:00:00",
            ["last_login_at", "2024-01-31T10:00:00", "time of day"],
        ),
        ("joined_on: '2024-02-30'", ["joined_on", "2024-02-30", "2024-01-31"]),
        ("joined_on: soon", ["joined_on", "soon", "2024-01-31"]),
        ("sector: null", ["sector", "is_null"]),
        ("sector: ~", ["sector", "is_null"]),
        ("sector:", ["sector", "is_null"]),
        ("sector: ''", ["sector", "empty", "is_null"]),
        ("sector: [a, null]", ["sector.in[1]", "is_null"]),
        ("headcount: {gte: null}", ["headcount.gte", "is_null"]),
        ("is_vip: 'true'", ["is_vip", "true, false", "quotes"]),
        ("is_vip: 1", ["is_vip", "true, false"]),
        # no rule at all
        ("", ["empty"]),
        ("# only a comment", ["empty"]),
        ("sector: [a", ["YAML"]),
        ("sector: a: b", ["YAML"]),
        ("joined_on: 2024-02-30", ["not a calendar day", "2024-02-30"]),
        ("just text", ["just text", "mapping"]),
        ("- sector: a", ["mapping"]),
        # the tree
        ("{sector: a, market: DE}", ["2 keys", "sector, market", "exactly one"]),
        ("all: []", ["all", "empty"]),
        ("any: [{all: []}]", ["any[0].all", "empty"]),
        ("all: {sector: a}", ["all", "list"]),
        ("all: [sector]", ["all[0]", "sector", "mapping"]),
        ("not: [sector: a]", ["not", "one node"]),
        ("exactly: {count: 1, off: [sector: a]}", ["exactly", "got false", "Did you mean 'of'?"]),
        ("at_least: {count: 1, of: []}", ["at_least.of", "empty"]),
        ("at_least: {count: 2, of: [sector: a]}", ["at_least.count", "2", "0 to 1"]),
        ("at_least: {count: -1, of: [sector: a]}", ["at_least.count", "-1"]),
        ("exactly: {count: true, of: [sector: a]}", ["exactly.count", "True"]),
        ("exactly: {count: '1', of: [sector: a]}", ["exactly.count"]),
        ("at_most: {of: [sector: a]}", ["at_most", "count"]),
        ("at_most: {count: 1}", ["at_most", "of"]),
        ("at_most: {count: 1, off: [sector: a]}", ["at_most"]),
        ("at_most: [sector: a]", ["at_most", "count"]),
        ("sectr: a", ["sectr", "did you mean", "sector"]),
        ("al: [sector: a]", ["al", "did you mean", "all"]),
        ("all: [any: [sectr: a]]", ["all[0].any[0].sectr", "sector"]),
        # attribute leaves
        ("sector: {is: a}", ["sector", "is", "eq"]),
        ("sector: {startswith: a}", ["sector", "startswith", "did you mean", "starts_with"]),
        ("sector: {gt: a}", ["sector", "gt", "text"]),
        ("sector: {within: 30d}", ["sector", "within"]),
        ("headcount: {contains: '1'}", ["headcount", "contains"]),
        ("headcount: {before: 2024-01-01}", ["headcount", "before"]),
        ("is_vip: {neq: true}", ["is_vip", "neq", "eq"]),
        ("is_vip: [true]", ["is_vip"]),
        ("joined_on: [2024-01-01]", ["joined_on"]),
        ("joined_on: {in: [2024-01-01]}", ["joined_on", "in"]),
        ("joined_on: {gt: 2024-01-01}", ["joined_on", "gt", "after"]),
        ("tags: {eq: a}", ["tags", "eq", "has_any"]),
        ("tags: {has_any: []}", ["tags.has_any", "empty"]),
        ("tags: {has_any: [a], nulls: include}", ["tags", "nulls"]),
        ("sector: []", ["sector", "empty"]),
        ("sector: {in: []}", ["sector.in", "empty"]),
        ("sector: {in: a}", ["sector.in", "list"]),
        ("sector: {eq: [a]}", ["sector.eq"]),
        ("sector: {eq: {a: b}}", ["sector.eq"]),
        ("sector: {}", ["sector", "no operator", "eq, neq"]),
        ("sector: {nulls: include}", ["sector"]),
        ("sector: {eq: a, nulls: maybe}", ["sector.nulls", "maybe", "include, exclude"]),
        ("sector: {eq: a, case_sensitive: 'yes'}", ["sector.case_sensitive", "true, false"]),
        ("headcount: {eq: 1, case_sensitive: true}", ["headcount", "case_sensitive"]),
        ("sector: {is_null: false}", ["sector.is_null", "true"]),
        ("sector: {is_null: true, eq: a}", ["sector", "is_null", "alone"]),
        ("sector: {not_null: true, nulls: include}", ["sector", "not_null", "alone"]),
        ("headcount: {between: [2, 1]}", ["headcount.between", "reversed"]),
        ("headcount: {between: [1]}", ["headcount.between", "two"]),
        ("headcount: {between: 1}", ["headcount.between", "two"]),
        ("joined_on: {between: [2024-02-01, 2024-01-01]}", ["joined_on.between", "reversed"]),
        ("market: FR", ["market", "FR", "DE, AT, CH, NO"]),
        ("market: [DE, Norway]", ["market.in[1]", "Norway", "DE, AT, CH, NO"]),
        ("sector: {matches: '\\d'}", ["sector.matches", "\\d"]),
        ("sector: {matches: '(?i)a'}", ["sector.matches", "(?"]),
        ("sector: {matches: 'a**'}", ["sector.matches", "a**"]),
        ("sector: {matches: '*a'}", ["sector.matches", "*a"]),
        ("sector: {matches: 'a{300}'}", ["sector.matches", "255"]),
        ("sector: {matches: '[[:alpha:]]'}", ["sector.matches", "[["]),
        ("sector: {matches: 'a{'}", ["sector.matches", "{"]),
        ("sector: {matches: '(a'}", ["sector.matches", "(a"]),
        ("sector: {matches: '[a'}", ["sector.matches", "[a"]),
        ("sector: {matches: '[z-a]'}", ["sector.matches", "[z-a]"]),
        ("sector: {matches: 'a)'}", ["sector.matches", "a)"]),
        *LARGE_PATTERNS.items(),
        # an operator that searches does not open the allowed values to its neighbours
        ("market: {contains: D, eq: FR}", ["market.eq", "FR", "DE, AT, CH, NO"]),
        ('sector: "a\\0b"', ["sector", "character 0"]),
        ('joined_on: "2024-01-31\\n"', ["joined_on", "2024-01-31"]),
        ('headcount: "12\\n"', ["headcount", "plain digits"]),
        # windows
        ('joined_on: {within: "30d\\n"}', ["joined_on.within", "30d"]),
        ("joined_on: {within: 30}", ["joined_on.within", "30", "30d"]),
        ("joined_on: {within: 0d}", ["joined_on.within", "0d"]),
        ("joined_on: {within: 1.5m}", ["joined_on.within", "1.5m"]),
        ("joined_on: {within: 1m2d}", ["joined_on.within", "1m2d"]),
        ("joined_on: {within: 3h}", ["joined_on.within", "3h"]),
        ("joined_on: {within: -3d}", ["joined_on.within", "-3d"]),
        ("joined_on: {within: 99999y}", ["joined_on.within", "99999y"]),
        ("joined_on: {in_next: 99999y}", ["joined_on.in_next", "99999y"]),
        ("joined_on: {older_than: 99999999d}", ["joined_on.older_than", "99999999d"]),
        ("joined_on: {ago: [90d, 30d]}", ["joined_on.ago", "reversed"]),
        ("joined_on: {ago: 30d}", ["joined_on.ago", "two"]),
        ("joined_on: {in_period: last fortnight}", ["joined_on.in_period", "fortnight"]),
        (
            "joined_on: {in_period: lst month}",
            ["joined_on.in_period", "lst month", "this, last or next"],
        ),
        ("joined_on: {in_period: month}", ["joined_on.in_period", "month"]),
        # facts
        ("event: {name: purchse}", ["event.name", "purchse", "purchase"]),
        ("event: {within: 30d}", ["event", "name"]),
        ("event: [purchase]", ["event"]),
        ("event: {name: purchase, wher: {}}", ["event", "wher", "where"]),
        ("event: {name: purchase, where: {}}", ["event.where"]),
        ("event: {name: purchase, where: []}", ["event.where", "empty"]),
        ("event: {name: purchase, where: {amnt: 1}}", ["event.where.amnt", "amount"]),
        ("event: {name: purchase, where: {sector: a}}", ["event.where.sector"]),
        ("event: {name: purchase, where: {member_of: group_a}}", ["event.where.member_of"]),
        ("event: {name: purchase, where: [{amount: a}]}", ["event.where.all[0].amount", "digits"]),
        ("event: {name: purchase, older_than: 30d}", ["event", "older_than"]),
        ("event: {name: purchase, in_next: 30d}", ["event", "in_next"]),
        ("event: {name: purchase, in_period: next day}", ["event.in_period", "next day"]),
        (
            "event: {name: purchase, within: 30d, in_period: this day}",
            ["event", "within", "in_period", "one window"],
        ),
        ("event: {name: purchase, count: {}}", ["event.count"]),
        ("event: {name: purchase, count: {in: [1]}}", ["event.count", "in"]),
        ("event: {name: purchase, count: {gte: x}}", ["event.count.gte", "x"]),
        ("event: {name: purchase, sum: {gte: 1}}", ["event.sum", "of"]),
        ("event: {name: purchase, sum: {of: amount}}", ["event.sum", "gte"]),
        ("event: {name: purchase, sum: {of: category, gte: 1}}", ["event.sum.of", "category"]),
        ("event: {name: purchase, avg: {of: amont, gte: 1}}", ["event.avg.of", "amount"]),
        (
            "event: {name: purchase, count: 1, sum: {of: amount, gte: 1}}",
            ["event", "count", "sum"],
        ),
        ("event: {name: purchase, if_empty: true}", ["event", "if_empty"]),
        # groups and expressions
        ("member_of: []", ["member_of", "empty"]),
        ("member_of: 1", ["member_of"]),
        ('member_of: "group_a\\n"', ["member_of", "group"]),
        ("member_of: Group-A", ["member_of", "Group-A"]),
        ("sql: is_vip", ["sql", "reason"]),
        ("sql: {expression: is_vip}", ["sql", "reason"]),
        ("sql: {expression: is_vip, reason: ''}", ["sql.reason"]),
        ("sql: {reason: because}", ["sql", "expression"]),
        ("sql: {expression: 'is_vip; drop table x', reason: b}", ["sql.expression", ";"]),
        ("sql: {expression: 'is_vip -- x', reason: b}", ["sql.expression", "--"]),
        ("sql: {expression: 'is_vip /* x', reason: b}", ["sql.expression", "/*"]),
        ('sql: {expression: "is_vip\\0", reason: b}', ["sql.expression", "one expression"]),
    ],
)
def test_a_wrong_rule_is_refused(engine: Engine, rule: str, parts: list[str]) -> None:
    message = refusal(engine, rule)
    missing = [part for part in parts if part.lower() not in message.lower()]
    assert not missing, f"{missing} not in:\n{message}"
    # the rule is named, and no error of Jinja, Python or a database shows through
    assert "'rule'" in message, message
    for foreign in ("Traceback", "object has no", "is undefined", "Conversion Error"):
        assert foreign not in message, message


# rule -> its one error, without the name of the rule: what a person reads
MESSAGES = {
    # YAML itself gives up on a day that is none
    "joined_on: {on_or_after: 2023-02-29}": (
        "the rule: not a calendar day: got '2023-02-29'; allowed: a calendar day like 2024-01-31"
    ),
    "any: [{joined_on: {between: [2024-06-31, 2024-13-01]}}, {joined_on: {after: 2024-02-29}}]": (
        "the rule: not a calendar day: got '2024-06-31, 2024-13-01'; allowed: a calendar day like "
        "2024-01-31"
    ),
    # unknown is asked for where it can be, and in the words of that place
    "sector: null": (
        "sector.eq: no value: got null; allowed: a text. To ask for unknown, write sector: "
        "{is_null: true}."
    ),
    "market: ['']": (
        "market.in[0]: empty text: got ''; allowed: DE, AT, CH, NO. Blank is stored as unknown. To "
        "ask for unknown, write market: {is_null: true}."
    ),
    "sector: {contains: ''}": (
        "sector.contains: empty text: got ''; allowed: a text. Blank is stored as unknown. To ask "
        "for unknown, write sector: {is_null: true}."
    ),
    "sector: {matches: ['', a]}": (
        "sector.matches[0]: empty text: got ''; allowed: a text. Blank is stored as unknown. To "
        "ask for unknown, write sector: {is_null: true}."
    ),
    "changed: {attribute: sector, from: ''}": (
        "changed.from: empty text: got ''; allowed: a text. Blank is stored as unknown. For "
        "unknown write null."
    ),
    "moved: {attribute: headcount, from: 1, to: '', within: 3d}": (
        "moved.to: empty text: got ''; allowed: plain digits, like 1000 or 12.5. Blank is stored "
        "as unknown. For unknown write null."
    ),
    "is_vip: ''": (
        "is_vip.eq: empty text: got ''; allowed: true, false. Blank is stored as unknown. To ask "
        "for unknown, write is_vip: {is_null: true}."
    ),
    "headcount: {top: 3, nulls: include}": (
        "headcount.nulls: an account without a value has no rank: got 'include'; allowed: 'over', "
        "no 'nulls'. Leave 'nulls' away, or write 'any' with a leaf headcount: {is_null: true}."
    ),
    # and nowhere else
    "site: {within_km: {of: [48, 11], km: null}}": (
        "site.within_km.km: no value: got null; allowed: plain digits, like 1000 or 12.5"
    ),
    "contactable: {channel: email, purpose: ''}": (
        "contactable.purpose: empty text: got ''; allowed: newsletter, offers. Write what is meant."
    ),
    "was_member: {group: group_a, day: null}": (
        "was_member.day: no value: got null; allowed: a calendar day like 2024-01-31"
    ),
    "usual: {name: purchase, column: category, in: [null]}": (
        "usual.in[0]: no value: got null; allowed: a text"
    ),
    "event: {name: purchase, count: null}": (
        "event.count.eq: no value: got null; allowed: plain digits, like 1000 or 12.5"
    ),
    # a key that is not there is not a wrong value
    "site: {within_km: {of: [48, 11]}}": "site.within_km: the key 'km' is missing; allowed: km: 50",
    "stopped: {name: purchase}": (
        "stopped: the key 'active' is missing; allowed: active: [30d, 210d]"
    ),
    "restarted: {name: call}": (
        "restarted: the key 'silent' is missing; allowed: silent: [30d, 210d]"
    ),
    "regular: {name: purchase, period: 30d, periods: 3}": (
        "regular: the key 'min_periods' is missing; allowed: min_periods: 4"
    ),
    "trend: {name: purchase, change_percent: 1}": (
        "trend: the key 'within' is missing; allowed: within: 90d"
    ),
    "event: {within: 3d}": "event: the key 'name' is missing; allowed: name: <event>",
    "event: {name: purchase, sum: {gte: 1}}": (
        "event.sum: the key 'of' is missing; allowed: of: one of amount, quantity"
    ),
    "usual: {name: page_view, in: [a]}": (
        "usual: the key 'column' is missing; allowed: column: one of category, quantity, product"
    ),
    "points: {gte: 1}": (
        "points: the key 'of' is missing; allowed: of: [{if: <node>, add: 10}, ..]"
    ),
    "sql: {expression: is_vip}": (
        "sql: the key 'reason' is missing; allowed: reason: why the other kinds do not serve"
    ),
    "at_least: {of: [is_vip: true]}": "at_least: the key 'count' is missing; allowed: count: 2",
    "at_most: {count: 1}": "at_most: the key 'of' is missing; allowed: of: [..]",
    # numbers that are multiplied
    "event: {name: purchase, avg: {of: amount, gte: '-1.000000001'}}": (
        "event.avg.gte: number too long to compare exactly: got '-1.000000001'; allowed: up to 20 "
        "digits before the point and 8 after. Round it."
    ),
    "trend: {name: call, within: 9d, change_percent: {between: ['-1', '1000000000']}}": (
        "trend.change_percent.between[1]: number too long to compare exactly: got '1000000000'; "
        "allowed: up to 9 digits before the point and 5 after. Round it."
    ),
    # words beside an operator that its type does not have
    "sector: {eq: a, nulls: included}": (
        "sector.nulls: not a treatment of NULL: got 'included'; allowed: include, exclude. Did you "
        "mean 'include'?"
    ),
    "tags: {has_any: [a], nulls: include}": (
        "tags: tags is of type values, which 'nulls' is not for: got 'nulls'; allowed: "
        "case_sensitive. To ask whether it has any value, write a leaf 'is_null: true' or "
        "'not_null: true' of its own."
    ),
    "sector: {eq: a, over: market}": (
        "sector: sector is of type text, which 'over' is not for: got 'over'; allowed: nulls, "
        "case_sensitive. It stands beside a ranking of numbers."
    ),
    "event: {name: call, where: {score: {gt: 3, over: topic}}}": (
        "event.where.score: ranks are asked of an account, not of one row: got 'over'; allowed: "
        "nulls. It stands beside a ranking of numbers."
    ),
    # operators of other types
    "is_vip: {neq: true}": (
        "is_vip: is_vip is of type boolean, which operator 'neq' is not for; allowed: eq, is_null, "
        "not_null, eq_attribute, neq_attribute. Write eq with the contrary."
    ),
    "tags: {eq: a}": (
        "tags: tags is of type values, which operator 'eq' is not for; allowed: is_null, not_null, "
        "has_any, has_all, has_none, has_only. Write has_any."
    ),
    "joined_on: {gt: 2024-01-01}": (
        "joined_on: joined_on is of type date, which operator 'gt' is not for; allowed: eq, neq, "
        "between, not_between, is_null, not_null, before, on_or_before, after, on_or_after, "
        "within, ago and 11 more. Write after."
    ),
    # names, and what stands elsewhere
    "contactable: {channel: emial, purpose: offers}": (
        "contactable.channel: not a value of the channel: got 'emial'; allowed: email, phone. Did "
        "you mean 'email'?"
    ),
    "joined_on: {in_period: lst month}": (
        "joined_on.in_period: not a period: got 'lst month'; allowed: this, last or next, and day, "
        "week, month, quarter, year: last month. Did you mean 'last month'?"
    ),
    "event: {name: call, in_period: next day}": (
        "event.in_period: facts lie in the past: got 'next day'; allowed: this day, this week, "
        "this month, this quarter, this year, last day, last week, last month, last quarter, last "
        "year"
    ),
    "stopped: {name: call, active: [1d, 2d], within: 3d}": (
        "stopped: unknown key: got 'within'; allowed: name, where, active. Its days stand under "
        "'active'."
    ),
    "sequence: {steps: [{name: call, within: 3d}]}": (
        "sequence.steps[0]: unknown key: got 'within'; allowed: name, where. The window of the "
        "leaf is for all its rows."
    ),
    "event: {name: call, where: {sector: a}}": (
        "event.where.sector: not a column of event 'call': got 'sector'; allowed: is_resolved, "
        "product, score, topic. sector is an attribute of the account: ask for it in a leaf of its "
        "own, beside this one under 'all'."
    ),
    "event: {name: purchase, sum: amount}": (
        "event.sum: not a mapping: got 'amount'; allowed: {of: <column>, ..}. Write {of: amount, "
        "..}."
    ),
    "event: {name: purchase, sum: {of: amount, gte: 1}, if_empty: true}": (
        "event.if_empty: of no rows sum is 0: got true; allowed: true or false, beside avg, min or "
        "max. Leave it away, and compare with 0."
    ),
    "sql: {expression: is_vip, resaon: b, reason: c}": (
        "sql: unknown key: got 'resaon'; allowed: expression, reason. Did you mean 'reason'?"
    ),
    "sector: {gt_attribute: nickname}": (
        "sector: sector is of type text, which operator 'gt_attribute' is not for; allowed: eq, "
        "neq, in, not_in, is_null, not_null, contains, not_contains, starts_with, not_starts_with, "
        "ends_with, not_ends_with, matches, not_matches, eq_attribute, neq_attribute"
    ),
    "event: {name: purchase, where: {amount: {gt_attribute: 5}}}": (
        "event.where.amount.gt_attribute: not a column of event 'purchase' of type number: got 5; "
        "allowed: amount, quantity. To compare with a value, write 'gt' or another operator of it."
    ),
    # what YAML made of it
    "no: 1": (
        "the rule: a key that is no word: got false; allowed: a word in quotes. YAML reads NO, no "
        "and off as false; put the word in quotes."
    ),
    "all: [~: 1]": "all[0]: a key that is no word: got null; allowed: a word in quotes",
    "all: {is_vip: true}": (
        "all: not a list: got {is_vip: true}; allowed: a list of at least one node. Begin each "
        "condition with a dash, or put them in brackets."
    ),
    "tags: {has_any: a}": (
        "tags.has_any: not a list: got 'a'; allowed: a list like [DE, AT]. Put it in brackets: [a]."
    ),
    "tags: [[a]]": (
        "tags.has_any[0]: not one value: got a list of 1; allowed: a text. Write each value as an "
        "item."
    ),
    "headcount: {between: [2, 1]}": (
        "headcount.between: reversed range: got '2 to 1'; allowed: the lower value first. Write "
        "[1, 2]."
    ),
    "joined_on: {within: 12h}": (
        "joined_on.within: not a duration: got '12h'; allowed: a whole number from 1 and one unit: "
        "30d, 12w, 6m (months), 2y. Hours are for the time between two rows; write days."
    ),
    "sequence: {steps: [call, purchase], gap: 3}": (
        "sequence.gap: not a duration between two rows: got 3; allowed: a whole number from 1 and "
        "one unit: 12h, 7d (of 24 hours), 2w. Write 3d for days."
    ),
    'headcount: "12\\n"': (
        "headcount.eq: headcount is a number: got '12\\n'; allowed: plain digits. Write 1000 or "
        "12.5: no thousands sign, no exponent, no unit."
    ),
    'nickname: "a\\0"': (
        "nickname.eq: text with the character 0: got 'a\\0'; allowed: any other character"
    ),
    "is_vip: {is_null: 5}": "is_vip.is_null: only true can be said here: got 5; allowed: true",
    "headcount: {gte: 0.1234567890123456}": (
        "headcount.gte: YAML keeps 15 digits of a number with a decimal point: got "
        "0.1234567890123456; allowed: up to 15 digits, more in quotes. Put it in quotes to have it "
        "read exactly."
    ),
}


@pytest.mark.parametrize("rule", MESSAGES)
def test_what_a_person_reads(engine: Engine, rule: str) -> None:
    lines = [line.strip() for line in refusal(engine, rule).splitlines()]
    assert "The rule 'rule' has 1 error:" in lines[0] or "The rule 'rule' has 1 error:" in lines[1]
    assert f"1. {MESSAGES[rule]}" in lines, "\n".join(lines)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("and", "all"),
        ("AND", "all"),
        ("or", "any"),
        ("none", "not"),
        ("nor", "not"),
        ("xor", "exactly"),
        ("Not", "not"),
    ],
)
def test_tree_words_of_other_languages(engine: Engine, word: str, meant: str) -> None:
    assert f"Did you mean '{meant}'?" in refusal(engine, f"all: [{{{word}: [is_vip: true]}}]")
    inside = f"event: {{name: purchase, where: {{{word}: [is_rush: true]}}}}"
    assert f"Did you mean '{meant}'?" in refusal(engine, inside)


@pytest.mark.parametrize(
    "rule",
    [
        # what the messages advise, followed
        "sector: {is_null: true}",
        "tags: {is_null: true}",
        "changed: {attribute: sector, from: null}",
        "moved: {attribute: headcount, from: 1, to: null, within: 3d}",
        "any: [{headcount: {top: 3}}, {headcount: {is_null: true}}]",
        "is_vip: {eq: false}",
        "tags: {has_any: [a]}",
        "joined_on: {after: 2024-01-01}",
        "any: [{joined_on: 2024-01-01}, {joined_on: 2024-01-02}]",
        "event: {name: purchase, sum: {of: amount, gte: 0}}",
        "all: [{event: {name: call}}, {sector: a}]",
        "stopped: {name: purchase, active: [30d, 210d]}",
        "restarted: {name: purchase, silent: [30d, 210d]}",
        "regular: {name: purchase, period: 30d, periods: 6, min_periods: 4}",
        "trend: {name: purchase, within: 90d, change_percent: {lte: -30}}",
        "at_least: {count: 2, of: [is_vip: true, is_blocked: true]}",
    ],
)
def test_advice_that_is_followed_works(engine: Engine, rule: str) -> None:
    assert "account_id" in engine.render(rule)


def test_all_the_errors_of_a_rule_come_together(engine: Engine) -> None:
    message = refusal(
        engine,
        """
        all:
          - sectr: a
          - headcount: {gte: many, lt: few}
          - any:
              - market: FR
              - event: {name: purchase, where: {amount: yes}, within: 3h, count: x}
              - not: {joined_on: {ago: [90d, 30d]}}
          - {is_vip: true, is_blocked: true}
        """,
    )
    for path in [
        "all[0].sectr",
        "all[1].headcount.gte",
        "all[1].headcount.lt",
        "all[2].any[0].market",
        "all[2].any[1].event.where.amount",
        "all[2].any[1].event.within",
        "all[2].any[1].event.count",
        "all[2].any[2].not.joined_on.ago",
        "all[3]",
    ]:
        assert path in message, f"{path} not in:\n{message}"


def nested(levels: int) -> str:
    return "not: {" * levels + "is_vip: true" + "}" * levels


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        (nested(32), ["32"]),
        (nested(200), ["32"]),
        (nested(5000), ["32"]),
        ("any: [" + "is_vip: true, " * 1001 + "]", ["1,000"]),
        ("sector: [" + "a, " * 10001 + "]", ["10,000"]),
        ("tags: {has_any: [" + "a, " * 10001 + "]}", ["10,000"]),
    ],
    ids=[
        "33 levels",
        "201 levels",
        "5001 levels",
        "1001 leaves",
        "10001 values",
        "10001 values of a bridge",
    ],
)
def test_a_rule_has_an_end(engine: Engine, rule: str, parts: list[str]) -> None:
    message = refusal(engine, rule)
    assert not [part for part in parts if part.replace(",", "") not in message.replace(",", "")]


@pytest.mark.parametrize(
    "rule",
    [
        nested(31),
        "any: [" + "is_vip: true, " * 1000 + "]",
        "sector: [" + ", ".join(f"a{number}" for number in range(10000)) + "]",
    ],
    ids=["32 levels", "1000 leaves", "10000 values"],
)
def test_what_is_just_allowed_works(bench: Bench, rule: str) -> None:
    world = make_world(1, 20, 0, "UTC", date(2025, 1, 1), "monday", None)
    bench.load(world)
    (found,) = bench.database.members([bench.engine.render(rule)])
    assert found == members(rule, world)


def test_an_unknown_group_is_refused(engine: Engine) -> None:
    """By dbt itself, which alone knows the models when it has read them all."""
    assert "'group_x' which was not found" in refusal(engine, "member_of: group_x")


def test_anchors_work(engine: Engine) -> None:
    shared = "all: [sector: &listed [a, b], nickname: *listed]"
    plain = yaml.safe_dump(yaml.safe_load(shared))
    assert engine.render(shared) == engine.render(plain)
