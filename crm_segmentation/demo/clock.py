"""The days of the demo company and how its times are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from crm_segmentation.demo.chance import Chance

# The clock of the demo stands here; what happens later is delivered but not yet visible.
AS_OF = date(2026, 1, 1)
# Local midnight of that day in Berlin, in UTC: facts before it are visible.
VISIBLE_BEFORE = datetime(2025, 12, 31, 23)
LAST_DELIVERED = datetime(2026, 1, 11, 2)

# Industry buys in spring and autumn and rests in August and over Christmas.
MONTH_WEIGHTS = (0.8, 0.9, 1.35, 1.45, 1.3, 1.0, 0.75, 0.5, 1.2, 1.4, 1.2, 0.45)


@dataclass(frozen=True)
class Span:
    """The days from `first` until before `end`."""

    first: date
    end: date

    @property
    def days(self) -> int:
        return (self.end - self.first).days

    def from_day(self, first: date) -> Span:
        """The rest of the span from a day on, at least its last week."""
        return Span(min(max(first, self.first), self.end - timedelta(days=7)), self.end)


def history(years: int) -> Span:
    return Span(date(AS_OF.year - years, 1, 1), AS_OF)


def working_moment(chance: Chance, day: date) -> datetime:
    """A moment of a day between six in the morning and eight in the evening, UTC."""
    return datetime.combine(day, time()) + timedelta(seconds=chance.whole(6 * 3600, 20 * 3600))


def moment_in(chance: Chance, span: Span) -> datetime:
    return working_moment(chance, span.first + timedelta(days=chance.whole(0, span.days - 1)))


def seasonal_moment(chance: Chance, span: Span, lean: float = 1.0) -> datetime:
    """A moment in the span by season; a `lean` of 2 draws it late, of -2 early."""
    while True:
        late = chance.unit() ** (1 / abs(lean))
        offset = int(span.days * (late if lean > 0 else 1 - late))
        day = span.first + timedelta(days=min(offset, span.days - 1))
        if chance.happens(MONTH_WEIGHTS[day.month - 1] / max(MONTH_WEIGHTS)):
            return working_moment(chance, day)


def next_load(moment: datetime) -> datetime:
    """Sources deliver every night at two; what is older came with the first delivery of all."""
    first_delivery = datetime(2024, 1, 1, 2)
    night = datetime.combine(moment.date() + timedelta(days=1), time(2))
    return max(night, first_delivery)
