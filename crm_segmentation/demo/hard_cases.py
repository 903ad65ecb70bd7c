"""What makes it hard to know who is who: each case is done to the parties and labelled.

A party gets at most one of these, so that every label stands for one difficulty.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from crm_segmentation.demo.archetypes import SHARES, draw_traits
from crm_segmentation.demo.chance import Chance
from crm_segmentation.demo.people import Numbers, Party, draw_address, plain
from crm_segmentation.demo.words import LAST_NAMES, MAIL_HOSTS

# Cases among 2,000 parties; other sizes get their share.
CASES_OF_2000 = {
    "shared_mailbox": 22,
    "shared_mailbox_couple": 4,
    "shared_switchboard": 22,
    "household_phone": 26,
    "same_name_person": 30,
    "same_name_company": 14,
    "changed_email": 60,
    "merged_company": 36,
    "erp_duplicate": 44,
    "crm_duplicate": 32,
    "unknowable": 12,
    "archetype_switch": 40,
}


def case_counts(accounts: int) -> dict[str, int]:
    return {case: max(1, count * accounts // 2000) for case, count in CASES_OF_2000.items()}


class Pool:
    """Parties that have no difficulty yet, taken in an order of their own."""

    def __init__(self, chance: Chance, parties: Sequence[Party]) -> None:
        self._waiting = chance.shuffled(parties)

    def take(self, count: int, fits: Callable[[Party], bool]) -> list[Party]:
        chosen = [party for party in self._waiting if fits(party)][:count]
        taken = {party.party_id for party in chosen}
        self._waiting = [party for party in self._waiting if party.party_id not in taken]
        return chosen


def is_person(party: Party, *presences: str) -> bool:
    return party.kind == "person" and party.presence in presences


def is_company(party: Party, *presences: str) -> bool:
    return party.kind == "company" and party.presence in presences


def label(parties: Sequence[Party], difficulty: str) -> None:
    for party in parties:
        party.difficulties.add(difficulty)


def rename(numbers: Numbers, party: Party, first_name: str, last_name: str) -> None:
    """Another name, and an address of his own that goes with it."""
    host = party.face.email.split("@")[1]
    party.change_face(
        0,
        first_name=first_name,
        last_name=last_name,
        name=f"{first_name} {last_name}",
        email=numbers.email(f"{plain(first_name)}.{plain(last_name)}", host),
    )


def share_mailboxes(
    chance: Chance, numbers: Numbers, pool: Pool, mailboxes: int, couples: int
) -> None:
    """Tenants of one business park read one mailbox; so do a few couples."""
    for number in range(1, mailboxes + 1):
        tenants = pool.take(
            chance.whole(3, 4), lambda party: is_company(party, "crm_erp", "crm_only")
        )
        for tenant in tenants:
            tenant.change_face(0, email=f"info@gewerbepark-{number}.example")
        label(tenants, "shared_mailbox")
    for number in range(1, couples + 1):
        couple = pool.take(2, lambda party: is_person(party, "crm_erp"))
        join_household(numbers, couple, f"H{number:03d}")
        name = plain(couple[0].face.last_name)
        for party in couple:
            party.change_face(0, email=f"familie.{name}{number}@{MAIL_HOSTS[0]}")
        label(couple, "shared_mailbox")


def join_household(numbers: Numbers, parties: Sequence[Party], household_id: str) -> None:
    """One home: the first one's last name, address and telephone."""
    first = parties[0].face
    used = {first.first_name}
    for party in parties:
        given = party.face.first_name
        if party is not parties[0] and given in used:
            given = "Alex" if party.gender == "f" else "Chris"
        used.add(given)
        if party is not parties[0]:
            rename(numbers, party, given, first.last_name)
        party.change_face(0, address=first.address, phone=first.phone)
        party.household_id = household_id


def share_phones(
    chance: Chance, numbers: Numbers, pool: Pool, switchboards: int, households: int
) -> None:
    for _ in range(switchboards):
        tenants = pool.take(
            chance.whole(3, 5), lambda party: is_company(party, "crm_erp", "crm_only", "erp_only")
        )
        for tenant in tenants:
            tenant.change_face(0, phone=tenants[0].face.phone)
        label(tenants, "shared_phone")
    for number in range(1, households + 1):
        home = pool.take(
            chance.whole(2, 3), lambda party: is_person(party, "crm_erp", "crm_only", "erp_only")
        )
        join_household(numbers, home, f"H{number + 100:03d}")
        label(home, "shared_phone")


