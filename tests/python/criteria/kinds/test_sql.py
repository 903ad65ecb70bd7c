"""Kind 35: an expression of SQL; NULL is false, and it cannot leave its brackets."""

from __future__ import annotations

import json

import pytest

from criteria.kinds.conftest import Asker


def test_null_is_false_and_its_contrary_true(asker: Asker) -> None:
    asker.fill(
        {
            "below": {"revenue": "10.00", "budget": "10.00"},
            "above": {"revenue": "10.01", "budget": "10.00"},
            "half": {"revenue": "10.01"},
            "none": {},
        }
    )
    # the asker holds each rule to its complement
    assert asker.ask('sql: {expression: "revenue > budget", reason: x}') == {"above"}
    assert asker.ask('sql: {expression: "revenue > 1 or false", reason: x}') == {
        "below",
        "above",
        "half",
    }


@pytest.mark.parametrize(
    "expression",
    ["revenue > 1) or (1 = 1", "1 = 1; drop table x", "true -- x", "true /* x", "town = '", "$$"],
)
def test_what_would_leave_its_brackets_is_refused(expression: str, reader: Asker) -> None:
    message = reader.refusal(f"sql: {{expression: {json.dumps(expression)}, reason: x}}")
    assert "sql.expression" in message, message
