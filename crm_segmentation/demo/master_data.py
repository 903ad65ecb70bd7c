"""Rows of the customer registers, as each source spells them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from crm_segmentation.demo.chance import Chance
from crm_segmentation.demo.clock import LAST_DELIVERED, next_load
from crm_segmentation.demo.people import Party, plain
from crm_segmentation.demo.registers import Record, Registers
from crm_segmentation.demo.words import (
    FIRST_NAMES,
    INDUSTRIES,
    LANGUAGES,
    LAST_NAMES,
    OWNERS,
    ROLES,
)

Row = dict[str, Any]

BLANKS = ("", "", "", " ", "  ")
EMPLOYEES = {"key_account": 900, "maintenance": 180, "project": 140, "online_regular": 60}
TIERS = {"key_account": "A", "maintenance": "B", "project": "B", "online_regular": "C"}
LEAD_SOURCES = ("fair", "web form", "referral", "cold call")


def maybe(chance: Chance, value: Any, probability: float) -> Any:
    """The value, or the nothing that clerks leave: mostly empty, sometimes spaces."""
    return value if chance.happens(probability) else chance.pick(BLANKS)


def spell_phone(chance: Chance, phone: str) -> str:
    """One number, as many ways to write it as there are clerks."""
    digits = phone.replace(" ", "")
    return chance.weighted(
        {
            phone: 0.6,
            digits: 0.15,
            "00" + digits[1:]: 0.15,
            f"{phone.split(' ')[0]} (0) {phone.split(' ', 1)[1]}": 0.1,
        }
    )


def spell_name(chance: Chance, party: Party, name: str) -> str:
    """The name in the ERP: most often as in the CRM."""
    if party.kind == "person" and chance.happens(0.12):
        first_name, _, last_name = name.rpartition(" ")
        return f"{last_name}, {first_name}"
    if chance.happens(0.12):
        return name.upper()
    if chance.happens(0.08):
        return name.replace("GmbH & Co. KG", "GmbH u. Co. KG").replace("S.r.l.", "Srl")
    return name


def account_row(chance: Chance, record: Record) -> Row:
    party, face = record.party, record.face
    is_company = party.kind == "company"
    place = face.address.place
    staff = max(3, round(EMPLOYEES.get(party.archetype, 40) * 2 ** chance.normal(0, 1)))
    shows_place = chance.happens(0.2)
    return {
        "account_no": record.key,
        "type": party.kind,
        "name": face.name if is_company else "",
        "first_name": face.first_name,
        "last_name": face.last_name,
        "birth_date": "" if is_company else maybe(chance, face.birth_date, 0.75),
        "gender": party.gender,
        "email": face.email,
        "phone": maybe(chance, spell_phone(chance, face.phone), 0.78),
        "website": face.email.split("@")[1] if is_company and chance.happens(0.12) else "",
        "street": maybe(chance, face.address.street, 0.95),
        "postal_code": place.postal_code,
        "city": place.city,
        "region": maybe(chance, place.region, 0.25),
        "country": maybe(chance, place.country, 0.98),
        "latitude": f"{face.address.latitude:.3f}" if shows_place else "",
        "longitude": f"{face.address.longitude:.3f}" if shows_place else "",
        "tax_id": face.tax_id,
        "industry": maybe(chance, INDUSTRIES[party.craft], 0.92) if is_company else "",
        "employees": maybe(chance, staff, 0.85) if is_company else "",
        "annual_revenue": maybe(chance, f"{staff * 180_000}.00", 0.35) if is_company else "",
        "tier": maybe(chance, TIERS.get(party.archetype, "C"), 0.9) if is_company else "",
        "owner_name": chance.pick(OWNERS) if is_company else "",
        "language": maybe(chance, LANGUAGES.get(place.country, "en"), 0.9),
        "household_id": party.household_id,
        "partner": ("true" if chance.happens(0.06) else "false") if is_company else "",
        "parent_account_no": "",
        "merged_into": "",
        "erp_customer_no": "",
        "created_at": record.created_at,
        "_loaded_at": next_load(record.created_at),
    }


def customer_row(chance: Chance, record: Record) -> Row:
    party, face = record.party, record.face
    place = face.address.place
    return {
        "customer_no": record.key,
        "name": spell_name(chance, party, face.name),
        "email": face.email,
        "phone": maybe(chance, spell_phone(chance, face.phone), 0.62),
        "street": maybe(chance, face.address.street, 0.95),
        "postal_code": place.postal_code,
        "city": place.city,
        "country": place.country,
        "tax_id": face.tax_id,
        "customer_group": "B2B" if party.kind == "company" else "B2C",
        "credit_limit": f"{chance.whole(1, 40) * 500}.00" if party.kind == "company" else "",
        "currency": party.currency,
        "crm_account_no": "",
        "created_at": record.created_at,
        "_loaded_at": next_load(record.created_at),
    }


def lead_row(chance: Chance, record: Record, account_no: str) -> Row:
    party, face = record.party, record.face
    first_name, last_name = face.first_name, face.last_name
    if party.kind == "company":
        first_name, last_name = chance.pick(FIRST_NAMES["f"]), chance.pick(LAST_NAMES)
    status = "converted" if account_no else chance.pick(("new", "working", "nurturing", "lost"))
    return {
        "lead_no": record.key,
        "first_name": first_name,
        "last_name": last_name,
        "company": face.name if party.kind == "company" else "",
        "email": face.email,
        "phone": maybe(chance, spell_phone(chance, face.phone), 0.5),
        "country": maybe(chance, party.country, 0.9),
        "status": status,
        "lead_source": chance.pick(LEAD_SOURCES),
        "converted_account_no": account_no,
        "created_at": record.created_at,
        "_loaded_at": next_load(record.created_at),
    }


def cross_refer(chance: Chance, party: Party, accounts: list[Row], customers: list[Row]) -> None:
    """Write the other source's key into CRM, ERP, both or neither.

    Where mailbox or address say too little, one of the two always knows the other.
    """
    weights = {"crm": 0.45, "erp": 0.15, "both": 0.15, "neither": 0.25}
    if party.difficulties & {"shared_mailbox", "merged"}:
        weights["neither"] = 0.0
    for account, customer in zip(accounts, customers, strict=False):
        side = chance.weighted(weights)
        if side in ("crm", "both"):
            account["erp_customer_no"] = customer["customer_no"]
        if side in ("erp", "both"):
            customer["crm_account_no"] = account["account_no"]
        if side != "neither" and not party.difficulties and chance.happens(0.12):
            account["email"] = chance.pick(BLANKS)


def contact_rows(seed: int, registers: Registers) -> list[Row]:
    """People who speak for companies. Some companies buy by the contact's mailbox."""
    rows: list[Row] = []
    for record in registers.accounts:
        party = record.party
        chance = Chance(seed, "contacts", record.key)
        if party.kind != "company" or record.is_second or not chance.happens(0.36):
            continue
        host = record.face.email.split("@")[1]
        for position in range(chance.weighted({1: 0.75, 2: 0.25})):
            gender = chance.pick(("f", "m"))
            first_name, last_name = chance.pick(FIRST_NAMES[gender]), chance.pick(LAST_NAMES)
            email = f"{plain(first_name)}.{plain(last_name)}@{host}"
            if host.startswith("gewerbepark"):
                email = record.face.email
            created_at = min(
                record.created_at + timedelta(days=chance.whole(0, 200)),
                LAST_DELIVERED - timedelta(days=11),
            )
            birth_date = date(1955, 1, 1) + timedelta(days=chance.whole(0, 365 * 45))
            rows.append(
                {
                    "account_no": record.key,
                    "first_name": first_name,
                    "last_name": last_name,
                    "email": maybe(chance, email, 0.92),
                    "phone": maybe(chance, spell_phone(chance, record.face.phone), 0.3),
                    "role": maybe(chance, chance.pick(ROLES), 0.85),
                    "is_primary": "true" if position == 0 else "false",
                    "birth_date": birth_date if chance.happens(0.2) else "",
                    "created_at": created_at,
                    "_loaded_at": next_load(created_at),
                    "party_id": party.party_id,
                }
            )
    for record in registers.customers:
        # known to purchasing only: the contact points to no CRM account
        chance = Chance(seed, "contacts", record.key)
        if record.party.presence == "erp_only" and record.party.kind == "company":
            if record.is_second or not chance.happens(0.3):
                continue
            rows.append(
                {
                    "account_no": "",
                    "first_name": chance.pick(FIRST_NAMES["m"]),
                    "last_name": chance.pick(LAST_NAMES),
                    "email": record.face.email,
                    "phone": "",
                    "role": "purchasing",
                    "is_primary": "false",
                    "birth_date": "",
                    "created_at": record.created_at,
                    "_loaded_at": next_load(record.created_at),
                    "party_id": record.party.party_id,
                }
            )
    rows.sort(key=lambda row: (row["created_at"], row["party_id"], row["last_name"]))
    for position, row in enumerate(rows, start=1):
        row["contact_no"] = f"K{position:04d}"
    return rows


