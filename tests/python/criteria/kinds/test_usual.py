"""Kind 26: the most frequent value."""

from __future__ import annotations

from datetime import date

import pytest

from criteria.kinds.conftest import Asker, event


def bought(account: str, *values: object, column: str = "category", day: str = "2025-12-01"):
    return [event(account, "purchase", day, **{column: value}) for value in values]


def test_the_most_frequent_value(asker: Asker) -> None:
    asker.fill(
        ["clear", "folded", "second", "unknown wins not", "only unknown", "never", "today"],
        [
            *bought("clear", "Pumps", "Pumps", "Valves"),
            *bought("folded", "PUMPS"),
            *bought("second", "Pumps", "Valves", "Valves"),
            *bought("unknown wins not", None, None, "Pumps"),
            *bought("only unknown", None, None),
            *bought("today", "Pumps", day="2026-01-01"),
            event("never", "purchase", None, category="Pumps"),
        ],
    )
    rule = "usual: {name: purchase, column: category, in: [pumps, x]%s}"
    assert asker.ask(rule % "") == {"clear", "folded", "unknown wins not"}
    assert asker.ask(rule % ", min_count: 2") == {"clear"}
    assert asker.ask(rule % ", min_count: 3") == set()


def test_ties_go_to_the_smallest_by_bytes_or_by_value(asker: Asker) -> None:
    asker.fill(
        ["case", "accent", "number", "both cases count apart"],
        [
            *bought("case", "a", "B"),
            *bought("accent", "é", "z"),
            *bought("number", 9, 10, -1, None, None, column="size"),
            *bought("both cases count apart", "Pumps", "pumps", "Valves", "Valves"),
        ],
    )
    rule = "usual: {name: purchase, column: category, in: [%s]}"
    assert asker.ask(rule % "b") == {"case"}
    assert asker.ask(rule % "a") == set()
    assert asker.ask(rule % "z") == {"accent"}
    assert asker.ask(rule % "valves") == {"both cases count apart"}
    assert asker.ask("usual: {name: purchase, column: size, in: [-1]}") == {"number"}
    assert asker.ask("usual: {name: purchase, column: size, in: [9, 10]}") == set()


def test_window_where_and_what_is_known(asker: Asker) -> None:
    asker.set_day(date(2026, 1, 1), known_as_of="2025-12-20")
    asker.fill(
        ["a", "late"],
        [
            *bought("a", "Pumps", "Pumps", day="2025-11-30 23:59:59.999999"),
            *bought("a", "Valves", day="2025-12-01"),
            *bought("a", "Filters", "Filters", day="2025-12-21"),
            event("late", "purchase", "2025-12-01", category="Valves", loaded_at="2025-12-20"),
        ],
    )
    rule = "usual: {name: purchase, column: category, in: [%s]%s}"
    assert asker.ask(rule % ("Valves", ", within: 31d")) == {"a"}
    assert asker.ask(rule % ("Pumps", ", within: 32d")) == {"a"}
    assert asker.ask(rule % ("Pumps", ", ago: [31d, 32d]")) == {"a"}
    only_valves = ", ago: [%s, 40d], where: {category: Valves}"
    assert asker.ask(rule % ("Valves", only_valves % "30d")) == {"a"}
    assert asker.ask(rule % ("Valves", only_valves % "31d")) == set()
    assert asker.ask(rule % ("Valves", ", where: {category: {neq: Pumps}}")) == {"a"}
    assert asker.ask(rule % ("Filters", "")) == set()


def test_the_same_question_is_asked_once(reader: Asker) -> None:
    reader.fill(["a"])
    leaf = "usual: {name: purchase, column: category, in: [%s]}"
    sql = reader.engine.render(f"any: [{leaf % 'Pumps'}, {leaf % 'Valves'}]")
    assert sql.count('"activities" as') == 1, sql


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("usual: {name: purchase, column: category}", ["usual", "'in' is missing"]),
        (
            "usual: {name: purchase, in: [x]}",
            ["'column' is missing", "category, cart, channel, size"],
        ),
        ("usual: {name: purchase, column: categry, in: [x]}", ["Did you mean 'category'"]),
        ("usual: {name: purchase, column: is_gift, in: [x]}", ["usual.column", "is_gift"]),
        ("usual: {name: purchase, column: size, in: [x]}", ["usual.in[0]", "plain digits"]),
        ("usual: {name: purchase, column: category, in: x}", ["usual.in", "not a list"]),
        (
            "usual: {name: purchase, column: category, in: [], min_count: 0, within: 3}",
            ["usual.in", "empty", "usual.min_count", "1 to", "usual.within", "3d"],
        ),
        ("usual: {name: purchse, column: category, in: [x]}", ["Did you mean 'purchase'"]),
    ],
)
def test_errors(rule: str, parts: list[str], reader: Asker) -> None:
    reader.refuses(rule, parts)
