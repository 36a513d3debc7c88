"""The patients: adults who signed up one by one, a couple of whom each has an account,
and a minor, whose mother has it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from accounts import patients
from accounts.codes import STATE_ZONES
from accounts.models import Patient, Practice, Provider, User
from telehealth.demo import data
from telehealth.demo.accounts import make_user
from telehealth.demo.names import Names, phone

YEAR = timedelta(days=365.25)
FEWEST = 3  # the demo patient and the couple
DEMO_CASELOAD = 12  # the demo provider has more patients than the others
COMPACT_STATES = ("AZ", "OH")  # where patients are seen under PSYPACT
SHORT_NAMES = ("Alex", "Sam", "Jo", "Kit", "Remy", "Max", "Charlie", "Noa")
SHORT_NAME_SHARE, OWN_STATE_SHARE, OLD_SHARE = 0.08, 0.75, 0.6
RELATIONS = ("Sibling", "Parent", "Partner", "Cousin", "Spouse")


@dataclass(frozen=True)
class Case:
    """A patient with the provider she came for, and since when."""

    patient: Patient
    provider: Provider
    joined_at: datetime


@dataclass(frozen=True)
class Desk:
    """What is needed to sign somebody up."""

    practice: Practice
    names: Names
    rng: Random
    now: datetime


def make_cases(desk: Desk, providers: list[Provider], *, count: int) -> Iterator[Case]:
    """Yield `count` patients as they are made: the demo patient first, a couple last.

    If there are more than these, the second is a minor.
    """
    sheet = data.read("practice")["demo_patient"]
    given, family = sheet["name"].split()
    demo = providers[0]
    own_state = home_state(demo, desk)
    yield make_case(desk, demo, (given, family), own_state, mailbox=sheet["mailbox"])
    if count > FEWEST:
        yield make_minor(desk, providers)
    for index in range(2, count - 2):
        is_early = index < min(DEMO_CASELOAD, count // 4)
        provider = providers[0 if is_early else index % len(providers)]
        yield make_case(desk, provider, desk.names.draw(), home_state(provider, desk))
    yield from make_couple(desk, providers)


def make_minor(desk: Desk, providers: list[Provider]) -> Case:
    """A teenager, whose mother has the account and is the one to call."""
    provider = next(p for p in providers if "teens" in p.concerns)
    sheet = data.read("practice")["minor"]
    given, family = sheet["name"].split()
    name, relation = sheet["guardian_name"], sheet["guardian_relation"]
    return make_case(
        desk,
        provider,
        (given, family),
        home_state(provider, desk),
        mailbox=sheet["mailbox"],
        date_of_birth=(desk.now - sheet["years"] * YEAR).date(),
        guardian_name=name,
        guardian_relation=relation,
        emergency_name=name,
        emergency_relation=relation,
    )


def make_couple(desk: Desk, providers: list[Provider]) -> Iterator[Case]:
    """Two people of one home, each other's emergency contact, with one therapist for couples."""
    provider = next(p for p in providers if "relationships" in p.concerns)
    given, family = desk.names.draw()
    partner, _ = desk.names.draw(family=family)
    state = home_state(provider, desk)
    for name, other in ((given, partner), (partner, given)):
        contact = {"emergency_name": f"{other} {family}", "emergency_relation": "Partner"}
        yield make_case(desk, provider, (name, family), state, **contact)


def make_case(
    desk: Desk,
    provider: Provider,
    name: tuple[str, str],
    state: str,
    *,
    mailbox: str = "",
    **fields: Any,
) -> Case:
    full_name = " ".join(name)
    user = make_user(mailbox or desk.names.mailbox(full_name))
    joined_at = desk.now - joined_ago(desk.rng)
    User.objects.filter(pk=user.pk).update(date_joined=joined_at)
    patient = patients.save_profile(
        user=user,
        practice=desk.practice,
        now=joined_at,
        legal_name=full_name,
        **profile(desk, state, family=name[1]) | fields,
    )
    return Case(patient, provider, joined_at)


def joined_ago(rng: Random) -> timedelta:
    """Most have been here for longer than the ten weeks; the others came since."""
    days = rng.uniform(80, 500) if rng.random() < OLD_SHARE else rng.uniform(8, 66)
    return timedelta(days=days)


def profile(desk: Desk, state: str, *, family: str) -> dict[str, Any]:
    """Return the fields of a person who lives in `state`."""
    rng = desk.rng
    relation = rng.choice(RELATIONS)
    contact, _ = desk.names.draw(family=family)
    age = rng.triangular(19, 79, 34)
    return {
        "preferred_name": rng.choice(SHORT_NAMES) if rng.random() < SHORT_NAME_SHARE else "",
        "date_of_birth": (desk.now - age * YEAR).date(),
        "phone": phone(state, rng),
        "state": state,
        "zone": STATE_ZONES[state],
        "emergency_name": f"{contact} {family}",
        "emergency_relation": relation,
        "emergency_phone": phone(state, rng),
    }


def home_state(provider: Provider, desk: Desk) -> str:
    """Mostly the provider's own state; some live in another where she may treat."""
    valid = [row for row in provider.licences.all() if row.valid_until >= desk.now.date()]
    own, *others = [licence.state for licence in valid if not licence.compact]
    if any(licence.compact for licence in valid):
        others += COMPACT_STATES
    return own if not others or desk.rng.random() < OWN_STATE_SHARE else desk.rng.choice(others)
