"""Orders, order lines, returns, products and exchange rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from crm_segmentation.demo.archetypes import Traits, draw_traits
from crm_segmentation.demo.chance import Chance
from crm_segmentation.demo.clock import (
    AS_OF,
    LAST_DELIVERED,
    Span,
    moment_in,
    next_load,
    seasonal_moment,
)
from crm_segmentation.demo.people import GUESTS, Party
from crm_segmentation.demo.registers import Registers
from crm_segmentation.demo.words import EQUIPMENT_CATEGORIES, PRODUCTS, WEAR_CATEGORIES

Row = dict[str, Any]

# How each lifecycle spreads its orders: lean, and the part of the span in which they lie.
TIMING: dict[str, tuple[float, float, float]] = {
    "steady": (1.0, 0.0, 1.0),
    "growing": (2.2, 0.0, 1.0),
    "declining": (-2.2, 0.0, 1.0),
    "dormant": (1.0, 0.0, 0.7),
    "new": (1.0, 0.0, 1.0),
}
LINES_OF_SMALL = {1: 0.84, 2: 0.12, 3: 0.04}
LINES_OF_LARGE = {1: 0.58, 2: 0.3, 3: 0.12}
RETURN_REASONS = ("wrong size", "damaged", "not needed", "late")
EUR_PER_UNIT_2023 = {"CHF": 1.0150, "USD": 0.9350}


@dataclass(frozen=True)
class Product:
    product_no: str
    category: str
    subcategory: str
    name: str
    price_eur: int


@dataclass
class Order:
    """An order and its lines, before it has a number."""

    party: Party
    ordered_at: datetime
    customer_no: str
    email: str
    currency: str
    channel: str
    lines: list[tuple[str, int, int, int]] = field(default_factory=list)
    status: str = "paid"
    cancelled_at: datetime | None = None
    loaded_at: datetime | None = None
    labels: set[str] = field(default_factory=set)
    order_no: str = ""


def catalog() -> list[Product]:
    lines = [(category, *line) for category, products in PRODUCTS.items() for line in products]
    return [
        Product(f"P{position:02d}", category, subcategory, name, price)
        for position, (category, subcategory, name, price) in enumerate(lines, start=1)
    ]


def rate_rows(seed: int, span: Span) -> list[Row]:
    """Rates on the first of every month from a year before the span on: EUR for one unit."""
    rows: list[Row] = []
    for currency, start in EUR_PER_UNIT_2023.items():
        chance = Chance(seed, "rates", currency)
        rate = start
        for month in range((span.first.year - 1) * 12, AS_OF.year * 12 + 1):
            day = date(month // 12, month % 12 + 1, 1)
            rate = min(1.09, max(0.86, rate * (1 + chance.normal(0, 0.009))))
            rows.append(
                {
                    "from_currency": currency,
                    "to_currency": "EUR",
                    "rate_date": day,
                    "rate": f"{rate:.4f}",
                    "_loaded_at": next_load(datetime(day.year, day.month, day.day, 9)),
                }
            )
    return rows


def choose_line(
    chance: Chance, products: Sequence[Product], traits: Traits, favourite: str, budget: float
) -> tuple[Product, int]:
    """A product that fits customer and budget, and how many of it."""
    if chance.happens(traits.wear_share):
        category = chance.pick(WEAR_CATEGORIES)
    else:
        category = favourite if chance.happens(0.7) else chance.pick(EQUIPMENT_CATEGORIES)
    of_category = [product for product in products if product.category == category]
    affordable = [product for product in of_category if product.price_eur <= 1.3 * budget]
    # the dearer half of what fits: nobody spends 3,000 on cartridges at 7 apiece
    fitting = affordable[-4:] or [min(of_category, key=lambda product: product.price_eur)]
    product = chance.pick(fitting)
    return product, max(1, round(budget / product.price_eur))


def fill_order(
    chance: Chance, order: Order, products: Sequence[Product], traits: Traits, favourite: str
) -> None:
    basket = traits.basket_eur * 2 ** chance.normal(0, 0.35)
    count = chance.weighted(LINES_OF_SMALL if basket < 1500 else LINES_OF_LARGE)
    unit = EUR_PER_UNIT_2023.get(order.currency, 1.0)
    for _ in range(count):
        product, quantity = choose_line(chance, products, traits, favourite, basket / count)
        discount = 1 - chance.whole(0, 12) / 100
        net = round(quantity * product.price_eur * 100 * discount / unit)
        cost = net * chance.whole(52, 78) // 10_000 * 100
        order.lines.append((product.product_no, quantity, net, cost))


def customer_key(registers: Registers, party: Party, moment: datetime, chance: Chance) -> str:
    """One of the keys that the party had at that time."""
    known = [
        record.key
        for record in registers.customers_of.get(party.party_id, [])
        if record.created_at <= moment
    ]
    return chance.pick(known) if known else ""


def buying_span(span: Span, party: Party) -> Span:
    _, start, stop = TIMING[party.lifecycle]
    first = span.first + timedelta(days=int(span.days * start))
    end = span.first + timedelta(days=int(span.days * stop))
    return Span(first, end).from_day(party.joined_on + timedelta(days=1))


def order_of(
    chance: Chance, registers: Registers, party: Party, moment: datetime, channel: str = ""
) -> Order:
    key = customer_key(registers, party, moment, chance)
    email = ""
    if not key and party.presence != "nameless_guest":
        email = party.face.email
        if chance.happens(0.1):
            email = email.title()
    if not channel:
        is_online = party.kind == "person" or party.archetype == "online_regular" or not key
        channel = "web" if is_online else chance.weighted({"sales": 0.5, "phone": 0.2, "web": 0.3})
    return Order(party, moment, key, email, party.currency, channel)


def draw_orders(
    chance: Chance, registers: Registers, products: Sequence[Product], party: Party, span: Span
) -> list[Order]:
    """All the orders of one party inside the span."""
    traits = party.traits
    if traits is None:
        return []
    favourite = chance.pick(EQUIPMENT_CATEGORIES)
    lean = TIMING[party.lifecycle][0]
    when = buying_span(span, party)
    count = traits.orders
    if party.presence == "nameless_guest" or (party.presence in GUESTS and chance.happens(0.8)):
        count = 1
    moments = [seasonal_moment(chance, when, lean) for _ in range(count)]
    if party.presence == "guest_then_customer":
        before = Span(span.first, party.joined_on)
        moments += [moment_in(chance, before) for _ in range(chance.whole(1, 2))]
    orders = []
    for moment in sorted(moments):
        order = order_of(chance, registers, party, moment)
        bought_as = traits
        if party.archetype_before != party.archetype and moment.date() < midway(span):
            bought_as = draw_traits(chance, party.archetype_before)
        fill_order(chance, order, products, bought_as, favourite)
        orders.append(order)
    if "unknowable" in party.difficulties:
        hidden = order_of(chance, registers, party, moment_in(chance, when), "web")
        hidden.customer_no, hidden.email = "", party.faces[1].email
        fill_order(chance, hidden, products, traits, favourite)
        orders.append(hidden)
    goes_on = party.lifecycle in ("steady", "growing") and party.presence == "crm_erp"
    if goes_on and chance.happens(0.13):
        later = Span(AS_OF, AS_OF + timedelta(days=9))
        order = order_of(chance, registers, party, moment_in(chance, later))
        fill_order(chance, order, products, traits, favourite)
        order.labels.add("after_as_of")
        orders.append(order)
    return orders


def midway(span: Span) -> date:
    return span.first + timedelta(days=span.days // 2)


def spoil(chance: Chance, order: Order) -> None:
    """What happens to orders: cancelled, delivered late to the warehouse, paid in kronor."""
    if order.currency == "EUR" and order.party.country == "SE" and chance.happens(0.5):
        order.currency = "SEK"
        order.lines = [
            (product, quantity, net * 11, cost * 11) for product, quantity, net, cost in order.lines
        ]
        order.labels.add("missing_rate")
    if chance.happens(0.04) and "caused" not in order.labels:
        order.status = "cancelled"
        order.cancelled_at = min(
            order.ordered_at + timedelta(hours=chance.whole(1, 200)),
            LAST_DELIVERED - timedelta(hours=5),
        )
        order.labels.add("cancelled")
    elif order.ordered_at.date() > AS_OF - timedelta(days=10):
        order.status = "open"
    order.loaded_at = next_load(max(order.ordered_at, order.cancelled_at or order.ordered_at))
    late = next_load(order.ordered_at + timedelta(days=chance.whole(8, 40)))
    if chance.happens(0.7) and AS_OF - timedelta(days=25) < order.ordered_at.date() < AS_OF:
        # the interface stood still over the holidays
        late = next_load(datetime.combine(AS_OF, time()) + timedelta(days=chance.whole(1, 8)))
    elif not chance.happens(0.02):
        return
    if order.loaded_at < late <= LAST_DELIVERED:
        order.loaded_at = late
        order.labels.add("late")


def credit_note(chance: Chance, order: Order) -> Order:
    """Goods sent back and booked as an order of their own, with negative quantities."""
    moment = order.ordered_at + timedelta(days=chance.whole(4, 25), minutes=chance.whole(1, 300))
    product, quantity, net, cost = order.lines[0]
    back = chance.whole(1, quantity)
    lines = [(product, -back, -(net * back // quantity), -(cost * back // quantity // 100 * 100))]
    note = Order(
        order.party, moment, order.customer_no, order.email, order.currency, order.channel, lines
    )
    note.loaded_at = next_load(moment)
    note.labels.add("negative_line")
    return note


def sell(seed: int, registers: Registers, parties: Sequence[Party], span: Span) -> list[Order]:
    """Every order, numbered by time, with its mishaps."""
    products = catalog()
    orders: list[Order] = []
    for party in parties:
        chance = Chance(seed, "sales", party.party_id)
        orders += draw_orders(chance, registers, products, party, span)
    return orders


def number_orders(seed: int, orders: Sequence[Order]) -> list[Order]:
    """Spoil some orders, add credit notes, and number all of them by time."""
    everything: list[Order] = []
    ordered = sorted(orders, key=lambda order: (order.ordered_at, order.party.party_id))
    for position, order in enumerate(ordered):
        chance = Chance(seed, "mishaps", str(position))
        spoil(chance, order)
        everything.append(order)
        is_settled = order.ordered_at.date() < AS_OF - timedelta(days=40) and not order.labels
        if is_settled and chance.happens(0.012):
            everything.append(credit_note(chance, order))
    everything.sort(key=lambda order: (order.ordered_at, order.party.party_id))
    width = max(4, len(str(len(everything))))
    for position, order in enumerate(everything, start=1):
        order.order_no = f"O{position:0{width}d}"
    return everything


def amount(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def sales_tables(seed: int, orders: Sequence[Order], span: Span) -> dict[str, list[Row]]:
    """The ERP's sales tables of numbered orders."""
    order_rows: list[Row] = []
    line_rows: list[Row] = []
    return_rows: list[Row] = []
    for order in orders:
        chance = Chance(seed, "returns", order.order_no)
        order_rows.append(
            {
                "order_no": order.order_no,
                "customer_no": order.customer_no,
                "email": order.email,
                "ordered_at": order.ordered_at,
                "status": order.status,
                "cancelled_at": order.cancelled_at or "",
                "channel": order.channel,
                "currency": order.currency,
                "_loaded_at": order.loaded_at,
            }
        )
        for position, (product_no, quantity, net, cost) in enumerate(order.lines, start=1):
            line_id = f"{order.order_no}-{position}"
            line_rows.append(
                {
                    "line_id": line_id,
                    "order_no": order.order_no,
                    "product_no": product_no,
                    "quantity": quantity,
                    "net_amount": amount(net),
                    "cost": cost // 100,
                    "_loaded_at": order.loaded_at,
                }
            )
            returned_at = order.ordered_at + timedelta(days=chance.whole(3, 40))
            is_returnable = order.status == "paid" and quantity > 0 and not order.labels
            if is_returnable and returned_at < LAST_DELIVERED and chance.happens(0.022):
                back = chance.whole(1, quantity)
                return_rows.append(
                    {
                        "order_no": order.order_no,
                        "line_id": line_id,
                        "quantity": back,
                        "net_amount": amount(net * back // quantity),
                        "returned_at": returned_at,
                        "reason": chance.pick((*RETURN_REASONS, "")),
                        "_loaded_at": next_load(returned_at),
                    }
                )
    return_rows.sort(key=lambda row: (row["returned_at"], row["line_id"]))
    for position, row in enumerate(return_rows, start=1):
        row["return_id"] = f"R{position:03d}"
    return {
        "erp.orders": order_rows,
        "erp.order_lines": line_rows,
        "erp.returns": return_rows,
        "erp.products": [
            {
                "product_no": product.product_no,
                "name": product.name,
                "category": product.category,
                "subcategory": product.subcategory,
                "unit_price": f"{product.price_eur}.00",
                "currency": "EUR",
                "_loaded_at": datetime(2024, 1, 1, 2),
            }
            for product in catalog()
        ],
        "erp.exchange_rates": rate_rows(seed, span),
    }
