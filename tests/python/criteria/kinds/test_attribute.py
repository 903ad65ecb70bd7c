"""Kind 15: an attribute, or a column, against another of one type."""

from __future__ import annotations

from datetime import date

import pytest

from criteria.kinds.conftest import Asker, event

MONEY = {
    "more": {"revenue": "10.01", "budget": "10.00"},
    "same": {"revenue": "10.00", "budget": "10.00"},
    "less": {"revenue": "9.99", "budget": "10.00"},
    "no left": {"budget": "10.00"},
    "no right": {"revenue": "10.00"},
    "neither": {},
}


@pytest.mark.parametrize(
    ("operator", "wanted"),
    [
        ("eq_attribute", {"same"}),
        ("neq_attribute", {"more", "less", "no left", "no right", "neither"}),
        ("gt_attribute", {"more"}),
        ("gte_attribute", {"more", "same"}),
        ("lt_attribute", {"less"}),
        ("lte_attribute", {"less", "same"}),
    ],
)
def test_edges_and_unknown(operator: str, wanted: set[str], asker: Asker) -> None:
    asker.fill(MONEY)
    assert asker.ask(f"revenue: {{{operator}: budget}}") == wanted
    unknown = {"no left", "no right", "neither"}
    assert asker.ask(f"revenue: {{{operator}: budget, nulls: include}}") == wanted | unknown
    assert asker.ask(f"revenue: {{{operator}: budget, nulls: exclude}}") == wanted - unknown


def test_text_is_folded_unless_case_matters(asker: Asker) -> None:
    asker.fill(
        {
            "alike": {"town": "ULM", "birthplace": "Ulm"},
            "accent": {"town": "Orleans", "birthplace": "Orléans"},
            "same": {"town": "Ulm", "birthplace": "Ulm"},
        }
    )
    assert asker.ask("town: {eq_attribute: birthplace}") == {"alike", "same"}
    assert asker.ask("town: {eq_attribute: birthplace, case_sensitive: true}") == {"same"}
    assert asker.ask("town: {neq_attribute: birthplace}") == {"accent"}


def test_booleans_dates_and_another_model(asker: Asker) -> None:
    asker.fill(
        {
            "both": {"is_member": True, "is_lead": True, "revenue": 7, "score": 7},
            "neither": {"is_member": False, "is_lead": False, "score": 7},
            "one": {"is_member": True, "is_lead": False, "revenue": 7},
            "unknown": {"is_member": False},
            "later": {"opened_on": date(2026, 1, 2), "born_on": date(2026, 1, 1)},
        }
    )
    assert asker.ask("is_member: {eq_attribute: is_lead}") == {"both", "neither"}
    assert asker.ask("is_member: {neq_attribute: is_lead}") == {"one", "unknown", "later"}
    assert asker.ask("revenue: {eq_attribute: score}") == {"both"}
    assert asker.ask("opened_on: {gt_attribute: born_on}") == {"later"}


def test_columns_of_one_row(asker: Asker) -> None:
    asker.fill(
        ["match", "two rows", "unknown"],
        [
            event("match", "purchase", "2025-12-01", category="A", channel="a"),
            event("two rows", "purchase", "2025-12-01", category="a", channel="b"),
            event("two rows", "purchase", "2025-12-02", category="b", channel="a"),
            event("unknown", "purchase", "2025-12-02"),
        ],
    )
    rule = "event: {name: purchase, where: {category: {%s: channel}}}"
    assert asker.ask(rule % "eq_attribute") == {"match"}
    assert asker.ask(rule % "neq_attribute") == {"two rows", "unknown"}


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("revenue: {gt_attribute: buget}", ["revenue.gt_attribute", "Did you mean 'budget'"]),
        ("revenue: {gt_attribute: town}", ["town is of type text"]),
        ("revenue: {gt_attribute: 5}", ["revenue.gt_attribute", "got 5", "type number"]),
        ("town: {gt_attribute: birthplace}", ["town", "text", "eq_attribute"]),
        ("is_member: {lt_attribute: is_lead}", ["is_member", "eq_attribute"]),
        ("place: {eq_attribute: place}", ["place", "point"]),
        (
            "event: {name: purchase, where: {amount: {gt_attribute: revenue}}}",
            ["event.where.amount.gt_attribute", "a column of event 'purchase'", "size"],
        ),
    ],
)
def test_errors(rule: str, parts: list[str], reader: Asker) -> None:
    reader.refuses(rule, parts)
