"""One patient's weeks with her provider, in the order in which they happened."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from appointments.models import Appointment, Attendance
from telehealth.demo import money, visits
from telehealth.demo.patients import Case

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SETTLED = 30 * MINUTE  # after a visit: by then the room has written down what happened
LATE_NOTES, LATE_CHARGES = 3 * DAY, 6 * DAY  # how long some are put off
CALLED_OFF_SHARE = 0.07


@dataclass(frozen=True)
class Course:
    case: Case
    concern: str
    starts: tuple[datetime, ...]
    card_fails_from: datetime | None = None  # from then on the bank refuses the charges


def play(course: Course, rng: Random, *, now: datetime) -> None:
    """Sign the papers, leave a card, and live through every visit until `now`."""
    patient, joined_at = course.case.patient, course.case.joined_at

    money.save_card(patient, now=joined_at + 8 * MINUTE)
    card_is_good = True
    for starts_at in course.starts:
        fails_from = course.card_fails_from
        if card_is_good and fails_from and starts_at >= fails_from:
            money.save_failing_card(patient, now=fails_from)
            card_is_good = False
        play_visit(course, starts_at, rng, now=now)


def play_visit(course: Course, starts_at: datetime, rng: Random, *, now: datetime) -> Appointment:
    case = course.case
    booked_at = visits.booking_time(
        starts_at, rng, not_before=case.joined_at + 15 * MINUTE, now=now
    )
    visit = visits.book(case.provider, case.patient, starts_at=starts_at, booked_at=booked_at)
    if starts_at > now:
        return visit
    if visit.ends_at + SETTLED > now:
        visits.arrive(visit, rng)
    elif rng.random() < CALLED_OFF_SHARE:
        visits.call_off(visit, rng)
    else:
        write_up(visit, visits.attend(visit, rng), course.concern, rng, now=now)
    return visit


def write_up(
    visit: Appointment, attended: Attendance, concern: str, rng: Random, *, now: datetime
) -> None:
    """Note, charge and payment; of the last days, some are still to be done."""
    ago = now - attended.ended_at
    opened_at = attended.ended_at + rng.uniform(1, 10) * MINUTE
    if ago < LATE_NOTES and rng.random() < 0.3:
        if rng.random() < 0.5:
            return
            chart.begin_note(visit, concern, rng, now=opened_at)
        return
    return
    chart.sign_note(visit, concern, rng, now=opened_at)
    confirmed_at = opened_at + rng.uniform(0.3, 20) * HOUR
    is_late = ago < LATE_CHARGES and rng.random() < 0.3
    if confirmed_at < now and not is_late:
        money.collect(visit, now=confirmed_at)
