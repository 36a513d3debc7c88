"""What the practice enters of a therapist and checks: number, fee, insurers, licences, listing."""

from datetime import date, datetime

from django.db import transaction

from accounts import profiles
from accounts.models import Licence, Provider, User
from accounts.signals import licences_changed
from core import audit


class NotWhole(Exception):
    """Something is still missing of the entry, so that it can be neither checked nor listed."""


class EnteredAlready(Exception):
    """This licence is entered, from the same day on."""


class NotItsDays(Exception):
    """A licence ends on one of its own days: not before it began, not later than it was to."""


@transaction.atomic
def enter(
    *,
    provider: Provider,
    npi: str,
    fee_cents: int,
    sliding_fee_cents: int | None,
    payers: list[str],
    by: User,
    now: datetime,
) -> None:
    """Keep her number, what a visit costs from now on, and with which insurers she works."""
    row = _locked(provider)
    row.npi, row.payers = npi, payers
    row.fee_cents, row.sliding_fee_cents = fee_cents, sliding_fee_cents
    row.save(update_fields=["npi", "payers", "fee_cents", "sliding_fee_cents"])
    audit.record("entry.saved", subject=row, by=by, at=now)


@transaction.atomic
def enter_licence(
    *,
    provider: Provider,
    state: str,
    compact: str,
    number: str,
    valid_from: date,
    valid_until: date,
    by: User,
    now: datetime,
) -> Licence:
    """
    Note that she may treat in a state, or under a compact, from one day to another.

    :raises EnteredAlready:
    """
    row = _locked(provider)
    if row.licences.filter(state=state, compact=compact, valid_from=valid_from).exists():
        raise EnteredAlready
    licence = Licence.objects.create(
        provider=row,
        state=state,
        compact=compact,
        number=number,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    licences_changed.send(Provider, provider=row, now=now)
    audit.record("licence.entered", subject=licence, by=by, at=now)
    return licence


@transaction.atomic
def end_licence(*, licence: Licence, last_on: date, by: User, now: datetime) -> None:
    """
    Let a licence end earlier: `last_on` is the last day on which it counts.

    Visits that are booked for later days stay; whoever comes to one is told at the check-in.

    :raises NotItsDays:
    """
    row = _locked(licence.provider)
    licence.refresh_from_db()
    if not licence.valid_from <= last_on <= licence.valid_until:
        raise NotItsDays
    licence.valid_until = last_on
    licence.save(update_fields=["valid_until"])
    licences_changed.send(Provider, provider=row, now=now)
    audit.record("licence.ended", subject=licence, by=by, at=now)


@transaction.atomic
def verify(*, provider: Provider, on: date, by: User, now: datetime) -> None:
    """
    Note that the practice has checked words, number and licences on the day `on`.

    From then on she changes her words with the practice only (`profiles.Verified`).

    :raises NotWhole:
    """
    row = _locked(provider)
    if missing(row, on=on, is_verified=True):
        raise NotWhole
    row.verified_on = on
    row.save(update_fields=["verified_on"])
    audit.record("entry.verified", subject=row, by=by, at=now)


@transaction.atomic
def put_on_list(*, provider: Provider, on: date, by: User, now: datetime) -> None:
    """
    Let people find her.

    :raises NotWhole:
    """
    row = _locked(provider)
    if missing(row, on=on):
        raise NotWhole
    row.is_accepting = True
    row.save(update_fields=["is_accepting"])
    audit.record("entry.listed", subject=row, by=by, at=now)


@transaction.atomic
def take_off_list(*, provider: Provider, by: User, now: datetime) -> None:
    """Let nobody new find her. Those who are booked stay so."""
    row = _locked(provider)
    row.is_accepting = False
    row.save(update_fields=["is_accepting"])
    audit.record("entry.unlisted", subject=row, by=by, at=now)


def missing(provider: Provider, *, on: date, is_verified: bool = False) -> list[object]:
    """
    What is still to be said or entered, in words.

    :param is_verified: whether to leave out the check itself, which is about to be made
    """
    facts = profiles.facts(provider, on=on)
    if is_verified:
        facts[profiles.CHECK] = True
    return [
        *profiles.missing_words(provider),
        *(words for words, is_there in facts.items() if not is_there),
    ]


def _locked(provider: Provider) -> Provider:
    """Changes take turns; a visit that refers to the row (a key share) waits for none of them."""
    return Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
