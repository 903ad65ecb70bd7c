"""A small company of hard cases, as raw text tables in a database of its own.

The day is 2026-01-01 in Berlin, whose first instant is 2025-12-31 23:00 UTC. Each customer is one
case; names, e-mails and phones differ, so nobody is merged with anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

COLUMNS = {
    "crm.accounts": (
        "account_no type name first_name last_name birth_date gender email phone website street"
        " postal_code city region country latitude longitude tax_id industry employees"
        " annual_revenue tier owner_name language household_id partner parent_account_no"
        " merged_into erp_customer_no created_at"
    ),
    "crm.contracts": (
        "contract_id account_no contract_type starts_on renews_on ends_on annual_amount currency"
        " status"
    ),
    "crm.campaigns": "campaign_id name channel purpose starts_on ends_on cost currency",
    "crm.campaign_contacts": "contact_event_id campaign_id account_no arm contacted_at",
    "erp.customers": (
        "customer_no name email phone street postal_code city country tax_id customer_group"
        " credit_limit currency crm_account_no created_at"
    ),
    "erp.orders": "order_no customer_no email ordered_at status cancelled_at channel currency",
    "erp.order_lines": "line_id order_no product_no quantity net_amount cost",
    "erp.returns": "return_id order_no line_id quantity net_amount returned_at reason",
    "erp.products": "product_no name category subcategory unit_price currency",
    "erp.exchange_rates": "from_currency to_currency rate_date rate",
    "web.events": (
        "event_id visitor_id user_email customer_no event_name product_no cart_id url occurred_at"
    ),
}
# tables that this company does not have
ABSENT = [
    "crm.contacts",
    "crm.leads",
    "crm.marketing_attributes",
    "crm.consents",
    "crm.suppressions",
    "crm.campaign_responses",
    "crm.service_interactions",
    "crm.survey_answers",
    "crm.feedback_scores",
]
LOADED = "2026-01-01 06:00:00"
CUSTOMERS = [
    "boundary",
    "ties",
    "empty",
    "cancelled",
    "returner",
    "drifter",
    "dollars",
    "pounds",
    "unpriced",
    "swiss",
    "negative",
    "halves",
    "dst",
    "future",
    "vip",
    "nearly_vip",
    "slipper",
    "asleep",
    "awake",
]


class Raw:
    """Raw rows by table; every value is text or None."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, str | None]]] = {name: [] for name in COLUMNS}

    def add(self, table: str, **values: str | int | float | None) -> None:
        unknown = values.keys() - {*COLUMNS[table].split(), "_loaded_at"}
        assert not unknown, unknown
        row: dict[str, str | None] = dict.fromkeys(COLUMNS[table].split())
        row["_loaded_at"] = LOADED
        row |= {name: None if value is None else str(value) for name, value in values.items()}
        self.rows[table].append(row)

    def order(
        self,
        customer: str | None,
        number: str,
        at: str,
        *lines: tuple[str | None, float | str, float | str, float | str | None],
        currency: str = "EUR",
        cancelled_at: str | None = None,
        email: str | None = None,
        channel: str = "web",
        loaded_at: str = LOADED,
    ) -> None:
        """An order with lines of product, quantity, net amount and cost."""
        self.add(
            "erp.orders",
            order_no=number,
            customer_no=customer,
            email=email,
            ordered_at=at,
            cancelled_at=cancelled_at,
            channel=channel,
            currency=currency,
            _loaded_at=loaded_at,
        )
        for position, (product, quantity, net_amount, cost) in enumerate(lines, start=1):
            self.add(
                "erp.order_lines",
                line_id=f"{number}-{position}",
                order_no=number,
                product_no=product,
                quantity=quantity,
                net_amount=net_amount,
                cost=cost,
                _loaded_at=loaded_at,
            )

    def give_back(
        self,
        number: str,
        at: str,
        quantity: float | str,
        net_amount: float | str,
        order: str | None = None,
        line: str | None = None,
        loaded_at: str = LOADED,
    ) -> None:
        self.add(
            "erp.returns",
            return_id=number,
            order_no=order,
            line_id=line,
            quantity=quantity,
            net_amount=net_amount,
            returned_at=at,
            reason="broken",
            _loaded_at=loaded_at,
        )

    def visit(
        self, number: str, customer: str, at: str, name: str = "visit", loaded_at: str = LOADED
    ) -> None:
        self.add(
            "web.events",
            event_id=number,
            visitor_id=f"browser-of-{customer}",
            customer_no=customer,
            event_name=name,
            occurred_at=at,
            _loaded_at=loaded_at,
        )

    def write(self, database: Path) -> None:
        """Replace the raw tables in the database."""
        with duckdb.connect(str(database)) as connection:
            for table, rows in self.rows.items():
                names = [*COLUMNS[table].split(), "_loaded_at"]
                connection.execute(f"create schema if not exists {table.split('.')[0]}")
                connection.execute(
                    f"create or replace table {table} ("
                    + ", ".join(f"{name} varchar" for name in names)
                    + ")"
                )
                if rows:
                    connection.executemany(
                        f"insert into {table} values ({', '.join('?' * len(names))})",
                        [[row[name] for name in names] for row in rows],
                    )


