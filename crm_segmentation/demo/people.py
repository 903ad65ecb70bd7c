"""The parties of the company's world: who they really are, before any source knows them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from crm_segmentation.demo.archetypes import PROSPECT, SHARES, Traits, draw_traits
from crm_segmentation.demo.chance import Chance
from crm_segmentation.demo.clock import Span
from crm_segmentation.demo.words import (
    COMPANY_CRAFTS,
    COMPANY_STEMS,
    COUNTRY_WEIGHTS,
    CURRENCIES,
    FIRST_NAMES,
    LAST_NAMES,
    LEGAL_FORMS,
    MAIL_HOSTS,
    PHONE_RANGES,
    PLACES,
    STREETS,
    Place,
)

# By which doors a party came in: share of all parties, by kind.
PRESENCES: dict[str, dict[str, float]] = {
    "company": {
        "crm_erp": 0.235,
        "erp_only": 0.045,
        "crm_only": 0.065,
        "lead_only": 0.045,
        "unknown_customer": 0.0125,
    },
    "person": {
        "crm_erp": 0.15,
        "erp_only": 0.075,
        "crm_only": 0.08,
        "lead_only": 0.045,
        "guest_only": 0.065,
        "guest_then_customer": 0.025,
        "nameless_guest": 0.005,
        "visitor_only": 0.16,
    },
}
GUESTS = ("guest_only", "nameless_guest")
BUYERS = (
    "crm_erp",
    "erp_only",
    "unknown_customer",
    "guest_only",
    "guest_then_customer",
    "nameless_guest",
)

LIFECYCLES: dict[str, dict[str, float]] = {
    "key_account": {"steady": 0.4, "declining": 0.4, "growing": 0.15, "dormant": 0.05},
    "other": {"steady": 0.4, "declining": 0.2, "growing": 0.12, "dormant": 0.18, "new": 0.1},
}


@dataclass(frozen=True)
class Address:
    street: str
    place: Place
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Face:
    """How a party presents itself to a source: what a record of it is filled from."""

    name: str
    first_name: str
    last_name: str
    email: str
    phone: str
    address: Address
    tax_id: str
    birth_date: date | None


@dataclass
class Party:
    """One real customer. `faces[0]` is the present one; others are older or second selves."""

    party_id: str
    kind: str
    presence: str
    archetype: str
    archetype_before: str
    lifecycle: str
    traits: Traits | None
    gender: str
    craft: str
    joined_on: date
    faces: list[Face]
    difficulties: set[str] = field(default_factory=set)
    household_id: str = ""

    @property
    def face(self) -> Face:
        return self.faces[0]

    @property
    def country(self) -> str:
        return self.face.address.place.country

    @property
    def currency(self) -> str:
        return CURRENCIES.get(self.country, "EUR")

    @property
    def is_buyer(self) -> bool:
        return self.presence in BUYERS

    def change_face(self, position: int, **values: object) -> None:
        self.faces[position] = replace(self.faces[position], **values)  # type: ignore[arg-type]


def plain(text: str) -> str:
    """Text in the letters of an e-mail address."""
    spelled = text.lower()
    for letter, spelling in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        spelled = spelled.replace(letter, spelling)
    bare = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    return "".join(letter for letter in bare if letter.isalnum())


class Numbers:
    """Hands out phone numbers, addresses and hosts, each once."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._used: set[str] = set()

    def take_note(self, parties: Sequence[Party]) -> None:
        """Never hand out what these parties have."""
        self._used |= {value for party in parties for value in (party.face.email, party.face.phone)}

    def phone(self, country: str) -> str:
        """A number nobody else has, as `+49 30 23125 123`."""
        # small ranges run out; the neighbours' numbers serve as well
        for tried in range(400):
            ranges = PHONE_RANGES[country if tried < 40 else "AT"]
            code, prefix, digits = self._chance.pick(ranges)
            number = f"+{code} {prefix}{self._chance.whole(0, 10**digits - 1):0{digits}d}"
            if number not in self._used:
                self._used.add(number)
                return number
        raise RuntimeError("No phone numbers are left in the ranges kept for fiction.")

    def email(self, local: str, host: str) -> str:
        return self._first_free(local, f"@{host}")

    def host(self, name: str) -> str:
        return self._first_free(name, ".example")

    def _first_free(self, name: str, ending: str) -> str:
        """`name` and `ending`, with a number between them where that is taken."""
        number = 1
        while (text := f"{name}{number if number > 1 else ''}{ending}") in self._used:
            number += 1
        self._used.add(text)
        return text


