"""Campaigns, one of them a randomised experiment whose effect is known, order by order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from crm_segmentation.demo.archetypes import Traits
from crm_segmentation.demo.chance import Chance
from crm_segmentation.demo.clock import Span, moment_in, next_load, working_moment
from crm_segmentation.demo.registers import Record, Registers
from crm_segmentation.demo.relations import numbered
from crm_segmentation.demo.sales import Order, catalog, fill_order, order_of

Row = dict[str, Any]


@dataclass(frozen=True)
class Campaign:
    campaign_id: str
    name: str
    channel: str
    purpose: str
    starts_on: date
    days: int
    cost_cents: int
    audience: float

    @property
    def ends_on(self) -> date:
        return self.starts_on + timedelta(days=self.days)


EXPERIMENT = Campaign(
    "CA04", "Autumn check", "email", "offers", date(2025, 9, 15), 30, 450_000, 0.85
)
CAMPAIGNS = (
    Campaign("CA01", "Spring pumps", "email", "newsletter", date(2024, 3, 4), 30, 210_000, 0.08),
    Campaign("CA02", "Filter week", "email", "offers", date(2024, 10, 7), 14, 125_050, 0.06),
    Campaign("CA03", "Portal tour", "phone", "offers", date(2025, 4, 7), 30, 380_000, 0.05),
    EXPERIMENT,
    Campaign("CA05", "Year end", "post", "offers", date(2025, 12, 1), 19, 99_900, 0.05),
    # after the clock: nobody has been contacted yet
    Campaign("CA06", "New year audit", "email", "offers", date(2026, 1, 5), 20, 60_000, 0.04),
)

# Chance that the experiment's mail brings an order that would not have come without it.
LIFT = {"company": 0.16, "person": 0.1}


@dataclass(frozen=True)
class Participant:
    """An account in the experiment, and the orders of its weeks.

    `orders_anyway` is what happens with and without the mail, `is_caused` what the mail adds.
    """

    account_no: str
    party_id: str
    arm: str
    is_caused: bool
    orders_anyway: bool


def experiment(
    seed: int, registers: Registers, orders: Sequence[Order]
) -> tuple[list[Participant], list[Order]]:
    """Draw the arms by a coin and let the treatment cause orders in the campaign's weeks.

    `orders` are those that come by themselves; the caused ones are returned beside the arms.
    """
    participants: list[Participant] = []
    caused: list[Order] = []
    weeks = Span(EXPERIMENT.starts_on + timedelta(days=1), EXPERIMENT.ends_on)
    regular = {
        order.party.party_id
        for order in orders
        if weeks.first <= order.ordered_at.date() < weeks.end
    }
    for record in registers.survivors():
        party = record.party
        chance = Chance(seed, "experiment", record.key)
        is_there = party.is_buyer and record.created_at.date() < EXPERIMENT.starts_on
        if not is_there or not chance.happens(EXPERIMENT.audience):
            continue
        arm = chance.pick(("treatment", "control"))
        is_caused = arm == "treatment" and chance.happens(LIFT[party.kind])
        anyway = party.party_id in regular
        participants.append(Participant(record.key, party.party_id, arm, is_caused, anyway))
        if is_caused and party.traits is not None:
            order = order_of(chance, registers, party, moment_in(chance, weeks), "web")
            modest = Traits(0.0, min(party.traits.log10_basket, 2.6), 0.0, 0.7)
            fill_order(chance, order, catalog(), modest, "Valves")
            order.labels.add("caused")
            caused.append(order)
    return participants, caused


def campaign_rows() -> list[Row]:
    return [
        {
            "campaign_id": campaign.campaign_id,
            "name": campaign.name,
            "channel": campaign.channel,
            "purpose": campaign.purpose,
            "starts_on": campaign.starts_on,
            "ends_on": campaign.ends_on,
            "cost": f"{campaign.cost_cents // 100}.{campaign.cost_cents % 100:02d}",
            "currency": "EUR",
            "_loaded_at": next_load(datetime.combine(campaign.starts_on, datetime.min.time())),
        }
        for campaign in CAMPAIGNS
    ]


def contact_row(chance: Chance, campaign: Campaign, account_no: str, arm: str) -> Row:
    contacted_at = working_moment(chance, campaign.starts_on)
    return {
        "campaign_id": campaign.campaign_id,
        "account_no": account_no,
        "arm": arm,
        "contacted_at": contacted_at,
        "_loaded_at": next_load(contacted_at),
    }


def response_rows(chance: Chance, contact: Row, is_caused: bool) -> list[Row]:
    """Only who was written to can answer."""
    if contact["arm"] == "control":
        return []
    kinds = []
    if is_caused or chance.happens(0.28):
        kinds.append("open")
        if is_caused or chance.happens(0.35):
            kinds.append("click")
        if chance.happens(0.06):
            kinds.append("reply")
    if is_caused:
        kinds.append("order")
    rows = []
    moment = contact["contacted_at"]
    for kind in kinds:
        moment += timedelta(minutes=chance.whole(5, 3000))
        rows.append(
            {
                "campaign_id": contact["campaign_id"],
                "account_no": contact["account_no"],
                "response_type": kind,
                "responded_at": moment,
                "_loaded_at": next_load(moment),
            }
        )
    return rows


def chosen(seed: int, campaign: Campaign, records: Sequence[Record]) -> list[str]:
    return [
        record.key
        for record in records
        if record.created_at.date() < campaign.starts_on
        and Chance(seed, campaign.campaign_id, record.key).happens(campaign.audience)
    ]


def campaign_tables(
    seed: int, registers: Registers, participants: Sequence[Participant]
) -> dict[str, list[Row]]:
    contacts: list[Row] = []
    responses: list[Row] = []
    for campaign in CAMPAIGNS:
        if campaign is EXPERIMENT:
            arms = [(one.account_no, one.arm, one.is_caused) for one in participants]
        else:
            accounts = chosen(seed, campaign, registers.survivors())
            arms = [(account_no, "treatment", False) for account_no in accounts]
        for account_no, arm, is_caused in arms:
            chance = Chance(seed, "contact", campaign.campaign_id, account_no)
            contact = contact_row(chance, campaign, account_no, arm)
            contacts.append(contact)
            responses += response_rows(chance, contact, is_caused)
    return {
        "crm.campaigns": campaign_rows(),
        "crm.campaign_contacts": numbered(
            contacts, "contact_event_id", "M", "contacted_at", "account_no"
        ),
        "crm.campaign_responses": numbered(
            responses, "response_id", "B", "responded_at", "account_no", "response_type"
        ),
    }