def account_ids(connection: duckdb.DuckDBPyConnection) -> Mapping[str, str]:
    """The account of each ERP customer."""
    (schema,) = connection.execute(
        "select table_schema from information_schema.tables where table_name = 'int_account_keys'"
    ).fetchone() or ("missing",)
    return dict(
        connection.execute(
            f"select record_key, account_id from {schema}.int_account_keys"
            " where source = 'erp' and record_type in ('customer', 'guest')"
        ).fetchall()
    )


def hard_cases() -> Raw:
    """The company. What each case should give is said in the test that looks at it."""
    raw = Raw()
    for position, name in enumerate(CUSTOMERS):
        raw.add(
            "erp.customers",
            customer_no=name,
            name=f"{name.title()} Works {position}",
            email=f"office@{name}.example",
            country="DE",
            currency="EUR",
            created_at="2023-01-01 00:00:00",
        )
    for number, name, category in [
        ("P1", "Pump one", "Pumps"),
        ("P2", "Pump two", "Pumps"),
        ("V1", "Valve", "Valves"),
        ("Ä1", "Oil", "Äl"),
        ("Z1", "Tooth", "Zähne"),
        ("N1", "Nameless", None),
    ]:
        raw.add("erp.products", product_no=number, name=name, category=category)
    for currency, day, rate in [
        ("USD", "2024-01-01", "0.90000000"),
        ("USD", "2025-10-01", "0.87654321"),
        ("USD", "2025-12-15", "0.85000000"),
        ("GBP", "2025-06-01", "1.16500000"),
        # 638 days old on 2 June 2025, and used for 639 days
        ("NOK", "2023-09-03", "0.09000000"),
    ]:
        raw.add(
            "erp.exchange_rates",
            from_currency=currency,
            to_currency="EUR",
            rate_date=day,
            rate=rate,
        )
    # of no use: they lead elsewhere than to the reporting currency
    for currency in ("EUR", "USD"):
        raw.add(
            "erp.exchange_rates",
            from_currency=currency,
            to_currency="CHF",
            rate_date="2025-08-01",
            rate="0.95",
        )

    # one second on both sides of every bound; CET is one hour ahead of UTC, CEST two
    for number, at in enumerate(
        [
            "2025-12-31 22:59:59",  # the last second that is visible
            "2025-12-31 23:00:00",  # the first of the day itself: not visible
            "2025-12-01 23:00:00",  # U(a - 30d)
            "2025-12-01 22:59:59",
            "2025-10-02 22:00:00",  # U(a - 90d), in summer time
            "2025-10-02 21:59:59",
            "2025-07-04 22:00:00",  # U(a - 180d)
            "2025-07-04 21:59:59",
            "2024-12-31 23:00:00",  # U(a - 365d)
            "2024-12-31 22:59:59",
        ],
        start=1,
    ):
        amount = 2 ** (number - 1)  # each subset of orders has a sum of its own
        raw.order("boundary", f"B{number}", at, ("P1", 1, amount, amount / 2))
        raw.visit(f"W{number}", "boundary", at)

    # as many lines of Äl as of Zähne; Z comes before Ä by bytes
    raw.order("ties", "T1", "2025-11-03 09:00:00", ("Ä1", 1, 10, 5), ("Z1", 1, 10, 5))
    raw.order("ties", "T2", "2025-11-03 15:00:00", ("Ä1", 1, 10, 5), ("Z1", 1, 10, None))
    raw.order("ties", "T3", "2025-11-10 15:00:00", ("N1", 3, 10, 5), (None, 1, 1, 0))

    # cancelled before, on and after the day; one of them returned before
    raw.order(
        "cancelled", "K1", "2025-12-10 10:00:00", ("P1", 1, 100, 60),
        cancelled_at="2025-12-31 22:59:59",
    )  # fmt: skip
    raw.order(
        "cancelled", "K2", "2025-12-11 10:00:00", ("P2", 1, 200, 120),
        cancelled_at="2025-12-31 23:00:00",
    )  # fmt: skip
    raw.order(
        "cancelled", "K3", "2025-06-11 10:00:00", ("V1", 2, 400, 100),
        cancelled_at="2025-12-20 10:00:00",
    )  # fmt: skip
    raw.give_back("RK3", "2025-07-01 10:00:00", 1, 200, order="K3", line="K3-1")

    # bought long ago, given back lately; once by line, once by order alone
    raw.order("returner", "R1", "2025-03-01 10:00:00", ("P1", 4, 400, "200.03"))
    raw.order("returner", "R2", "2025-12-05 10:00:00", ("V1", 3, 90, None), ("P2", 1, 50, 20))
    raw.give_back("RR1", "2025-12-20 10:00:00", 1, 100, line="R1-1")
    raw.give_back("RR2", "2025-12-21 10:00:00", 1, 30, order="R2", line="R2-1")
    raw.give_back("RR3", "2025-12-22 10:00:00", 1, 20, order="R2")
    # not yet
    raw.give_back("RR4", "2026-01-02 10:00:00", 1, 20, order="R2", loaded_at="2026-01-03")
    raw.give_back("RR5", "2025-12-22 10:00:00", 1, 20, order="nowhere")

    # revenue fell by exactly 30 percent against the 90 days before
    raw.order("drifter", "D1", "2025-08-01 10:00:00", ("P1", 1, 1000, 500))
    raw.order("drifter", "D2", "2025-11-01 10:00:00", ("P1", 1, 700, 350))

    # pairs around the thresholds of the flags; by a hair more than 30 percent down
    raw.order("vip", "X1", "2025-11-01 10:00:00", ("P1", 1, "20000.00", 0), ("P2", 1, 0, 0))
    raw.order("nearly_vip", "X2", "2025-11-01 10:00:00", ("P1", 1, "19999.99", 0))
    raw.order("slipper", "X3", "2025-08-01 10:00:00", ("P1", 1, "10000000.00", 0))
    raw.order("slipper", "X4", "2025-11-01 10:00:00", ("P1", 1, "6999999.99", 0))
    raw.order("asleep", "X5", "2025-07-04 10:00:00", ("P1", 1, 10, 0))  # 181 days ago
    raw.order("awake", "X6", "2025-07-05 10:00:00", ("P1", 1, 10, 0))

    # the rate of the local day: 23:30 UTC is the next day in Berlin
    raw.order("dollars", "U1", "2025-09-30 21:59:59", ("P1", 1, "100.05", 50), currency="USD")
    raw.order("dollars", "U2", "2025-09-30 22:00:00", ("P1", 1, "100.05", 50), currency="usd")
    raw.give_back("RU1", "2025-12-14 23:00:00", 1, "100.05", order="U1", line="U1-1")
    raw.order("pounds", "G1", "2025-06-01 10:00:00", ("P1", 1, "10.01", 5), currency="GBP")
    # a day before the first rate, and a currency without any: rejected, never 1
    raw.order("unpriced", "G2", "2025-05-31 10:00:00", ("P1", 1, 10, 5), currency="GBP")
    raw.give_back("RG2", "2025-07-01 10:00:00", 1, 10, order="G2", line="G2-1")
    raw.order("swiss", "S1", "2025-06-01 10:00:00", ("P1", 1, 10, 5), currency="CHF")
    raw.order("swiss", "S2", "2025-06-02 10:00:00", ("P1", 1, 10, 5))
    # the last day of a rate that was never renewed, and the first without one
    raw.order("swiss", "S3", "2025-06-02 21:59:59", ("P1", 1, 10, 5), currency="NOK")
    raw.order("swiss", "S4", "2025-06-02 22:00:00", ("P1", 1, 10, 5), currency="NOK")
    raw.add("erp.order_lines", line_id="lost", order_no="nowhere", quantity=1, net_amount=1)

    # negative quantities are returns; an order of nothing else is no order
    raw.order("negative", "N1", "2025-12-01 10:00:00", ("P1", 2, 80, 40), ("V1", -1, -30, -10))
    raw.order("negative", "N2", "2025-12-02 10:00:00", ("P1", -1, -40, -20))
    raw.order("negative", "N3", "2025-12-03 10:00:00", ("P1", 1, -5, 0))  # a discount

    # averages that end in half a cent, above and below 0; one order without lines
    raw.order("halves", "H1", "2025-12-05 10:00:00", ("P1", 1, "0.01", 0))
    raw.order("halves", "H2", "2025-12-06 10:00:00", ("P1", "0.125", 0, 0))
    raw.order("halves", "H3", "2025-11-02 10:00:00")
    raw.order("halves", "H4", "2025-11-01 10:00:00", ("P1", 1, "-0.03", 0))

    # the day on which the clocks go back has 25 hours, all of them one day
    raw.order("dst", "Q1", "2025-10-25 22:00:00", ("P1", 1, 1, 0))
    raw.order("dst", "Q2", "2025-10-26 22:59:59", ("P1", 1, 2, 0))
    raw.order("dst", "Q3", "2025-10-26 23:00:00", ("P1", 1, 4, 0))

    raw.order("future", "F1", "2026-01-05 10:00:00", ("P1", 1, 100, 50), loaded_at="2026-01-06")

    # guests: by folded address, and a stranger at every order
    raw.order(None, "E1", "2025-12-01 10:00:00", ("P1", 1, 11, 5), email="Ann@Guests.example")
    raw.order(None, "E2", "2025-12-02 10:00:00", ("P1", 1, 12, 5), email="ann@guests.example")
    raw.order(None, "E3", "2025-12-03 10:00:00", ("P1", 1, 13, 5))
    # a customer whom the ERP does not list
    raw.order("unlisted", "E4", "2025-12-03 10:00:00", ("P1", 1, 14, 5))

    raw.add(
        "crm.accounts",
        account_no="A1",
        type="company",
        name="Contract Holder Ltd",
        email="post@holder.example",
        created_at="2024-01-01 00:00:00",
    )
    raw.add(
        "crm.accounts",
        account_no="A2",
        type="company",
        name="Patient Partner Inc",
        email="post@patient.example",
        created_at="2024-01-01 00:00:00",
    )
    raw.add("crm.contracts", contract_id="L9", account_no="A2", starts_on="2024-03-02",
            renews_on="2026-03-02", status="active")  # fmt: skip
    raw.add("crm.campaigns", campaign_id="M1", name="Autumn", channel="email", purpose="news",
            starts_on="2025-10-01")  # fmt: skip
    for number, arm in enumerate(["treatment", "control", "treatment"]):
        raw.add(
            "crm.campaign_contacts",
            contact_event_id=f"M1-{number}",
            campaign_id="M1",
            account_no="A1",
            arm=arm,
            contacted_at=f"2025-12-0{number + 1} 09:00:00",
        )
    for number, (starts, renews, ends) in enumerate(
        [
            ("2025-01-01", "2025-12-31", None),  # renewed the day before
            ("2024-03-01", "2026-03-01", None),  # in 59 days
            ("2024-03-02", "2026-01-10", "2025-12-31"),  # over
            ("2026-01-01", "2026-01-05", None),  # begins on the day: not yet
            ("2025-05-01", None, None),
            ("2024-03-03", "2026-01-03", None),  # cancelled
        ]
    ):
        raw.add(
            "crm.contracts",
            contract_id=f"L{number}",
            account_no="A1",
            starts_on=starts,
            renews_on=renews,
            ends_on=ends,
            status="Cancelled" if starts == "2024-03-03" else "active" if number else None,
        )
    return raw
