"""Kind 19: this period against the one before it, in percents."""

from __future__ import annotations

from datetime import date

import pytest

from criteria.kinds.conftest import Asker, event, just_before

# as of 2026-01-01: 30 days begin on 2 December, the 30 before them on 2 November
NOW, THEN = "2025-12-20", "2025-11-20"


def bought(account: str, now: list[str | None], then: list[str | None]) -> list[dict]:
    return [
        event(account, "purchase", day, amount=amount)
        for day, amounts in ((NOW, now), (THEN, then))
        for amount in amounts
    ]


def test_thresholds(asker: Asker) -> None:
    asker.fill(
        ["fell 30", "fell a cent more", "fell a cent less", "same", "doubled", "nothing now"],
        [
            *bought("fell 30", ["70.00"], ["100.00"]),
            *bought("fell a cent more", ["69.99"], ["100.00"]),
            *bought("fell a cent less", ["70.01"], ["60.00", "40.00"]),
            *bought("same", ["10.00"], ["10.00", None]),
            *bought("doubled", ["20.00", None], ["10.00"]),
            *bought("nothing now", [], ["10.00"]),
        ],
    )
    rule = "trend: {name: purchase, sum: {of: amount}, within: 30d, change_percent: %s}"
    assert asker.ask(rule % "{lte: -30}") == {"fell 30", "fell a cent more", "nothing now"}
    assert asker.ask(rule % "{lt: -30}") == {"fell a cent more", "nothing now"}
    assert asker.ask(rule % "{gt: '-30.0'}") == {"fell a cent less", "same", "doubled"}
    assert asker.ask(rule % "100") == {"doubled"}
    assert asker.ask(rule % "{between: [-30.01, -29.99]}") == {
        "fell 30",
        "fell a cent more",
        "fell a cent less",
    }
    assert asker.ask(rule % "{neq: 0, gte: -99.99}") == {
        "fell 30",
        "fell a cent more",
        "fell a cent less",
        "doubled",
    }
    # rows, where no sum is asked for
    assert asker.ask("trend: {name: purchase, within: 30d, change_percent: {lte: -50}}") == {
        "fell a cent less",
        "same",
        "nothing now",
    }


def test_a_base_of_zero_or_below_is_false_whatever_is_asked(asker: Asker) -> None:
    asker.fill(
        ["nothing before", "zero", "negative", "unknown", "never"],
        [
            *bought("nothing before", ["5.00"], []),
            *bought("zero", ["5.00"], ["5.00", "-5.00"]),
            *bought("negative", ["5.00"], ["-5.00"]),
            *bought("unknown", ["5.00"], [None]),
            event("never", "purchase", None, amount="5.00"),
        ],
    )
    rule = "trend: {name: purchase, sum: {of: amount}, within: 30d, change_percent: %s}"
    assert asker.ask(rule % "{gte: -1000000}") == set()
    assert asker.ask(rule % "{neq: 7}") == set()


def test_the_largest_amounts_and_the_longest_numbers(asker: Asker) -> None:
    most = "9999999999999999.99"
    asker.fill(
        ["same", "all gone", "a hundredth"],
        [
            *bought("same", [most] * 20, [most] * 20),
            *bought("all gone", [f"-{most}"] * 20, [most] * 20),
            *bought("a hundredth", [most] * 20, ["0.01"]),
        ],
    )
    rule = "trend: {name: purchase, sum: {of: amount}, within: 30d, change_percent: %s}"
    assert asker.ask(rule % "{gte: '0.00001'}") == {"a hundredth"}
    assert asker.ask(rule % "{lte: '-0.00001'}") == {"all gone"}
    assert asker.ask(rule % "{gte: '-999999999.99999', lte: '999999999.99999'}") == {
        "same",
        "all gone",
    }
    assert asker.ask("trend: {name: purchase, within: 30d, change_percent: '-95.0'}") == set()


@pytest.mark.parametrize(
    ("as_of", "within", "edges"),
    [
        ("2026-01-01", "30d", ["2025-11-02", "2025-12-02", "2026-01-01"]),
        # months are counted from today at once: two before 30 April is the end of February
        ("2025-04-30", "1m", ["2025-02-28", "2025-03-30", "2025-04-30"]),
        ("2025-10-31", "1m", ["2025-08-31", "2025-09-30", "2025-10-31"]),
    ],
)
def test_the_two_periods_tile(as_of: str, within: str, edges: list[str], asker: Asker) -> None:
    start, middle, end = edges
    asker.set_day(date.fromisoformat(as_of))
    accounts = ["before the base", "first of the base", "last of the base", "first of now", "last"]
    days = [f"{start} 00:00:00", f"{middle} 00:00:00", f"{end} 00:00:00"]
    base = [event(one, "purchase", days[0]) for one in accounts[3:]]
    asker.fill(
        [*accounts, "today"],
        [
            *base,
            event("before the base", "purchase", just_before(start)),
            event("first of the base", "purchase", days[0]),
            event("last of the base", "purchase", just_before(middle)),
            event("first of now", "purchase", days[1]),
            event("last", "purchase", just_before(end)),
            event("today", "purchase", days[0]),
            event("today", "purchase", days[2]),
        ],
    )
    rule = f"trend: {{name: purchase, within: {within}, change_percent: %s}}"
    assert asker.ask(rule % "-100") == {"first of the base", "last of the base", "today"}
    assert asker.ask(rule % "0") == {"first of now", "last"}


def test_where_and_what_is_known(asker: Asker) -> None:
    asker.set_day(date(2026, 1, 1), known_as_of="2025-12-25")
    asker.fill(
        ["a", "late"],
        [
            event("a", "purchase", THEN, category="A"),
            event("a", "purchase", NOW, category="A"),
            event("a", "purchase", NOW, category="B"),
            event("late", "purchase", THEN, category="A"),
            event("late", "purchase", NOW, category="A", loaded_at="2025-12-25"),
        ],
    )
    rule = "trend: {name: purchase, where: {category: A}, within: 30d, change_percent: %s}"
    assert asker.ask(rule % "0") == {"a"}
    assert asker.ask(rule % "-100") == {"late"}


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("trend: {name: purchase, change_percent: 1}", ["trend", "within"]),
        ("trend: {name: purchase, within: 30d}", ["trend", "'change_percent' is missing"]),
        ("trend: {name: purchse, within: 30d}", ["trend.name", "Did you mean 'purchase'"]),
        (
            "trend: {name: purchase, ago: [1d, 2d], change_percent: {is: 1}}",
            ["ago", "within", "trend.change_percent", "is", "gte"],
        ),
        (
            "trend: {name: purchase, within: 30d, sum: {of: amout, gte: 1}, change_percent: 1}",
            ["trend.sum.of", "Did you mean 'amount'", "gte", "change_percent"],
        ),
        ("trend: {name: purchase, within: 30d, sum: amount, change_percent: 1}", ["{of: amount"]),
        ("trend: {name: purchase, within: 6000y, change_percent: 1}", ["trend.within", "6000y"]),
        ("trend: {name: purchase, within: 1100y, change_percent: 1}", ["trend.within", "1100y"]),
        ("trend: purchase", ["trend", "not a selection", "{name: <event>"]),
    ],
)
def test_errors(rule: str, parts: list[str], reader: Asker) -> None:
    reader.refuses(rule, parts)
