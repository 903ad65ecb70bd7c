"""Sales tables of any size as Parquet, in memory that does not grow with them.

Every value is a function of the seed and its row's number, so it does not matter in how many
pieces the tables are written. Unlike the seeds these tables are typed: as text they would be
four times the size, and a benchmark would measure casts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from crm_segmentation.demo.clock import MONTH_WEIGHTS, Span
from crm_segmentation.demo.sales import catalog
from crm_segmentation.demo.schema import seed_name

Whole = npt.NDArray[np.int64]
Real = npt.NDArray[np.float64]

# A block is eight orders with twenty lines, in one of eight orders of sequence: so the order of
# a line, and the lines of an order, follow from its number alone.
LINES_OF_BLOCK = (1, 1, 1, 2, 2, 3, 4, 6)
ORDERS_A_BLOCK = len(LINES_OF_BLOCK)
LINES_A_BLOCK = sum(LINES_OF_BLOCK)
SEQUENCES = np.array(
    [
        np.repeat(np.arange(ORDERS_A_BLOCK), np.roll(LINES_OF_BLOCK, turn))
        for turn in range(ORDERS_A_BLOCK)
    ],
    dtype=np.int64,
)

DAY = 86_400
MONEY = pa.decimal128(18, 2)
MOMENT = pa.timestamp("us")
LINE_SCHEMA = pa.schema(
    [
        ("line_id", pa.int64()),
        ("order_no", pa.int64()),
        ("product_no", pa.dictionary(pa.int8(), pa.string())),
        ("quantity", pa.int32()),
        ("net_amount", MONEY),
        ("cost", MONEY),
        ("_loaded_at", MOMENT),
    ]
)
ORDER_SCHEMA = pa.schema(
    [
        ("order_no", pa.int64()),
        ("customer_no", pa.int64()),
        ("email", pa.string()),
        ("ordered_at", MOMENT),
        ("status", pa.dictionary(pa.int8(), pa.string())),
        ("cancelled_at", MOMENT),
        ("channel", pa.dictionary(pa.int8(), pa.string())),
        ("currency", pa.dictionary(pa.int8(), pa.string())),
        ("_loaded_at", MOMENT),
    ]
)
CHANNELS = ("web", "sales", "phone")
CURRENCIES = ("EUR", "CHF")
STATUSES = ("paid", "cancelled")


@dataclass(frozen=True)
class Scale:
    """What to write."""

    seed: int
    order_lines: int
    customers: int
    span: Span

    @property
    def blocks(self) -> int:
        return -(-self.order_lines // LINES_A_BLOCK)

    @property
    def orders(self) -> int:
        """Orders up to the one that holds the last line."""
        whole, rest = divmod(self.order_lines, LINES_A_BLOCK)
        if not rest:
            return whole * ORDERS_A_BLOCK
        last = block_of_lines(self.seed, whole, whole + 1)[rest - 1]
        return int(last) + 1


def hashed(seed: int, topic: str, numbers: Whole) -> npt.NDArray[np.uint64]:
    """64 well mixed bits for every number (the finaliser of splitmix64)."""
    start = int.from_bytes(sha256(f"{seed}/{topic}".encode()).digest()[:8], "little")
    bits = numbers.astype(np.uint64)
    bits *= np.uint64(0x9E3779B97F4A7C15)
    bits += np.uint64(start)
    bits ^= bits >> np.uint64(30)
    bits *= np.uint64(0xBF58476D1CE4E5B9)
    bits ^= bits >> np.uint64(27)
    bits *= np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    return bits


def unit(seed: int, topic: str, numbers: Whole) -> Real:
    """A draw from 0 to 1 for every number, exact in every build of numpy."""
    return (hashed(seed, topic, numbers) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def below(seed: int, topic: str, numbers: Whole, limit: int) -> Whole:
    """A whole number from 0 to under `limit` (at most 2^21) for every number."""
    high = (hashed(seed, topic, numbers) >> np.uint64(32)).astype(np.int64)
    return (high * limit) >> 32


def block_of_lines(seed: int, first: int, end: int) -> Whole:
    """The order of every line of the blocks."""
    blocks = np.arange(first, end, dtype=np.int64)
    sequence = SEQUENCES[below(seed, "sequence", blocks, ORDERS_A_BLOCK)]
    return (sequence + blocks[:, None] * ORDERS_A_BLOCK).ravel()


def season(span: Span) -> tuple[Real, Real]:
    """Share of the orders that came before each day of the span, and the days in seconds."""
    days = np.arange(span.days, dtype=np.int64) + np.datetime64(span.first).astype(np.int64)
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    weights = np.array(MONTH_WEIGHTS)[months]
    shares = np.concatenate([[0.0], np.cumsum(weights)]) / weights.sum()
    seconds = np.append(days, days[-1] + 1).astype(np.float64) * DAY
    return shares, seconds


def order_seconds(scale: Scale, orders: Whole) -> Whole:
    """When each order was placed: later numbers later, dense in season."""
    shares, seconds = season(scale.span)
    position = (orders + unit(scale.seed, "second", orders)) / (scale.blocks * ORDERS_A_BLOCK)
    return np.interp(position, shares, seconds).astype(np.int64)


def load_seconds(moments: Whole) -> Whole:
    return (moments // DAY + 1) * DAY + 2 * 3600


def as_moments(seconds: Whole, valid: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    mask = None if valid is None else ~valid
    return pa.array((seconds * 1_000_000).view("datetime64[us]"), MOMENT, mask=mask)


def as_money(cents: Whole) -> pa.Array:
    """Decimals from cents without a detour over text or floats: 128 bits, lower half first."""
    halves = np.empty((len(cents), 2), dtype=np.int64)
    halves[:, 0] = cents
    halves[:, 1] = cents >> 63
    return pa.Array.from_buffers(MONEY, len(cents), [None, pa.py_buffer(halves)])


def as_words(codes: Whole, words: tuple[str, ...]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int8)), list(words))


def customers_of(scale: Scale, orders: Whole) -> Whole:
    """Few customers order often, most rarely: numbers from 1."""
    skewed = unit(scale.seed, "customer", orders)
    # multiplied, not raised to a power: `pow` differs from one C library to the next
    return (skewed * skewed * scale.customers).astype(np.int64) + 1


def order_table(scale: Scale, orders: Whole) -> pa.Table:
    seed = scale.seed
    customers = customers_of(scale, orders)
    moments = order_seconds(scale, orders)
    is_cancelled = below(seed, "cancelled", orders, 100) < 3
    cancelled = moments + below(seed, "cancelled after", orders, 5 * DAY)
    columns = [
        pa.array(orders + 1),
        pa.array(customers),
        pa.nulls(len(orders), pa.string()),
        as_moments(moments),
        as_words(is_cancelled.astype(np.int64), STATUSES),
        as_moments(cancelled, is_cancelled),
        as_words(below(seed, "channel", orders, len(CHANNELS)), CHANNELS),
        as_words((below(seed, "currency", customers, 100) < 15).astype(np.int64), CURRENCIES),
        as_moments(load_seconds(np.where(is_cancelled, cancelled, moments))),
    ]
    return pa.table(columns, schema=ORDER_SCHEMA)


def line_table(scale: Scale, lines: Whole, orders: Whole) -> pa.Table:
    seed = scale.seed
    products = catalog()
    prices = np.array([product.price_eur for product in products], dtype=np.int64)
    chosen = below(seed, "product", lines, len(products))
    is_return = below(seed, "return", lines, 100) < 1
    spread = unit(seed, "quantity", lines)
    quantity = 1 + (spread * spread * spread * 24).astype(np.int64)
    quantity = np.where(is_return, -quantity, quantity)
    percent = 100 - below(seed, "discount", lines, 13)
    net = quantity * prices[chosen] * percent
    cost = net * (52 + below(seed, "cost", lines, 27)) // 100
    columns = [
        pa.array(lines + 1),
        pa.array(orders + 1),
        as_words(chosen, tuple(product.product_no for product in products)),
        pa.array(quantity.astype(np.int32)),
        as_money(net),
        as_money(cost),
        as_moments(load_seconds(order_seconds(scale, orders))),
    ]
    return pa.table(columns, schema=LINE_SCHEMA)


def pieces(scale: Scale, blocks_a_piece: int) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Orders and their lines, piece by piece."""
    for first in range(0, scale.blocks, blocks_a_piece):
        end = min(first + blocks_a_piece, scale.blocks)
        last_order = min(end * ORDERS_A_BLOCK, scale.orders)
        last_line = min(end * LINES_A_BLOCK, scale.order_lines)
        orders = np.arange(first * ORDERS_A_BLOCK, last_order, dtype=np.int64)
        lines = np.arange(first * LINES_A_BLOCK, last_line, dtype=np.int64)
        of_order = block_of_lines(scale.seed, first, end)[: len(lines)]
        yield order_table(scale, orders), line_table(scale, lines, of_order)


def writer(folder: Path, table: str, schema: pa.Schema) -> pq.ParquetWriter:
    """Numbers and times rise, so their differences are what is stored."""
    words = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    rising = [name for name in schema.names if name.endswith(("_no", "_id", "_at"))]
    return pq.ParquetWriter(
        folder / f"{seed_name(table)}.parquet",
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=words,
        column_encoding={name: "DELTA_BINARY_PACKED" for name in rising if name not in words},
    )


def write_scale(folder: Path, scale: Scale, blocks_a_piece: int = 50_000) -> None:
    """Write orders and order lines; a piece is one row group of each."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        writer(folder, "erp.orders", ORDER_SCHEMA) as orders,
        writer(folder, "erp.order_lines", LINE_SCHEMA) as lines,
    ):
        for order_piece, line_piece in pieces(scale, blocks_a_piece):
            orders.write_table(order_piece)
            lines.write_table(line_piece)
