"""The front desk books a visit on behalf of a patient: at once, with no hold that she could lose.

What may be had is the same as for the patient herself: the provider's free time, on days on which
she may treat in that state. The visit is in the patient's name, the trail names who booked it, and
the notice says that the practice did.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts.care_team import CLINICAL, CareRelationship
from accounts.models import Membership, Patient, Provider, User
from appointments import booking, common_time, indexing, notices
from appointments.booking import NotOffered
from appointments.common_time import CommonTime
from appointments.models import Appointment
from appointments.moving import REFUSALS
from core.transactions import retried, take_turns

NEAR = timedelta(days=14)


def providers_for(patient: Patient, *, state: str, on: date) -> list[Provider]:
    """
    Return with whom the patient can have a visit in `state`: those who treat her come first.

    :param on: when a licence has to be valid for a provider to be named; whether it is on the day
        of the visit is asked again
    """
    named = who_take(patient).licensed_in(state, on=on)
    return list(named.order_by("-treats", "name", "pk"))


def who_take(patient: Patient) -> Any:
    """Return those of her practice who treat her, or take somebody new: `treats` tells which."""
    cares = CareRelationship.objects.current().filter(patient=patient, role__in=CLINICAL)
    works = Membership.objects.filter(
        user=OuterRef("user"), practice=patient.practice_id, role=Membership.Role.PROVIDER
    )
    here = Provider.objects.filter(Exists(works), practice=patient.practice_id)
    known = here.annotate(treats=Exists(cares.filter(person=OuterRef("user"))))
    return known.filter(Q(treats=True) | Q(is_accepting=True), user__is_active=True)


def book(
    *,
    patient: Patient,
    provider: Provider,
    starts_at: datetime,
    state: str,
    by: User,
    now: datetime,
) -> Appointment:
    """
    Book a visit for the patient, who will be in `state`. Asked twice, it is done once.

    :raises NotOffered: if the provider does not offer that time, or takes nobody new
    :raises NotLicensed: if she may not treat in `state` on that day
    :raises SlotTaken: if somebody else holds or has booked it
    :raises PatientBusy: if the patient has another visit then (a SlotTaken)
    """
    with booking.overlaps_refused():
        return _book(patient, provider, starts_at, state, by=by, now=now)


@retried
@transaction.atomic
def _book(
    patient: Patient,
    provider: Provider,
    starts_at: datetime,
    state: str,
    *,
    by: User,
    now: datetime,
) -> Appointment:
    take_turns(f"patient {patient.pk}")
    indexing.lock([provider.pk])
    same = Appointment.objects.filter(patient=patient, provider=provider, starts_at=starts_at)
    if booked := same.filter(status=Appointment.Status.BOOKED).first():
        return booked
    found = _common_time(patient, provider, state, now=now)
    if obstacle := found.obstacle(starts_at):
        raise REFUSALS[obstacle]
    visit = enter(found, patient, starts_at, by=by, now=now)
    notices.enqueue_confirmation(visit, now=now)
    indexing.renew([provider.pk], now=now)
    return visit


def _common_time(patient: Patient, provider: Provider, state: str, *, now: datetime) -> CommonTime:
    """
    :raises NotOffered: if the provider does not take the patient
    """
    if not who_take(patient).filter(pk=provider.pk).exists():
        raise NotOffered
    return common_time.between(provider, patient, state=state, now=now)


def enter(
    found: CommonTime,
    patient: Patient,
    starts_at: datetime,
    *,
    by: User,
    now: datetime,
    **fields: Any,
) -> Appointment:
    """
    Write the visit, the care that it opens, and what follows from it but the mail.

    The caller has locked the provider's time and found nothing in the way.

    :param fields: of Appointment, in place of the ordinary ones
    """
    provider, times = found.offer.provider, found.offer.block(starts_at)
    block = (times["block_starts_at"], times["block_ends_at"])
    booking.make_room(provider, *block, "", now=now)
    booking.open_care(provider, patient, by=by, now=now)
    values = {"fee_cents": provider.fee_cents, "patient_state": found.state} | fields
    visit = Appointment.objects.create(
        **times,
        provider=provider,
        patient=patient,
        status=Appointment.Status.BOOKED,
        booked_at=now,
        booked_by=by,
        **values,
    )
    booking.announce(visit, by=by, now=now)
    return visit


def starts(
    *,
    patient: Patient,
    provider: Provider,
    state: str,
    since: datetime,
    until: datetime,
    now: datetime,
) -> list[datetime]:
    """Return the times from `since` to `until` that can be booked for the patient."""
    try:
        found = _common_time(patient, provider, state, now=now)
    except NotOffered:
        return []
    return found.starts(since=since, until=until)


def nearest(
    *,
    patient: Patient,
    provider: Provider,
    state: str,
    wanted: datetime,
    count: int,
    now: datetime,
) -> list[datetime]:
    """Return the times that are nearest to the one that could not be had, by the clock."""
    free = starts(
        patient=patient,
        provider=provider,
        state=state,
        since=wanted - NEAR,
        until=wanted + NEAR,
        now=now,
    )
    return sorted(sorted(free, key=lambda at: (abs(at - wanted), at))[:count])
