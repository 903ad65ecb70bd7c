"""The customer records of CRM and ERP: which party stands where, under which key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm_segmentation.demo.chance import Chance
from crm_segmentation.demo.clock import LAST_DELIVERED, Span, working_moment
from crm_segmentation.demo.people import Face, Party


@dataclass
class Record:
    """One row of a customer register."""

    party: Party
    face: Face
    created_at: datetime
    is_second: bool = False
    key: str = ""


@dataclass(frozen=True)
class Registers:
    """All records; those of one party with the surviving record first."""

    accounts: list[Record]
    customers: list[Record]
    leads: list[Record]
    accounts_of: dict[str, list[Record]]
    customers_of: dict[str, list[Record]]

    def survivors(self) -> list[Record]:
        """The accounts that stand for themselves: not merged away, no second entry."""
        return [record for record in self.accounts if not record.is_second]


def by_party(records: Sequence[Record]) -> dict[str, list[Record]]:
    grouped: dict[str, list[Record]] = defaultdict(list)
    for record in sorted(records, key=lambda record: record.is_second):
        grouped[record.party.party_id].append(record)
    return grouped


IN_CRM = ("crm_erp", "crm_only")
IN_ERP = ("crm_erp", "erp_only", "guest_then_customer", "unknown_customer")


def number_by_age(records: Iterable[Record], letter: str) -> list[Record]:
    """Records in the order in which they were made, keyed by it."""
    ordered = sorted(records, key=lambda record: (record.created_at, record.party.party_id))
    width = max(4, len(str(len(ordered))))
    for position, record in enumerate(ordered, start=1):
        record.key = f"{letter}{position:0{width}d}"
    return ordered


def register(seed: int, parties: Sequence[Party], span: Span) -> Registers:
    """Give every party its records. The first record of a party is its surviving one."""
    accounts: list[Record] = []
    customers: list[Record] = []
    leads: list[Record] = []
    for party in parties:
        chance = Chance(seed, "registers", party.party_id)
        joined = working_moment(chance, party.joined_on)
        in_crm = party.presence in IN_CRM or (
            party.presence == "guest_then_customer" and chance.happens(0.4)
        )
        latest = LAST_DELIVERED - timedelta(days=12)
        second = min(joined + timedelta(days=chance.whole(60, 420), hours=1), latest)
        if in_crm:
            delay = timedelta(days=chance.whole(0, 12), hours=chance.whole(0, 3))
            accounts.append(Record(party, party.face, min(joined + delay, latest)))
        if party.presence in IN_ERP:
            old = party.faces[1] if "changed_email" in party.difficulties else party.face
            customers.append(Record(party, old, joined))
        if "merged" in party.difficulties:
            accounts.append(Record(party, party.faces[1], joined + timedelta(days=9), True))
            customers.append(Record(party, party.faces[1], joined + timedelta(days=5), True))
        if "erp_duplicate" in party.difficulties:
            customers.append(Record(party, party.faces[1], second, True))
        if "crm_duplicate" in party.difficulties:
            accounts.append(Record(party, party.faces[1], second, True))
        is_converted = in_crm and not party.difficulties and chance.happens(0.07)
        if party.presence == "lead_only" or is_converted:
            before = timedelta(days=chance.whole(3, 60)) if is_converted else timedelta(0)
            leads.append(Record(party, party.face, joined - before))
            if is_converted:
                party.difficulties.add("converted_lead")
    accounts = number_by_age(accounts, "A")
    customers = number_by_age(customers, "C")
    return Registers(
        accounts,
        customers,
        number_by_age(leads, "L"),
        by_party(accounts),
        by_party(customers),
    )
