"""One patient's weeks with her provider, in the order in which they happened."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from appointments.models import Appointment, Attendance
from telehealth.demo import chart, money, visits
from telehealth.demo.patients import Case

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SETTLED = 10 * MINUTE  # after a visit: by then the room has written down what happened
LATE_NOTES, LATE_CHARGES = 3 * DAY, 6 * DAY  # how long some are put off
CALLED_OFF_SHARE, LATE_SHARE = 0.07, 0.3


@dataclass(frozen=True)
class Course:
    case: Case
    concern: str
    starts: tuple[datetime, ...]
    card_fails_from: datetime | None = None  # from then on the bank refuses the charges


def play(course: Course, rng: Random, *, now: datetime) -> None:
    """Sign the papers, leave a card, and live through every visit until `now`."""
    patient, joined_at = course.case.patient, course.case.joined_at
    chart.sign_consents(patient, joined_at=joined_at, now=now)
    money.save_card(patient, now=joined_at + 8 * MINUTE)
    fails_from = course.card_fails_from
    for starts_at in course.starts:
        if fails_from and starts_at > fails_from:
            money.save_card(patient, now=fails_from, name=money.FAILING_CARD)
            fails_from = None
        play_visit(course, starts_at, rng, now=now)


def play_visit(course: Course, starts_at: datetime, rng: Random, *, now: datetime) -> None:
    case = course.case
    joined_at = case.joined_at + 15 * MINUTE
    booked_at = visits.booking_time(starts_at, rng, not_before=joined_at, now=now)
    visit = visits.book(case.provider, case.patient, starts_at=starts_at, booked_at=booked_at)
    if visit.ends_at + SETTLED > now:
        return
    if rng.random() < CALLED_OFF_SHARE:
        visits.call_off(visit, rng)
        return
    write_up(visit, visits.attend(visit, rng), course.concern, rng, now=now)


def write_up(
    visit: Appointment, attended: Attendance, concern: str, rng: Random, *, now: datetime
) -> None:
    """Note, charge and payment; of the last days, some are still to be done."""
    opened_at = attended.ended_at + rng.uniform(1, 3) * MINUTE
    confirmed_at = attended.ended_at + rng.uniform(0.3, 20) * HOUR
    if now - attended.ended_at < LATE_NOTES and rng.random() < LATE_SHARE:
        if rng.random() < LATE_SHARE:
            chart.begin_note(visit, concern, rng, now=opened_at)
        return
    chart.sign_note(visit, concern, rng, now=opened_at)
    is_late = now - attended.ended_at < LATE_CHARGES and rng.random() < LATE_SHARE
    if confirmed_at < now and not is_late:
        money.collect(visit, now=confirmed_at)
