"""What an explanation shows of an account's past and consent beside the verdict."""

from __future__ import annotations

import pytest

from criteria.kinds.small_tables import ENGINES, Asked
from criteria.kinds.spells import fill_groups, fill_values

CONTACTABILITY = {
    "account_id": "text",
    "channel": "text",
    "purpose": "text",
    "is_contactable": "boolean",
    "contactable_point_count": "bigint",
}


@pytest.fixture(params=ENGINES)
def asked(request: pytest.FixtureRequest) -> Asked:
    settings = {"recorded_groups": ["vip"], "recorded_attributes": ["sector"]}
    asked = Asked(request, "ab", settings)
    fill_groups(
        asked,
        [
            ["a", "vip", "2025-01-01", "2025-01-10", True, True],
            ["a", "vip", "2025-02-01", None, True, False],
        ],
    )
    fill_values(
        asked,
        [
            ["a", "sector", "Trial", "2025-01-01", "2025-03-01", None, False],
            ["a", "sector", "Paid", "2025-03-01", None, "Trial", True],
            ["a", "other", "Z", "2025-01-01", None, None, False],
        ],
    )
    asked.fill(
        "account_contactability",
        CONTACTABILITY,
        [["a", "email", "offers", True, 2], ["a", "email", "news", True, 3]],
    )
    return asked


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        ("entered: {group: vip, within: 1d}", ["2025-02-01", "never"]),
        ("left: {group: vip, within: 1d}", ["2025-01-10", "never"]),
        (
            "moved: {attribute: sector, from: Trial, to: Paid, within: 60d}",
            ["Paid", "(unknown)"],
        ),
        ("changed: {attribute: sector, within: 1d}", ["Paid", "(unknown)"]),
        ("contactable: {channel: email, purpose: offers}", ["2 usable", "0 usable"]),
    ],
)
def test_values(asked: Asked, rule: str, values: list[str]):
    asked.use()
    read = asked.engine.call("read_rule", rule, "rule_base", "rule", with_values=True)
    sql = asked.engine.call("explanation_sql", read)
    rows = asked.run(f"select account_value from ({sql}) as explained order by account_id")
    assert [value for (value,) in rows] == values
    # a build computes nothing that only an explanation shows
    plain = asked.engine.call("read_rule", rule, "rule_base", "rule")
    assert plain["leaves"][0]["value_sql"] is None
