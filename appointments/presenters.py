"""What pages show of times and visits, worked out before the template."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.codes import AgeGroup, Concern, Gender, Identity, Language, Method, State
from accounts.models import Licence, Provider, User
from appointments import cancellation, changing_series, door, missing, offers
from appointments.booking import NotLicensed, NotOffered, PatientBusy, SlotTaken, TooLate
from appointments.changing_series import Scope
from appointments.directory import Found, Instead, Match
from appointments.models import Appointment, AppointmentMove, InvalidTransition
from appointments.moving import Changed
from appointments.occurrences import NothingLeft
from appointments.responses import AppointmentResponse

NEAR = timedelta(hours=1)  # before a visit: who needs help joining then is called at once
AHEAD = (Appointment.Status.BOOKED, Appointment.Status.ARRIVED)


@dataclass(frozen=True)
class Day:
    """The free times of one day of the reader's calendar."""

    on: date
    slots: list[datetime]


def by_day(slots: Iterable[datetime], zone: ZoneInfo) -> list[Day]:
    """Put times under their day in `zone`, both in the order in which they come."""
    days: dict[date, list[datetime]] = {}
    for slot in slots:
        days.setdefault(slot.astimezone(zone).date(), []).append(slot)
    return [Day(on, times) for on, times in days.items()]


@dataclass(frozen=True)
class MatchRow:
    """One provider in a list: who, why, when."""

    provider: Provider
    initials: str
    languages: list[str]
    reasons: list[str]
    unmet: list[str]
    fee: str
    days: list[Day]


def match_rows(matches: Iterable[Match], zone: ZoneInfo) -> list[MatchRow]:
    return [
        MatchRow(
            provider=match.provider,
            initials=initials(match.provider),
            languages=_languages(match.provider),
            reasons=match.reasons,
            unmet=match.unmet,
            fee=match.fee,
            days=by_day(match.slots, zone),
        )
        for match in matches
    ]


def _languages(provider: Provider) -> list[str]:
    return [str(Language(code).label) for code in provider.languages]


def found(page: Found, state: str, zone: ZoneInfo) -> dict[str, Any]:
    """Put a page of the list into words."""
    return {
        "rows": match_rows(page.matches, zone),
        "after": page.after,
        "state": state,
        "state_name": State(state).label,
    }


def provider_facts(provider: Provider, *, on: date) -> dict[str, Any]:
    """Put the codes of a provider's entry into words; licences that are not valid stay out."""
    licences = [one for one in provider.licences.all() if one.valid_from <= on <= one.valid_until]
    return {
        "provider": provider,
        "minutes": offers.schedule_of(provider).visit_minutes,
        "concerns": [Concern(code).label for code in provider.concerns],
        "languages": _languages(provider),
        "methods": [Method(code).label for code in provider.methods],
        "age_groups": [AgeGroup(code).label for code in provider.age_groups],
        "about": _about(provider),
        "initials": initials(provider),
        "licences": [(_licence_name(one), one) for one in licences],
    }


def _about(provider: Provider) -> list[Any]:
    """What she says of herself beside her work."""
    gender = [Gender(provider.gender).label] if provider.gender else []
    return [*gender, *(Identity(code).label for code in provider.identities)]


def initials(provider: Provider) -> str:
    """Stand where a photograph would: of the first word and the last."""
    words = provider.name.split()
    return "".join(word[0] for word in dict.fromkeys([*words[:1], *words[-1:]])).upper()


def _licence_name(licence: Licence) -> str:
    return licence.compact_name or str(State(licence.state).label)


def slot_days(
    provider: Provider, state: str, slots: list[datetime], zone: ZoneInfo
) -> dict[str, Any]:
    return {
        "provider": provider,
        "state": state,
        "state_name": State(state).label,
        "days": by_day(slots, zone),
    }


def anyone(times: list[datetime], count: int, state: str, zone: ZoneInfo) -> dict[str, Any]:
    """Word the times of whoever fits."""
    return {
        "state": state,
        "state_name": State(state).label,
        "days": by_day(times, zone),
        "first": times[0] if times else None,
        "count": count,
    }


def refused_hold(
    refusal: Exception, choice: dict[str, Any], instead: Instead, zone: ZoneInfo
) -> dict[str, Any]:
    """Word why a time could not be held, and what is free in its place."""
    words = _refusal_words(choice["state"])[type(refusal)]
    return {
        **slot_days(choice["provider"], choice["state"], instead.slots, zone),
        "title": words[0],
        "reason": words[1],
        "rows": match_rows(instead.matches, zone),
    }