def draw_address(chance: Chance, country: str) -> Address:
    place = chance.pick(PLACES[country])
    street = f"{chance.pick(STREETS)} {chance.whole(1, 180)}"
    return Address(
        street,
        place,
        round(place.latitude + chance.normal(0, 0.03), 3),
        round(place.longitude + chance.normal(0, 0.03), 3),
    )


def draw_person(chance: Chance, numbers: Numbers, country: str, gender: str) -> Face:
    first_name = chance.pick(FIRST_NAMES[gender])
    last_name = chance.pick(LAST_NAMES)
    return Face(
        name=f"{first_name} {last_name}",
        first_name=first_name,
        last_name=last_name,
        email=numbers.email(f"{plain(first_name)}.{plain(last_name)}", chance.pick(MAIL_HOSTS)),
        phone=numbers.phone(country),
        address=draw_address(chance, country),
        tax_id="",
        birth_date=date(1946, 1, 1) + timedelta(days=chance.whole(0, 365 * 58)),
    )


def draw_company(chance: Chance, numbers: Numbers, country: str, craft: str) -> Face:
    stem = f"{chance.pick(COMPANY_STEMS)} {craft}"
    name = f"{stem} {chance.pick(LEGAL_FORMS[country])}"
    if chance.happens(0.25):
        name = f"{chance.pick(LAST_NAMES)} {name}"
    host = numbers.host(plain(name.split()[0]) + "-" + plain(craft)[:6])
    return Face(
        name=name,
        first_name="",
        last_name="",
        email=numbers.email(chance.pick(("info", "office", "einkauf")), host),
        phone=numbers.phone(country),
        address=draw_address(chance, country),
        tax_id=f"{country}{chance.whole(0, 999_999_999):09d}",
        birth_date=None,
    )


def draw_lifecycle(chance: Chance, archetype: str) -> str:
    return chance.weighted(LIFECYCLES.get(archetype, LIFECYCLES["other"]))


def draw_joined_on(chance: Chance, span: Span, presence: str, lifecycle: str) -> date:
    """Buyers mostly joined before the span, so that they have all of it to buy in."""
    if presence == "guest_then_customer":
        earliest, latest = span.days // 6, span.days * 3 // 4
    elif lifecycle == "new":
        earliest, latest = span.days - 200, span.days - 60
    elif lifecycle == PROSPECT:
        earliest, latest = -1200, span.days - 10
    else:
        earliest, latest = -1500, span.days // 5
    return span.first + timedelta(days=chance.whole(earliest, latest))


def draw_party(
    chance: Chance, numbers: Numbers, span: Span, party_id: str, kind: str, presence: str
) -> Party:
    country = chance.weighted(COUNTRY_WEIGHTS)
    craft = chance.pick(COMPANY_CRAFTS) if kind == "company" else ""
    gender = chance.pick(("f", "m"))
    face = (
        draw_company(chance, numbers, country, craft)
        if kind == "company"
        else draw_person(chance, numbers, country, gender)
    )
    buys = presence in BUYERS
    archetype = chance.weighted(SHARES[kind]) if buys else PROSPECT
    if presence in GUESTS:
        archetype = "occasional"
    lifecycle = draw_lifecycle(chance, archetype) if buys else PROSPECT
    joined_on = draw_joined_on(chance, span, presence, lifecycle)
    return Party(
        party_id=party_id,
        kind=kind,
        presence=presence,
        archetype=archetype,
        archetype_before=archetype,
        lifecycle=lifecycle,
        traits=draw_traits(chance, archetype) if buys else None,
        gender=gender if kind == "person" else "",
        craft=craft,
        joined_on=joined_on,
        faces=[face],
    )


def apportion(total: int, shares: dict[tuple[str, str], float]) -> dict[tuple[str, str], int]:
    """Whole numbers in the proportions of `shares` that add up to `total`."""
    whole = sum(shares.values())
    exact = {key: total * share / whole for key, share in shares.items()}
    counts = {key: int(value) for key, value in exact.items()}
    by_rest = sorted(exact, key=lambda key: (counts[key] - exact[key], key))
    for key in by_rest[: total - sum(counts.values())]:
        counts[key] += 1
    return counts


def make_parties(seed: int, accounts: int, span: Span) -> list[Party]:
    """`accounts` parties in random order of kind and presence."""
    chance = Chance(seed, "people")
    numbers = Numbers(Chance(seed, "numbers"))
    shares = {
        (kind, presence): share
        for kind, by_presence in PRESENCES.items()
        for presence, share in by_presence.items()
    }
    counts = apportion(accounts, shares)
    doors = chance.shuffled([door for door, count in counts.items() for _ in range(count)])
    width = max(4, len(str(accounts)))
    return [
        draw_party(chance, numbers, span, f"p{position:0{width}d}", kind, presence)
        for position, (kind, presence) in enumerate(doors, start=1)
    ]