def share_names(numbers: Numbers, pool: Pool, persons: int, companies: int) -> None:
    """Same name, different customer: nothing else of theirs is alike."""
    for _ in range(persons):
        pair = pool.take(2, lambda party: is_person(party, "crm_erp", "crm_only", "erp_only"))
        first = pair[0].face
        for party in pair[1:]:
            party.gender = pair[0].gender
            rename(numbers, party, first.first_name, first.last_name)
        label(pair, "same_name")
    for _ in range(companies):
        pair = pool.take(2, lambda party: is_company(party, "crm_erp", "crm_only", "erp_only"))
        for party in pair[1:]:
            party.change_face(0, name=pair[0].face.name)
        label(pair, "same_name")


def change_emails(chance: Chance, pool: Pool, count: int) -> None:
    """The CRM has the new address, the ERP still the old one (`faces[1]`)."""
    for party in pool.take(count, lambda party: party.presence == "crm_erp"):
        host = chance.pick(MAIL_HOSTS)
        local = plain(party.face.name)
        party.faces.append(party.face)
        party.change_face(0, email=f"{local}.{party.party_id}@{host}")
        label([party], "changed_email")


def merge_companies(chance: Chance, numbers: Numbers, pool: Pool, count: int) -> None:
    """Two companies became one: the other had a name, address, mailbox of its own."""
    for party in pool.take(count, lambda party: is_company(party, "crm_erp")):
        name = f"{chance.pick(LAST_NAMES)} {party.craft} {party.face.name.split()[-1]}"
        party.faces.append(
            replace(
                party.face,
                name=name,
                email=f"office@{numbers.host(plain(name))}",
                phone=numbers.phone(party.country),
                address=draw_address(chance, party.country),
                tax_id=f"{party.country}{chance.whole(0, 999_999_999):09d}",
            )
        )
        label([party], "merged")


def misspell(chance: Chance, name: str) -> str:
    """A name as a tired clerk types it."""
    position = chance.whole(1, max(1, len(name) - 3))
    swapped = name[:position] + name[position + 1] + name[position] + name[position + 2 :]
    return chance.pick((swapped, name.upper(), name.replace(" ", "  "), name.replace("ü", "ue")))


def register_twice(chance: Chance, pool: Pool, difficulty: str, count: int, *doors: str) -> None:
    """One source holds the customer twice: one more face, misspelt or moved."""
    for party in pool.take(count, lambda party: party.presence in doors):
        face = party.face
        if chance.happens(0.5):
            face = replace(face, address=draw_address(chance, party.country))
        party.faces.append(replace(face, name=misspell(chance, face.name)))
        label([party], difficulty)


def hide_guests(numbers: Numbers, pool: Pool, count: int) -> None:
    """They also bought as a guest under an address that nothing connects with them."""
    for party in pool.take(count, lambda party: is_person(party, "crm_erp")):
        party.faces.append(replace(party.face, email=numbers.email("kunde", MAIL_HOSTS[1])))
        label([party], "unknowable")


def switch_archetypes(chance: Chance, pool: Pool, count: int) -> None:
    """They bought in one way in the first year and in another since."""
    for party in pool.take(count, lambda party: party.presence == "crm_erp"):
        others = [name for name in SHARES[party.kind] if name != party.archetype]
        party.archetype = chance.pick(others)
        party.traits = draw_traits(chance, party.archetype)
        party.lifecycle = "steady"
        label([party], "drift")


def entangle(seed: int, parties: Sequence[Party]) -> None:
    """Do every case to some of the parties."""
    counts = case_counts(len(parties))
    chance = Chance(seed, "hard cases")
    numbers = Numbers(Chance(seed, "numbers of hard cases"))
    numbers.take_note(parties)
    pool = Pool(chance, parties)
    share_mailboxes(
        chance, numbers, pool, counts["shared_mailbox"], counts["shared_mailbox_couple"]
    )
    share_phones(chance, numbers, pool, counts["shared_switchboard"], counts["household_phone"])
    share_names(numbers, pool, counts["same_name_person"], counts["same_name_company"])
    change_emails(chance, pool, counts["changed_email"])
    merge_companies(chance, numbers, pool, counts["merged_company"])
    register_twice(chance, pool, "erp_duplicate", counts["erp_duplicate"], "crm_erp", "erp_only")
    register_twice(chance, pool, "crm_duplicate", counts["crm_duplicate"], "crm_erp", "crm_only")
    hide_guests(numbers, pool, counts["unknowable"])
    switch_archetypes(chance, pool, counts["archetype_switch"])
