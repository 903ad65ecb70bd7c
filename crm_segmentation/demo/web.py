"""What visitors do on the web site and in the portal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from crm_segmentation.demo.chance import Chance
from crm_segmentation.demo.clock import (
    AS_OF,
    LAST_DELIVERED,
    Span,
    next_load,
    seasonal_moment,
)
from crm_segmentation.demo.people import Party
from crm_segmentation.demo.registers import Registers
from crm_segmentation.demo.sales import TIMING, buying_span, catalog

Row = dict[str, Any]

FOLLOW_UPS = {"visit": 0.35, "product_view": 0.4, "checkout": 0.09, "quote": 0.08, "leave": 0.08}


def event(visitor_id: str, name: str, **values: Any) -> Row:
    return {"visitor_id": visitor_id, "event_name": name, **values}


def session_rows(
    chance: Chance, party: Party, visitor_id: str, email: str, customer_no: str, span: Span
) -> list[Row]:
    """One session: who logs in is known by it, the rest of it is not."""
    lean = TIMING[party.lifecycle][0] if party.lifecycle in TIMING else 1.0
    start = seasonal_moment(chance, span, lean)
    logs_in = bool(email or customer_no) and chance.happens(0.6)
    rows = []
    name = "portal_login" if logs_in and customer_no else "visit"
    who = {"user_email": email, "customer_no": customer_no} if logs_in else {}
    rows.append(event(visitor_id, name, occurred_at=start, url="" if who else "/", **who))
    if chance.happens(0.28):
        step = chance.weighted(FOLLOW_UPS)
        later = start + timedelta(minutes=chance.whole(1, 50))
        product = chance.pick(catalog()).product_no
        if step == "checkout":
            cart = f"K{chance.whole(10_000, 99_999)}"
            rows.append(
                event(visitor_id, step, occurred_at=later, cart_id=cart, product_no=product, **who)
            )
        elif step != "leave":
            rows.append(event(visitor_id, step, occurred_at=later, product_no=product, **who))
    return rows


def visitor_rows(
    chance: Chance, registers: Registers, party: Party, visitor_ids: Sequence[str], span: Span
) -> list[Row]:
    """All that one party did, on one device or two."""
    known = registers.customers_of.get(party.party_id, [])
    when = span.from_day(party.joined_on)
    if party.traits is None:
        count = chance.weighted({1: 0.8, 2: 0.2})
    else:
        count = party.traits.visits
        when = buying_span(span, party)
    customer_no = known[0].key if known and party.presence != "guest_then_customer" else ""
    email = "" if "shared_mailbox" in party.difficulties else party.face.email
    if customer_no and "changed_email" not in party.difficulties and chance.happens(0.7):
        email = ""
    if party.presence == "visitor_only":
        email = ""
    rows: list[Row] = []
    for position in range(count):
        visitor_id = visitor_ids[position % len(visitor_ids)]
        rows += session_rows(chance, party, visitor_id, email, customer_no, when)
    if party.is_buyer and count and chance.happens(0.05):
        later = Span(AS_OF, AS_OF + timedelta(days=9))
        rows += session_rows(chance, party, visitor_ids[0], email, customer_no, later)
    if not party.is_buyer and rows and chance.happens(0.4):
        signed_up_at = rows[0]["occurred_at"] + timedelta(minutes=chance.whole(1, 9))
        rows.append(
            event(
                visitor_ids[0],
                "newsletter_signup",
                occurred_at=signed_up_at,
                user_email=party.face.email,
                url="/newsletter",
            )
        )
    for visitor_id in visitor_ids:
        mine = [row for row in rows if row["visitor_id"] == visitor_id]
        if mine and (email or customer_no) and not any(row.get("user_email") for row in mine):
            mine[0].update(user_email=email, customer_no=customer_no)
    return rows


def browses(chance: Chance, party: Party) -> bool:
    if party.presence in ("visitor_only", "nameless_guest"):
        return party.presence == "visitor_only"
    if party.traits is not None:
        return party.traits.visits > 0
    return party.face.email != "" and chance.happens(0.22)


def web_table(
    seed: int, registers: Registers, parties: Sequence[Party], span: Span
) -> tuple[list[Row], dict[str, str]]:
    """The events, and whose device each visitor key is."""
    rows: list[Row] = []
    owner: dict[str, str] = {}
    for party in parties:
        chance = Chance(seed, "web", party.party_id)
        if not browses(chance, party):
            continue
        devices = 2 if party.traits and party.traits.visits > 3 and chance.happens(0.4) else 1
        ids = [f"V{len(owner) + position:04d}" for position in range(1, devices + 1)]
        owner.update(dict.fromkeys(ids, party.party_id))
        for row in visitor_rows(chance, registers, party, ids, span):
            row["_loaded_at"] = next_load(row["occurred_at"])
            if chance.happens(0.02):
                late = next_load(row["occurred_at"] + timedelta(days=chance.whole(8, 30)))
                row["_loaded_at"] = min(late, max(LAST_DELIVERED, row["_loaded_at"]))
            rows.append(row)
    rows.sort(key=lambda row: (row["occurred_at"], row["visitor_id"], row["event_name"]))
    for position, row in enumerate(rows, start=1):
        row["event_id"] = f"E{position:04d}"
    return rows, owner
