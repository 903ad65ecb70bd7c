"""Kind 35: an expression of SQL; NULL is false, and it cannot leave its brackets."""

from __future__ import annotations

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
    ("rule", "parts"),
    [
        ("sql: {expression: 'revenue > 1) or (1 = 1', reason: x}", ["sql.expression", "brackets"]),
        ("sql: {expression: '1 = 1; drop table x', reason: x}", ["sql.expression", "';'"]),
        ("sql: {expression: 'true -- x', reason: x}", ["sql.expression", "'--'"]),
        ("sql: {expression: 'true /* x', reason: x}", ["sql.expression", "'/*'"]),
        ('sql: {expression: "town = \'", reason: x}', ["sql.expression", "quotes"]),
        ("sql: {expression: $$, reason: x}", ["sql.expression", "'$$'"]),
        # to an engine the apostrophes are two texts, and what is between them is none
        (
            "sql: {expression: \"$a$'$a$ = 1), true) or ((1 = $a$'$a$\", reason: x}",
            ["sql.expression", "'$' outside of quotes"],
        ),
        ("sql: {expression: 'true \\', reason: x}", ["sql.expression", "'\\'"]),
        ("sql: {expression: '', reason: x}", ["sql.expression", "no text"]),
    ],
)
def test_what_would_leave_its_brackets_is_refused(
    rule: str, parts: list[str], reader: Asker
) -> None:
    reader.refuses(rule, parts)
