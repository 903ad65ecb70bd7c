"""The demo company from its seed: all raw tables, and the truth about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crm_segmentation.demo.bad_rows import BadRow, add_bad_rows
from crm_segmentation.demo.campaigns import Participant, campaign_tables, experiment
from crm_segmentation.demo.clock import history
from crm_segmentation.demo.hard_cases import entangle
from crm_segmentation.demo.master_data import customer_tables
from crm_segmentation.demo.people import Party, make_parties
from crm_segmentation.demo.registers import Registers, register
from crm_segmentation.demo.relations import relation_tables
from crm_segmentation.demo.sales import Order, number_orders, sales_tables, sell
from crm_segmentation.demo.schema import TABLES
from crm_segmentation.demo.web import web_table

Row = dict[str, Any]


@dataclass(frozen=True)
class Company:
    """Everything that was made; `tables` is all that the sources deliver of it."""

    tables: dict[str, list[Row]]
    parties: list[Party]
    registers: Registers
    orders: list[Order]
    participants: list[Participant]
    device_owners: dict[str, str]
    bad_rows: list[BadRow]


def make_company(seed: int, accounts: int, years: int) -> Company:
    span = history(years)
    parties = make_parties(seed, accounts, span)
    entangle(seed, parties)
    registers = register(seed, parties, span)
    own_orders = sell(seed, registers, parties, span)
    participants, caused = experiment(seed, registers, own_orders)
    orders = number_orders(seed, [*own_orders, *caused])
    events, device_owners = web_table(seed, registers, parties, span)
    made = {
        **customer_tables(seed, registers),
        **relation_tables(seed, registers, span),
        **campaign_tables(seed, registers, participants),
        **sales_tables(seed, orders, span),
        "web.events": events,
    }
    tables = {table: made[table] for table in TABLES}
    bad_rows = add_bad_rows(seed, tables)
    return Company(tables, parties, registers, orders, participants, device_owners, bad_rows)
