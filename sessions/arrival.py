"""At the door: the patient says where she is, and the law says whether the visit may begin.

A provider treats where the patient is at the time of the visit, and needs a licence, or the
authority of a compact, in that state (Telehealth.HHS.gov, "Licensing across state lines"). So
the state is asked at each visit, and the answer is a gate without a way around it.
"""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from core import audit
from sessions import admission
from sessions.models import CheckIn, InvalidTransition, Role, VideoSession


class NotLicensedThere(Exception):
    """The provider may not treat somebody who is in `state` today."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class NotPrivate(Exception):
    """Others could listen. A visit begins when the patient is alone, or as good as."""


def check_in(
    *,
    session: VideoSession,
    by: User,
    state: str,
    address: str,
    is_at_home: bool,
    callback_phone: str,
    is_private: bool,
    now: datetime,
) -> CheckIn:
    """
    Write down what the patient attests. The latest answer counts, until she is let in:
    the charge and the emergency facts rest on what she said at the door.

    :param state: USPS code of the state she is in now
    :param address: where an emergency crew would find her
    :raises NotYours: unless `by` is the patient
    :raises InvalidTransition: if she has been let in, or the visit has ended; nothing changes
    :raises NotPrivate: if she says that others could listen
    :raises NotLicensedThere: with no row left that says otherwise, and the room told
    """
    admission.require(session, by, Role.PATIENT)
    if not is_private:
        raise NotPrivate
    if not may_be_treated(session, state, now=now):
        _turn_away(session, by=by, now=now)
        raise NotLicensedThere(state)
    attested = {
        "state": state,
        "address": address,
        "is_at_home": is_at_home,
        "callback_phone": callback_phone,
        "is_private": is_private,
        "checked_in_at": now,
    }
    return _accept(session, attested, by=by, now=now)


def may_be_treated(session: VideoSession, state: str, *, now: datetime) -> bool:
    """Whether the provider's licences cover `state` on the day it is where the provider is."""
    provider = session.appointment.provider
    return provider.may_treat_in(state, on=now.astimezone(provider.zoneinfo).date())


@transaction.atomic
def _accept(
    session: VideoSession, attested: dict[str, object], *, by: User, now: datetime
) -> CheckIn:
    _lock_at_the_door(session)
    row, _ = CheckIn.objects.update_or_create(session=session, defaults=attested)
    patient_id = session.appointment.patient_id
    audit.record("video.checked-in", subject=session, by=by, at=now, patient_id=patient_id)
    return row


@transaction.atomic
def _turn_away(session: VideoSession, *, by: User, now: datetime) -> None:
    """Forget an earlier answer: she has said that she is elsewhere now."""
    _lock_at_the_door(session)
    CheckIn.objects.filter(session=session).delete()
    patient_id = session.appointment.patient_id
    audit.record("video.turned-away", subject=session, by=by, at=now, patient_id=patient_id)
    admission.publish_change(session)


def _lock_at_the_door(session: VideoSession) -> None:
    session.lock()
    if session.is_past_the_door:
        raise InvalidTransition(f"{session.status} -> checked in")
