"""The truth about the demo company, for tests. No model may read it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from crm_segmentation.demo.archetypes import TRAIT_NAMES
from crm_segmentation.demo.company import Company
from crm_segmentation.demo.write import as_text, write_csv

Lines = list[list[str]]


def key_lines(company: Company) -> Lines:
    """Every key of every source, whose it is, and what makes that hard to know."""
    by_id = {party.party_id: party for party in company.parties}
    found: dict[tuple[str, str, str], tuple[str, str]] = {}

    def add(source: str, kind: str, key: str, party_id: str, extra: str = "") -> None:
        difficulties = {*by_id[party_id].difficulties, *([extra] if extra else [])}
        if kind != "guest":
            difficulties.discard("unknowable")
        found.setdefault((source, kind, key), (party_id, ";".join(sorted(difficulties))))

    for record in company.registers.accounts:
        add("crm", "account", record.key, record.party.party_id)
    for row in company.tables["crm.contacts"]:
        add("crm", "contact", row["contact_no"], row["party_id"])
    for record in company.registers.leads:
        add("crm", "lead", record.key, record.party.party_id)
    for record in company.registers.customers:
        extra = "unknown_customer" if record.party.presence == "unknown_customer" else ""
        add("erp", "customer", record.key, record.party.party_id, extra)
    for order in company.orders:
        if order.customer_no:
            continue
        party = order.party
        key = order.email.lower() or f"order:{order.order_no}"
        later = "guest_buys_later" if party.presence == "guest_then_customer" else ""
        add("erp", "guest", key, party.party_id, later)
    for visitor_id, party_id in company.device_owners.items():
        add("web", "visitor", visitor_id, party_id)
    return [[*key, *value] for key, value in sorted(found.items())]


def party_lines(company: Company) -> Lines:
    return [
        [
            party.party_id,
            party.kind,
            party.presence,
            party.archetype,
            party.archetype_before if party.archetype_before != party.archetype else "",
            party.lifecycle,
            *(map(str, party.traits.values()) if party.traits else [""] * len(TRAIT_NAMES)),
        ]
        for party in company.parties
    ]


def case_lines(company: Company) -> Iterator[list[str]]:
    """Labelled orders: late, cancelled, without a rate, not yet visible."""
    for order in company.orders:
        for name in sorted(order.labels):
            yield [name, "erp.orders", order.order_no]
        if "missing_rate" in order.labels:
            for position in range(1, len(order.lines) + 1):
                yield ["missing_rate", "erp.order_lines", f"{order.order_no}-{position}"]


def write_truth(folder: Path, company: Company) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(
        folder / "keys.csv",
        ("source", "record_type", "record_key", "party_id", "difficulties"),
        key_lines(company),
    )
    write_csv(
        folder / "parties.csv",
        (
            *("party_id", "kind", "presence", "archetype", "archetype_before", "lifecycle"),
            *TRAIT_NAMES,
        ),
        party_lines(company),
    )
    write_csv(folder / "cases.csv", ("case", "raw_table", "record_key"), list(case_lines(company)))
    write_csv(
        folder / "experiment.csv",
        ("account_no", "party_id", "arm", "is_caused", "orders_anyway"),
        [
            [
                one.account_no,
                one.party_id,
                one.arm,
                as_text(one.is_caused).lower(),
                as_text(one.orders_anyway).lower(),
            ]
            for one in company.participants
        ],
    )
    write_csv(
        folder / "bad_rows.csv",
        ("raw_table", "row_number", "record_key", "loaded_at", "reason"),
        [
            [bad.table, str(bad.row_number), bad.key, as_text(bad.loaded_at), bad.reason]
            for bad in company.bad_rows
        ],
    )
