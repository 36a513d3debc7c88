"""One patient's weeks with her provider, in the order in which they happened."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from random import Random

from appointments.models import Appointment, Attendance
from telehealth.demo import chart, money, visits
from telehealth.demo.patients import Case

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SETTLED = 10 * MINUTE  # after a visit: by then the room has written down what happened
CALLED_OFF_SHARE = 0.07


class Left(Enum):
    """What the provider has still to do after a visit."""

    NOTHING = auto()
    NOTE = auto()
    NOTE_BEGUN = auto()
    CHARGE = auto()


@dataclass(frozen=True)
class Course:
    case: Case
    concern: str
    starts: tuple[datetime, ...]
    left: Mapping[datetime, Left] = field(default_factory=dict)
    bad_card_since: datetime | None = None

    @property
    def visit_time(self) -> timedelta:
        return timedelta(minutes=self.case.provider.schedule.visit_minutes)


def play(course: Course, rng: Random, *, now: datetime) -> None:
    """Sign the papers, leave a card, and live through every visit until `now`."""
    patient, joined_at = course.case.patient, course.case.joined_at
    chart.sign_consents(patient, joined_at=joined_at, now=now)
    money.save_card(patient, now=joined_at + 8 * MINUTE)
    bad_card_since = course.bad_card_since
    for starts_at in course.starts:
        if bad_card_since and starts_at > bad_card_since:
            money.save_card(patient, now=bad_card_since, name=money.BAD_CARD)
            bad_card_since = None
        play_visit(course, starts_at, rng, now=now)


def play_visit(course: Course, starts_at: datetime, rng: Random, *, now: datetime) -> None:
    case = course.case
    joined_at = case.joined_at + 15 * MINUTE
    booked_at = visits.booking_time(starts_at, rng, not_before=joined_at, now=now)
    visit = visits.book(case.provider, case.patient, starts_at=starts_at, booked_at=booked_at)
    if visit.ends_at + SETTLED > now:
        return
    left = course.left.get(starts_at)
    if left is None and rng.random() < CALLED_OFF_SHARE:
        by = rng.choice([case.patient.user, case.patient.user, case.provider.user])
        visits.call_off(visit, booked_at, rng, by=by)
    else:
        attended = visits.attend(visit, rng)
        write_up(course, visit, attended, rng, left=left, now=now)


def write_up(
    course: Course,
    visit: Appointment,
    attended: Attendance,
    rng: Random,
    *,
    left: Left | None,
    now: datetime,
) -> None:
    """Note, charge and payment, as far as the provider has come."""
    by, body = course.case.provider.user, chart.body(course.concern, rng)
    opened_at = min(attended.ended_at + rng.uniform(1, 3) * MINUTE, now)
    signed_at = min(opened_at + rng.uniform(4, 12) * MINUTE, now)
    confirmed_at = signed_at + rng.uniform(0.3, 20) * HOUR
    if left is Left.NOTE:
        return
    if left is Left.NOTE_BEGUN:
        chart.begin_note(visit, body, by=by, now=opened_at)
        return
    chart.sign_note(visit, body, by=by, opened_at=opened_at, signed_at=signed_at)
    if left is not Left.CHARGE and confirmed_at < now:
        money.collect(visit, by=by, now=confirmed_at)
