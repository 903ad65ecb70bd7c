"""Faults planted in the macros: the random rules must catch every one of them.

A fault is one text of one macro put in the place of another. It is caught when SQL
and the evaluator name different members, or the database refuses the SQL. `word`
narrows the random rules to those that can meet the fault, to save time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import pytest
from dbt_common.exceptions import CompilationError

from criteria.bench import Bench
from criteria.engine import variables
from criteria.oracle import World, members
from criteria.rules import Seeded, as_text, draw_rule, draw_world

KINDS = "macros/criteria/kinds/"
READING = "macros/criteria/reading/"
PROJECT = "macros/project/"
CROSS = "macros/cross_db/"


@dataclass(frozen=True)
class Fault:
    what: str
    file: str
    old: str
    new: str
    word: str = ""


FAULTS = [
    # edges of windows, days, zones
    Fault("a window leaves its first instant out", READING + "windows.sql", "' >= '", "' > '"),
    Fault("a window takes in its last instant", READING + "windows.sql", "' < '", "' <= '"),
    Fault(
        "days begin at midnight in UTC",
        PROJECT + "clock.sql",
        "crm_segmentation.first_instant(day).strftime(",
        "modules.datetime.datetime(day.year, day.month, day.day).strftime(",
    ),
    Fault(
        "between leaves its last day out",
        KINDS + "between.sql",
        "crm_segmentation.add_days(range.high.day, 1)",
        "range.high.day",
        "between",
    ),
    Fault(
        "the window of an event leaves its last day out",
        READING + "windows.sql",
        "crm_segmentation.add_days(range.high.day, 1)",
        "range.high.day",
        "between",
    ),
    Fault(
        "after takes in the day itself",
        KINDS + "day.sql",
        "'after': [next, none]",
        "'after': [read.day, none]",
        "after",
    ),
    Fault(
        "on or before leaves the day out",
        KINDS + "day.sql",
        "'on_or_before': [none, next]",
        "'on_or_before': [none, read.day]",
        "on_or_before",
    ),
    Fault(
        "a local day is two days long",
        KINDS + "equal.sql",
        "operand, read.day, crm_segmentation.add_days(read.day, 1)",
        "operand, read.day, crm_segmentation.add_days(read.day, 2)",
    ),
    Fault(
        "months are not clamped to their last day but to the 28th",
        PROJECT + "clock.sql",
        "[day.day, last] | min",
        "[day.day, 28] | min",
    ),
    Fault(
        "weeks begin on Monday, whatever is set",
        READING + "windows.sql",
        "- crm_segmentation.week_start()) % 7",
        "- 0) % 7",
        "week",
    ),
    Fault(
        "a quarter begins with this month",
        READING + "windows.sql",
        "as_of.year, (as_of.month - 1) // length * length + 1, 1",
        "as_of.year, as_of.month, 1",
        "in_period",
    ),
    Fault(
        "older_than reaches up to today",
        READING + "windows.sql",
        "'older_than': {'from': none, 'to': day",
        "'older_than': {'from': none, 'to': as_of",
        "older_than",
    ),
    Fault(
        "ago reaches up to today",
        READING + "windows.sql",
        "return({'from': from, 'to': to, 'value': raw}) }}\n    {%- endif -%}",
        "return({'from': from, 'to': as_of, 'value': raw}) }}\n    {%- endif -%}",
        "ago",
    ),
    # NULL
    Fault(
        "negative operators are false on NULL",
        READING + "read_leaf.sql",
        "read.get('on_null', entry.negative)",
        "read.get('on_null', false)",
    ),
    Fault(
        "positive operators are true on NULL",
        READING + "read_leaf.sql",
        "read.get('on_null', entry.negative)",
        "read.get('on_null', true)",
    ),
    Fault(
        "nulls: include and exclude are swapped",
        READING + "read_leaf.sql",
        "nulls == 'include'",
        "nulls == 'exclude'",
        "nulls",
    ),
    Fault(
        "false is known to be false",
        KINDS + "equal.sql",
        "'on_null': not raw",
        "'on_null': false",
        "false",
    ),
    Fault(
        "an unknown expression is true",
        KINDS + "sql.sql",
        "'), false) as is_met",
        "'), true) as is_met",
        "sql",
    ),
    Fault(
        "accounts without attributes are lost",
        "macros/criteria/render_members.sql",
        "left join {{ relation",
        "inner join {{ relation",
    ),
    # comparisons
    Fault("gte leaves the threshold out", KINDS + "order.sql", "'gte': '>='", "'gte': '>'", "gte"),
    Fault("lt takes in the threshold", KINDS + "order.sql", "'lt': '<'", "'lt': '<='", "lt"),
    Fault(
        "a count of lte leaves the threshold out",
        READING + "selection.sql",
        "'lte': '<='",
        "'lte': '<'",
        "lte",
    ),
    Fault(
        "at_most is less than",
        READING + "read_tree.sql",
        "'at_most': '<='",
        "'at_most': '<'",
        "at_most",
    ),
    Fault(
        "not binds to the first condition alone",
        READING + "read_tree.sql",
        "'not (\\n    ' ~ inner | indent(4) ~ '\\n)'",
        "'not ' ~ inner",
        "not:",
    ),
    Fault(
        "a list under a tree word has no brackets",
        READING + "read_tree.sql",
        "else '(\\n    ' ~ bare | indent(4) ~ '\\n)'",
        "else bare",
    ),
    # text
    Fault(
        "wildcards are wildcards",
        KINDS + "search.sql",
        "'position(' ~ item.sql ~ ' in ' ~ text ~ ') > 0'",
        "text ~ \" like '%' || \" ~ item.sql ~ \" || '%'\"",
        "contains",
    ),
    Fault(
        "quotes are not doubled",
        CROSS + "text.sql",
        '"\'" ~ (text | string).replace("\'", "\'\'") ~ "\'"',
        '"\'" ~ (text | string) ~ "\'"',
        "'",
    ),
    Fault(
        "line breaks stand in the literal",
        CROSS + "text.sql",
        "{%- if part in codes -%}",
        "{%- if false -%}",
    ),
    Fault(
        "the three letters apart are not folded",
        CROSS + "text.sql",
        "lower(translate(\" ~ expression ~ \", '\u0130\u03a3\u03c2', 'i\u03c3\u03c3'))",
        'lower(" ~ expression ~ ")',
    ),
    Fault(
        "only the literal is folded",
        KINDS + "equal.sql",
        "if operand.type in ['text', 'values'] and operand.fold",
        "if false",
    ),
    Fault(
        "case_sensitive does nothing",
        READING + "read_leaf.sql",
        "{'fold': not asked.case_sensitive}",
        "{'fold': true}",
        "case_sensitive",
    ),
    Fault(
        "starts_with counts the letters of the literal as SQL writes it",
        KINDS + "search.sql",
        "', ' ~ item.text | length",
        "', ' ~ item.sql | length",
        "s_with",
    ),
    Fault(
        "a pattern stops at a line break",
        CROSS + "patterns.sql",
        "\"replace(replace(\" ~ text ~ \", chr(13), ' '), chr(10), ' ')\"",
        "text",
        "matches",
    ),
    # values
    Fault(
        "a value that is there twice counts twice",
        KINDS + "has.sql",
        "'count(distinct ' ~ value ~ ')'",
        "'count(' ~ value ~ ')'",
        "has_all",
    ),
    Fault(
        "has_only holds of nothing", KINDS + "has.sql", "'has_only': '> 0'", "'has_only': '>= 0'"
    ),
    Fault(
        "an unknown value is a value",
        KINDS + "null.sql",
        "operand.model ~ '.value is not null'",
        "'true'",
        "_null",
    ),
    # events
    Fault(
        "what happens today is seen",
        READING + "selection.sql",
        "crm_segmentation.in_days(occurred_at, none, context.as_of)",
        "crm_segmentation.in_days(\n"
        "            occurred_at, none, crm_segmentation.add_days(context.as_of, 1))",
        "event",
    ),
    Fault(
        "what was not known yet is seen",
        READING + "selection.sql",
        "{%- if known_as_of is not none -%}",
        "{%- if false -%}",
        "event",
    ),
    Fault(
        "where holds on any rows together",
        READING + "selection.sql",
        "{%- if selection.where is not none -%}",
        "{%- if false -%}",
        "where",
    ),
    Fault(
        "the events of one table are mixed",
        READING + "evidence.sql",
        "{%- if names | length > 1 -%}",
        "{%- if false -%}",
        "event",
    ),
    Fault(
        "the shorter of two windows rules both",
        READING + "evidence.sql",
        "column.asked.earliest < first.day",
        "column.asked.earliest > first.day",
        "event",
    ),
    Fault(
        "the longer of two windows rules both",
        READING + "evidence.sql",
        "first.open or asked.earliest != first.day",
        "first.open",
        "event",
    ),
    Fault(
        "a sum of nothing is unknown",
        KINDS + "event.sql",
        "'coalesce(' ~ total ~ ', 0)'",
        "total",
        "sum",
    ),
    Fault(
        "a mean counts unknown values",
        KINDS + "event.sql",
        "'count(' ~ column ~ ')'",
        "'count(*)'",
        "avg",
    ),
    Fault(
        "distinct values are counted as often as they come",
        KINDS + "event.sql",
        "'count(distinct ' ~ column ~ ')'",
        "'count(' ~ column ~ ')'",
        "distinct",
    ),
    Fault(
        "if_empty does nothing",
        KINDS + "event.sql",
        "('true' if if_empty else 'false')",
        "'false'",
        "if_empty",
    ),
    Fault(
        "a list of groups means all of them",
        KINDS + "member_of.sql",
        "'\\nunion\\n'",
        "'\\nintersect\\n'",
        "member_of",
    ),
]


@dataclass(frozen=True)
class Case:
    """A random rule, its members by the evaluator, and the SQL of the sound macros."""

    world: World
    rule: str
    wanted: frozenset[str]
    sql: str


@pytest.fixture(scope="module")
def cases(bench: Bench) -> list[Case]:
    drawn: list[Case] = []
    for seed in range(100):
        draw = Seeded(seed)
        world = draw_world(draw)
        bench.engine.set_variables(variables(world))
        # small rules show a fault of a leaf best, deep ones a fault of the tree
        for depth in (1, 1, 1, 1, 2, 2, 3, 4):
            tree = draw_rule(draw, world, depth)
            rule = as_text(tree)
            drawn.append(Case(world, rule, members(tree, world), bench.engine.render(rule)))
    return drawn


def catches(bench: Bench, fault: Fault, cases: list[Case]) -> Iterator[Case]:
    """The cases that show the fault."""
    loaded = None
    for case in cases:
        if fault.word not in case.rule:
            continue
        bench.engine.set_variables(variables(case.world))
        with bench.engine.patched(fault.file, fault.old, fault.new):
            try:
                sql = bench.engine.render(case.rule)
            except CompilationError:
                yield case
                continue
        if sql == case.sql:
            continue
        if loaded is not case.world:
            bench.database.load(case.world)
            loaded = case.world
        try:
            (got,) = bench.database.members([sql])
        except duckdb.Error:
            yield case
            continue
        if got != case.wanted:
            yield case


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.what for fault in FAULTS])
def test_the_random_rules_catch(bench: Bench, cases: list[Case], fault: Fault) -> None:
    assert next(catches(bench, fault, cases), None) is not None


def test_without_a_fault_nothing_is_caught(bench: Bench, cases: list[Case]) -> None:
    """Else all of the above would pass for nothing."""
    for case in cases[::20]:
        bench.load(case.world)
        assert bench.database.members([case.sql]) == [case.wanted]