def _refusal_words(state: str) -> dict[type[Exception], tuple[str, str]]:
    where = {"state": State(state).label}
    return {
        SlotTaken: (
            _("That time has just been taken"),
            _("Someone else chose it a moment before you. Nothing was booked for you."),
        ),
        NotOffered: (
            _("That time is no longer offered"),
            _("The page may have been open for a while. Nothing was booked for you."),
        ),
        NotLicensed: (
            _("That time cannot be in %(state)s") % where,
            _(
                "On that day this therapist holds no license for people in %(state)s."
                " Nothing was booked for you."
            )
            % where,
        ),
    }


def refused_booking(refusal: Exception, state: str) -> dict[str, str]:
    """Word for the front desk why a time could not be booked for a patient."""
    if isinstance(refusal, PatientBusy):
        words = (
            _("The patient has another visit then"),
            _("It may be with someone else. Nothing was booked."),
        )
    elif isinstance(refusal, SlotTaken):
        words = (
            _("That time has just been taken"),
            _("Someone else holds it or has booked it. Nothing was booked."),
        )
    else:
        title, _told = _refusal_words(state)[type(refusal)]
        words = (title, _("Nothing was booked."))
    return {"title": words[0], "reason": words[1]}


def refused_move(
    refusal: Exception, appointment: Appointment, near: list[datetime], zone: ZoneInfo
) -> dict[str, Any]:
    """Word why a visit could not be moved, and which times are near."""
    title, reason = _move_words(appointment)[type(refusal)]
    return {
        "appointment": appointment,
        "title": title,
        "reason": reason,
        "days": by_day(near, zone),
    }


def move_refusal(refusal: Exception, appointment: Appointment) -> str:
    """The same in short."""
    return _move_words(appointment)[type(refusal)][0]


def _move_words(appointment: Appointment) -> dict[type[Exception], tuple[str, str]]:
    where = {"state": State(appointment.patient_state).label}
    return {
        SlotTaken: (
            _("That time has just been taken"),
            _("Someone else chose it a moment before. The visit keeps the time it had."),
        ),
        PatientBusy: (
            _("There is another visit at that time"),
            _("The patient has one with someone else then. This visit keeps the time it had."),
        ),
        NotOffered: (
            _("That time is no longer offered"),
            _("The page may have been open for a while. The visit keeps the time it had."),
        ),
        NotLicensed: (
            _("That time cannot be in %(state)s") % where,
            _(
                "On that day the therapist holds no license for people in %(state)s."
                " The visit keeps the time it had."
            )
            % where,
        ),
        Changed: (
            _("The visit was moved a moment ago"),
            _("This page still showed its earlier time. Look at the new one first."),
        ),
        NothingLeft: (
            _("Nothing was moved"),
            _("For every visit you chose to keep the time it has."),
        ),
        TooLate: (
            _("This visit can no longer be moved"),
            _("It has begun, or it is no longer booked. Nothing was changed."),
        ),
        InvalidTransition: (
            _("This visit can no longer be moved"),
            _("It is cancelled, or someone is waiting in its room. Nothing was changed."),
        ),
    }


@dataclass(frozen=True)
class VisitFacts:
    """What is true of a visit at this moment, for the one who looks at it."""

    is_provider: bool
    is_desk: bool  # neither of the two: the front desk
    goes_on: bool  # the provider cares for the patient, so that they can write to each other
    is_ahead: bool  # it can still take place, or is taking place
    is_open: bool  # one can come in
    goes_on_now: bool  # the provider has let the patient in
    opens_at: datetime
    may_cancel: bool
    may_move: bool
    may_fail: bool  # to the provider: it can be noted that it could not take place
    may_be_taken_back: bool  # to the provider: that nobody came
    may_be_missed: bool  # to the provider: it can be noted that nobody came
    may_repeat: bool
    ahead: list[Appointment]  # the visits of its series that are still to come, this one included
    is_another_late: bool  # whether calling one of the others off is free no more
    move: AppointmentMove | None  # the last one
    is_moved_late: bool  # at some time, by the patient
    is_free_to_cancel: bool
    free_until: datetime
    free_hours: int  # before the start, under the rule that it was booked with
    late_fee_cents: int  # what calling it off late may cost
    instead: Appointment | None  # booked in its place, with somebody else, and still to come
    cancelled_by: str  # "me", "provider", "patient" or "desk"; "" where it was not called off
    is_late: bool  # the patient called it off when the policy made it free no more
    accepted_at: datetime | None  # the patient said that she will be there

    @property
    def is_for_practice(self) -> bool:
        """Whether what the reader does is in the practice's name: it never costs the patient."""
        return self.is_provider or self.is_desk


