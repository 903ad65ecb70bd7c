"""Kind 31: points for what holds."""

from __future__ import annotations

import pytest

from criteria.kinds.conftest import Asker, event


def test_sums_and_unknown(asker: Asker) -> None:
    asker.fill(
        {
            "all": {"revenue": 10, "town": "Ulm", "is_member": True},
            "two": {"revenue": 10, "is_member": True},
            "minus": {"revenue": 9, "town": "Ulm"},
            "nothing": {"revenue": 9},
            "unknown": {},
        },
        [event("unknown", "purchase", "2025-12-01")],
    )
    rule = """
    points:
      of:
        - {if: {revenue: {gte: 10}}, add: 10}
        - {if: [{town: ulm}, {revenue: {not_null: true}}], add: -5}
        - {if: {not: {is_member: false}}, add: 1}
        - {if: {event: {name: purchase}}, add: 0}
      %s
    """
    assert asker.ask(rule % "gte: 11") == {"two"}
    assert asker.ask(rule % "gte: 6") == {"all", "two"}
    assert asker.ask(rule % "lte: 0") == {"minus", "nothing", "unknown"}
    assert asker.ask(rule % "eq: 0") == {"nothing", "unknown"}
    assert asker.ask(rule % "{lt: 0}".strip("{}")) == {"minus"}
    assert asker.ask(rule % "between: [-5, 6]") == {"all", "minus", "nothing", "unknown"}
    assert asker.ask((rule % "neq: 0").replace("}\n      neq", "}\n      gte: -4\n      neq")) == {
        "all",
        "two",
    }


def test_points_among_other_nodes_and_in_each_other(asker: Asker) -> None:
    asker.fill({"a": {"revenue": 1, "town": "x"}, "b": {"revenue": 1}, "c": {"revenue": 2}})
    inner = "points: {of: [{if: {revenue: 1}, add: 2}, {if: {town: x}, add: 1}], gte: 3}"
    assert asker.ask(inner) == {"a"}
    assert asker.ask(f"points: {{of: [{{if: {{{inner}}}, add: 7}}], neq: 7}}") == {"b", "c"}
    assert asker.ask(f"all: [{inner}, not: {{town: y}}]") == {"a"}
    rule = asker.engine.call(
        "read_rule", f"all: [revenue: 1, {inner}, town: x]", "rule_base", "rule"
    )
    # leaves of the account in the order of the text, depth first
    assert [leaf["path"] for leaf in rule["leaves"]] == [
        "all[0].revenue",
        "all[1].points",
        "all[1].points.of[0].if.revenue",
        "all[1].points.of[1].if.town",
        "all[2].town",
    ]


def test_as_deep_as_rules_may_be(asker: Asker) -> None:
    asker.fill({"a": {"revenue": 1}, "b": {"revenue": 2}})
    rule = "revenue: 1"
    for _ in range(31):
        rule = f"points: {{of: [{{if: {{{rule}}}, add: 1}}], gte: 1}}"
    assert asker.ask("any: [revenue: 3]") == set()
    asker.engine.set_variables(asker.settings)
    found = asker.run(asker.engine.render(rule))
    assert [row[0] for row in found] == ["a"]
    for _ in range(3):
        rule = f"points: {{of: [{{if: {{{rule}}}, add: 1}}], gte: 1}}"
        assert "32 levels" in asker.refusal(rule)


def test_several_operators_do_not_double_the_sql_without_end(reader: Asker) -> None:
    rule = "revenue: 1"
    for _ in range(31):
        rule = f"points: {{of: [{{if: {{{rule}}}, add: 1}}], gte: 1, lte: 1}}"
    assert "Write 'between'" in reader.refusal(rule)


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("points: 5", ["points", "{of: [{if: <node>, add: 10}"]),
        ("points: {gte: 5}", ["points", "'of' is missing"]),
        ("points: {of: [], gte: 5}", ["points.of", "at least one"]),
        ("points: {of: [{if: {town: x}, add: 1}]}", ["points", "no comparison"]),
        (
            "points: {of: [{if: {twn: x}, add: 1.5}, {iff: {}}, 3], gt: x, least: 1}",
            [
                "points.of[0].if.twn",
                "points.of[0].add",
                "1.5",
                "points.of[1]",
                "Did you mean 'if'",
                "'add' is missing",
                "points.of[2]",
                "points.gt",
                "plain digits",
                "least",
            ],
        ),
        ("points: {of: [{if: {town: x}, add: true}], gt: 1}", ["points.of[0].add", "whole"]),
        ("points: {of: [{if: {town: x}, add: 1000001}], gt: 1}", ["add", "to 1000000"]),
        ("points: {of: [{if: [], add: 1}], gt: 1}", ["points.of[0].if", "empty"]),
        (
            "event: {name: purchase, where: {points: {of: [{if: {size: 1}, add: 1}], gt: 1}}}",
            ["event.where.points", "not of one row"],
        ),
    ],
)
def test_errors(rule: str, parts: list[str], reader: Asker) -> None:
    reader.refuses(rule, parts)
