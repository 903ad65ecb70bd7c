"""What the CRM knows beyond the master data: wishes, consents, service, answers, contracts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from crm_segmentation.demo.archetypes import PROSPECT
from crm_segmentation.demo.chance import Chance
from crm_segmentation.demo.clock import AS_OF, LAST_DELIVERED, Span, moment_in, next_load
from crm_segmentation.demo.people import Party
from crm_segmentation.demo.registers import Record, Registers
from crm_segmentation.demo.sales import amount

Row = dict[str, Any]

INTERESTS = ("pumps", "valves", "filters", "sensors", "service", "training")
FREQUENCIES = {"weekly": 0.3, "monthly": 0.45, "never": 0.25}
CONTACT_TIMES = {"morning": 0.5, "afternoon": 0.35, "evening": 0.15}
TOPICS = {"delivery": 0.3, "technical": 0.35, "invoice": 0.2, "complaint": 0.15}
LEVELS = ("high", "medium", "low")
QUESTIONS = ("values_innovation", "price_sensitivity", "values_sustainability")


def since(record: Record, span: Span) -> Span:
    return span.from_day(record.created_at.date() + timedelta(days=1))


def delivered(row: Row, column: str) -> Row:
    row["_loaded_at"] = next_load(row[column])
    return row


def numbered(rows: list[Row], column: str, letter: str, *order: str) -> list[Row]:
    """Rows in order, with a key of letter and number in front."""
    rows.sort(key=lambda row: tuple(str(row[name]) for name in order))
    width = max(3, len(str(len(rows))))
    for position, row in enumerate(rows, start=1):
        row[column] = f"{letter}{position:0{width}d}"
    return rows


def marketing_attribute_rows(seed: int, registers: Registers, span: Span) -> list[Row]:
    rows: list[Row] = []
    for record in registers.accounts:
        chance = Chance(seed, "marketing attributes", record.key)
        values: list[tuple[str, str]] = []
        if chance.happens(0.35):
            values.append(("newsletter_frequency", chance.weighted(FREQUENCIES)))
        if chance.happens(0.14):
            values.append(("preferred_contact_time", chance.weighted(CONTACT_TIMES)))
        if chance.happens(0.26):
            chosen = chance.some(INTERESTS, chance.weighted({1: 0.5, 2: 0.35, 3: 0.15}))
            values += [("interests", interest) for interest in chosen]
        for attribute, value in values:
            rows.append(
                delivered(
                    {
                        "account_no": record.key,
                        "attribute": attribute,
                        "value": value,
                        "updated_at": moment_in(chance, since(record, span)),
                    },
                    "updated_at",
                )
            )
    return rows


def consent_rows(seed: int, registers: Registers, span: Span) -> list[Row]:
    """Consent belongs to a contact point and a purpose; some take it back, some twice."""
    rows: list[Row] = []
    for record in registers.accounts:
        chance = Chance(seed, "consents", record.key)
        points = [("email", record.face.email, "newsletter", 0.38)]
        points.append(("email", record.face.email, "offers", 0.09))
        points.append(("phone", record.face.phone, "offers", 0.06))
        for channel, point, purpose, share in points:
            if not chance.happens(share):
                continue
            granted_at = moment_in(chance, since(record, span))
            base = {
                "channel": channel,
                "contact_point": point,
                "account_no": record.key,
                "purpose": purpose,
            }
            expires = granted_at + timedelta(days=730) if chance.happens(0.1) else ""
            rows.append(
                {**base, "status": "granted", "occurred_at": granted_at, "expires_at": expires}
            )
            later = granted_at + timedelta(days=chance.whole(5, 400))
            if chance.happens(0.28) and later < LAST_DELIVERED - timedelta(days=1):
                rows.append({**base, "status": "withdrawn", "occurred_at": later})
                again = later + timedelta(days=chance.whole(5, 200))
                if chance.happens(0.2) and again < LAST_DELIVERED - timedelta(days=1):
                    rows.append({**base, "status": "granted", "occurred_at": again})
    for row in rows:
        delivered(row, "occurred_at")
    return numbered(rows, "consent_id", "CO", "occurred_at", "account_no", "channel", "purpose")


def suppression_rows(seed: int, registers: Registers, span: Span) -> list[Row]:
    rows: list[Row] = []
    for record in registers.accounts:
        chance = Chance(seed, "suppressions", record.key)
        if not chance.happens(0.05):
            continue
        channel = chance.weighted({"email": 0.8, "phone": 0.2})
        reasons = {"hard_bounce": 0.5, "complaint": 0.2, "request": 0.3}
        rows.append(
            delivered(
                {
                    "channel": channel,
                    "contact_point": getattr(record.face, channel),
                    "reason": chance.weighted(reasons) if channel == "email" else "request",
                    "occurred_at": moment_in(chance, since(record, span)),
                },
                "occurred_at",
            )
        )
    return numbered(rows, "suppression_id", "SU", "occurred_at", "contact_point")


def service_rows(seed: int, registers: Registers, span: Span) -> list[Row]:
    rows: list[Row] = []
    for record in registers.accounts:
        party = record.party
        chance = Chance(seed, "service", record.key)
        if party.archetype == PROSPECT or not chance.happens(0.22):
            continue
        for _ in range(chance.weighted({1: 0.6, 2: 0.3, 4: 0.1})):
            opened_at = moment_in(chance, since(record, span))
            closed_at = opened_at + timedelta(hours=chance.whole(2, 300))
            is_closed = closed_at < datetime(2025, 12, 30)
            row = {
                "account_no": record.key,
                "channel": chance.pick(("phone", "email", "portal")),
                "topic": chance.weighted(TOPICS),
                "priority": chance.pick(("low", "normal", "high")),
                "status": "closed" if is_closed else "open",
                "opened_at": opened_at,
                "closed_at": closed_at if is_closed else "",
                "_loaded_at": next_load(closed_at if is_closed else opened_at),
            }
            rows.append(row)
    return numbered(rows, "interaction_id", "T", "opened_at", "account_no")


def lean_answer(chance: Chance, party: Party, question: str) -> str:
    """Answers follow the archetype, loosely."""
    likely = {
        "key_account": ("high", "low", "medium"),
        "project": ("high", "medium", "medium"),
        "maintenance": ("low", "medium", "high"),
        "online_regular": ("medium", "high", "medium"),
        "occasional": ("low", "high", "low"),
    }.get(party.archetype, ("medium", "medium", "medium"))
    answer = likely[QUESTIONS.index(question)]
    return answer if chance.happens(0.6) else chance.pick(LEVELS)


def survey_rows(seed: int, registers: Registers, span: Span) -> list[Row]:
    """A survey a year; who answers both years may have changed his mind."""
    rows: list[Row] = []
    for record in registers.accounts:
        chance = Chance(seed, "survey", record.key)
        for year in range(span.first.year, span.end.year):
            answered = Span(date(year, 5, 1), date(year, 6, 15))
            share = 0.08 if record.party.archetype == PROSPECT else 0.13
            if record.created_at.date() >= answered.first or not chance.happens(share):
                continue
            moment = moment_in(chance, answered)
            for question in QUESTIONS:
                answer = lean_answer(chance, record.party, question)
                rows.append(
                    delivered(
                        {
                            "survey": f"S{year}",
                            "account_no": record.key,
                            "question": question,
                            "answer": answer if chance.happens(0.94) else "",
                            "answered_at": moment,
                        },
                        "answered_at",
                    )
                )
    return numbered(rows, "answer_id", "Q", "answered_at", "account_no", "question")


def feedback_rows(seed: int, registers: Registers, span: Span) -> list[Row]:
    happy = {"steady": 8, "growing": 9, "declining": 5, "dormant": 5, "new": 8}
    rows: list[Row] = []
    for record in registers.accounts:
        chance = Chance(seed, "feedback", record.key)
        if record.party.archetype == PROSPECT or not chance.happens(0.35):
            continue
        for _ in range(chance.weighted({1: 0.7, 2: 0.3})):
            mean = happy.get(record.party.lifecycle, 7)
            kind = chance.pick(("nps", "csat"))
            score = min(10, max(0, round(chance.normal(mean, 1.8))))
            rows.append(
                delivered(
                    {
                        "account_no": record.key,
                        "kind": kind,
                        "score": score if kind == "nps" else 1 + round(score * 0.4),
                        "given_at": moment_in(chance, since(record, span)),
                    },
                    "given_at",
                )
            )
    return numbered(rows, "feedback_id", "F", "given_at", "account_no")


def contract_rows(seed: int, registers: Registers, span: Span) -> list[Row]:
    """Service contracts of companies, renewed year by year; many fall due soon after the clock."""
    rows: list[Row] = []
    for record in registers.accounts:
        party = record.party
        chance = Chance(seed, "contract", record.key)
        share = {"key_account": 0.75, "maintenance": 0.55, "project": 0.3}.get(party.archetype, 0.0)
        if party.kind != "company" or not chance.happens(share):
            continue
        starts_on = record.created_at.date() + timedelta(days=chance.whole(5, 90))
        starts_on = min(starts_on, AS_OF - timedelta(days=30))
        renews_on = date(AS_OF.year, chance.weighted({1: 4, 2: 4, 4: 2, 7: 2, 10: 2}), 1)
        renews_on += timedelta(days=chance.whole(0, 27))
        is_cancelled = chance.happens(0.14)
        ends_on = AS_OF - timedelta(days=chance.whole(-90, 200))
        status = "active"
        if is_cancelled:
            status = "terminated" if ends_on <= AS_OF else "cancelled"
        rows.append(
            {
                "account_no": record.key,
                "contract_type": chance.pick(("service", "maintenance", "framework")),
                "starts_on": starts_on,
                "renews_on": "" if is_cancelled else renews_on,
                "ends_on": ends_on if is_cancelled else "",
                "annual_amount": amount(chance.whole(4, 120) * 25_000),
                "currency": party.currency,
                "status": status,
                "_loaded_at": next_load(datetime.combine(starts_on, time(9))),
            }
        )
    return numbered(rows, "contract_id", "V", "starts_on", "account_no")


BUILDERS: dict[str, Callable[[int, Registers, Span], list[Row]]] = {
    "crm.marketing_attributes": marketing_attribute_rows,
    "crm.consents": consent_rows,
    "crm.suppressions": suppression_rows,
    "crm.service_interactions": service_rows,
    "crm.survey_answers": survey_rows,
    "crm.feedback_scores": feedback_rows,
    "crm.contracts": contract_rows,
}


def relation_tables(seed: int, registers: Registers, span: Span) -> dict[str, list[Row]]:
    return {table: build(seed, registers, span) for table, build in BUILDERS.items()}