def visit_facts(appointment: Appointment, *, reader: User, now: datetime) -> VisitFacts:
    is_over = hasattr(appointment, "attendance")
    is_ahead = appointment.status in AHEAD and not is_over and now < door.closes_at(appointment)
    is_provider = appointment.provider.user_id == reader.pk
    moves = list(appointment.moves.all())
    may_cancel = is_ahead and now < appointment.starts_at and appointment.begun_at is None
    may_move = may_cancel and appointment.status == Appointment.Status.BOOKED
    in_series = appointment.series_id is not None
    ahead = changing_series.within(appointment, Scope.ALL, now=now) if in_series else []
    return VisitFacts(
        is_provider=is_provider,
        is_desk=is_at_desk(appointment, reader),
        goes_on=Appointment.objects.in_care().filter(pk=appointment.pk).exists(),
        is_ahead=is_ahead,
        is_open=is_ahead and door.opens_at(appointment) <= now,
        goes_on_now=appointment.begun_at is not None,
        opens_at=door.opens_at(appointment),
        may_cancel=may_cancel,
        may_move=may_move,
        may_fail=is_provider and missing.may_fail(appointment, now=now),
        may_be_taken_back=is_provider and missing.may_be_taken_back(appointment, now=now),
        may_be_missed=is_provider and missing.may_be_missed(appointment, now=now),
        may_repeat=may_move and appointment.series_id is None,
        ahead=ahead,
        is_another_late=any(
            not cancellation.is_free(one, now=now) for one in ahead if one != appointment
        ),
        move=moves[-1] if moves else None,
        is_moved_late=any(map(cancellation.is_moved_late, moves)),
        is_free_to_cancel=cancellation.is_free(appointment, now=now),
        free_until=cancellation.free_until(appointment),
        free_hours=cancellation.free_hours(appointment),
        late_fee_cents=cancellation.late_fee_cents(appointment),
        instead=_instead(appointment, now=now),
        cancelled_by=_who_cancelled(appointment, reader=reader),
        is_late=cancellation.is_late(appointment),
        accepted_at=_accepted_at(appointment),
    )


def is_at_desk(appointment: Appointment, reader: User) -> bool:
    """Whether who reads it is neither of the two."""
    patient = appointment.patient
    two = (appointment.provider.user_id, patient and patient.user_id)
    return reader.pk not in two


def _instead(appointment: Appointment, *, now: datetime) -> Appointment | None:
    if appointment.status != Appointment.Status.CANCELLED:
        return None
    new = Appointment.objects.upcoming(now=now).filter(replaces=appointment)
    return new.select_related("provider").first()


def _accepted_at(appointment: Appointment) -> datetime | None:
    accepted = AppointmentResponse.objects.accepted().filter(appointment=appointment)
    return accepted.values_list("responded_at", flat=True).first()


def response_facts(appointment: Appointment, *, now: datetime) -> dict[str, Any]:
    """What the patient has answered, and whether there is something to answer. One query."""
    said = appointment.responses.filter(version=appointment.version, settled_at=None)
    by_kind = {response.kind: response for response in said}
    return {
        "appointment": appointment,
        "is_ahead": appointment.status in AHEAD and now < appointment.ends_at,
        "accepted": by_kind.get(AppointmentResponse.Kind.ACCEPTED),
        "help": by_kind.get(AppointmentResponse.Kind.HELP),
        "is_near": appointment.starts_at - now <= NEAR,
        "phone": appointment.provider.practice.phone,
    }


def _who_cancelled(appointment: Appointment, *, reader: User) -> str:
    by = appointment.cancelled_by_id
    if by is None:
        return ""
    if by == reader.pk:
        return "me"
    if cancellation.is_by_patient(appointment):
        return "patient"
    return "provider" if by == appointment.provider.user_id else "desk"
