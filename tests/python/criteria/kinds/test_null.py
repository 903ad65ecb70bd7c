"""Kind 5: is_null and not_null of every type; of values and points see their kinds."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from criteria.kinds.conftest import Asker, at


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("revenue", "0.00"),
        ("town", "-"),
        ("is_member", False),
        ("born_on", date(1970, 1, 1)),
        ("seen_at", at("2030-01-01")),
    ],
)
def test_every_type(attribute: str, value: Any, asker: Asker) -> None:
    # an account without a row where the attribute is kept, and one with another value there
    asker.fill({"known": {attribute: value}, "no row": {}, "null": {"budget": 1}})
    assert asker.ask(f"{attribute}: {{not_null: true}}") == {"known"}
    assert asker.ask(f"{attribute}: {{is_null: true}}") == {"no row", "null"}


def test_columns_of_one_row(asker: Asker) -> None:
    asker.fill(
        ["known", "null", "none"],
        [
            {
                "account_id": "known",
                "event_name": "purchase",
                "occurred_at": at("2025-12-01"),
                "amount": 0,
            },
            {"account_id": "null", "event_name": "purchase", "occurred_at": at("2025-12-01")},
        ],
    )
    rule = "event: {name: purchase, where: {amount: {%s: true}}}"
    assert asker.ask(rule % "not_null") == {"known"}
    assert asker.ask(rule % "is_null") == {"null"}