def customer_tables(seed: int, registers: Registers) -> dict[str, list[Row]]:
    """CRM accounts, contacts and leads, and ERP customers, with their cross references."""
    accounts = {
        record.key: account_row(Chance(seed, "account", record.key), record)
        for record in registers.accounts
    }
    customers = {
        record.key: customer_row(Chance(seed, "customer", record.key), record)
        for record in registers.customers
    }
    for party_id, records in registers.accounts_of.items():
        party = records[0].party
        cross_refer(
            Chance(seed, "cross references", party_id),
            party,
            [accounts[record.key] for record in records],
            [customers[record.key] for record in registers.customers_of.get(party_id, [])],
        )
        if "merged" in party.difficulties:
            merge_account(seed, accounts[records[0].key], accounts[records[1].key])
    join_parents(Chance(seed, "parents"), list(accounts.values()))
    leads = []
    for record in registers.leads:
        chance = Chance(seed, "lead", record.key)
        known = registers.accounts_of.get(record.party.party_id, [])
        account_no = known[0].key if known and chance.happens(0.7) else ""
        leads.append(lead_row(chance, record, account_no))
    for customer_no in [
        record.key for record in registers.customers if record.party.presence == "unknown_customer"
    ]:
        # the ERP sells to them before anyone has told it who they are
        del customers[customer_no]
    return {
        "crm.accounts": list(accounts.values()),
        "crm.contacts": contact_rows(seed, registers),
        "crm.leads": leads,
        "erp.customers": list(customers.values()),
    }


def merge_account(seed: int, survivor: Row, merged: Row) -> None:
    chance = Chance(seed, "merge", merged["account_no"])
    merged["merged_into"] = survivor["account_no"]
    latest = LAST_DELIVERED - timedelta(days=30)
    merged["_loaded_at"] = next_load(
        min(survivor["created_at"] + timedelta(days=chance.whole(100, 600)), latest)
    )


def join_parents(chance: Chance, accounts: list[Row]) -> None:
    """Some companies belong to a larger one; they stay accounts of their own."""
    companies = [row for row in accounts if row["type"] == "company" and not row["merged_into"]]
    parents = companies[: max(1, len(companies) // 40)]
    for row in chance.some(companies[len(parents) :], len(companies) // 12):
        row["parent_account_no"] = chance.pick(parents)["account_no"]
