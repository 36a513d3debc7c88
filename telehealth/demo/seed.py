"""Build the demo practice, all of it or none."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import F

from accounts.care_team import Care, CareRelationship
from accounts.models import Practice, Provider, User
from appointments import indexing
from core.models import Duty
from core.transactions import take_turns
from telehealth.demo import conversations, course, money, plan, providers, staff, today
from telehealth.demo.names import Names
from telehealth.demo.patients import Case, Desk, make_cases
from telehealth.demo.progress import Progress

SEED = 2026
PATIENTS = 150
CALENDAR = range(-75, 60)  # the days, counted from today, whose leave and holidays are known
STAFFED = timedelta(days=600)  # since when the practice has been there


class NotEmpty(Exception):
    """There is a practice already."""


@transaction.atomic
def build(
    *, now: datetime, progress: Progress, scale: int = 1, patients_count: int = PATIENTS
) -> None:
    """
    Make the practice, its people, and their visits around `now`.

    :param scale: how many times as many providers and patients
    :raises NotEmpty:
    """
    take_turns("demo practice")  # of two that start at once, the second finds the first one's
    if Practice.objects.exists():
        raise NotEmpty
    with no_savepoints(), indexing.put_off():
        make_everything(now=now, progress=progress, scale=scale, patients_count=patients_count)
    indexing.sweep(now=now)


@contextmanager
def no_savepoints() -> Iterator[None]:
    """Go without savepoints, which would be a third of the queries.

    Nothing here is expected to fail and be caught, so a failure may undo everything.
    """
    connection.features.uses_savepoints = False
    try:
        yield
    finally:
        connection.features.uses_savepoints = True


def make_everything(*, now: datetime, progress: Progress, scale: int, patients_count: int) -> None:
    rng = Random(SEED)  # noqa: S311 -- the same people every time; nothing secret
    names = Names(rng)
    practice = staff.make_practice(now=now)
    staff.make_staff(practice, names)
    staffed = make_providers(practice, names, scale=scale, now=now)
    desk = Desk(practice, names, rng, now)
    cases = sign_up(desk, staffed, progress, count=patients_count * scale)
    begin_care(cases)
    staff.agree_on_supervision(practice, staffed[0], now=now)
    live(cases, rng, progress, now=now)
    today.play([case for case in cases if case.provider == staffed[0]], rng, now=now)
    conversations.write(cases, rng, now=now)
    money.receive_payouts(now=now)
    providers.close_lists(staffed)
    settle(now=now)


def make_providers(
    practice: Practice, names: Names, *, scale: int, now: datetime
) -> list[Provider]:
    day = now.astimezone(ZoneInfo(practice.zone)).date()
    made = providers.make_providers(practice, names, scale=scale, today=day, days=CALENDAR)
    User.objects.update(date_joined=now - STAFFED)  # those of the practice came first
    today.open_hours(made[0], today.next_start(now))
    related = ("schedule", "licences", "availability_rules", "availability_exceptions", "user")
    return list(Provider.objects.order_by("pk").prefetch_related(*related))


def sign_up(desk: Desk, staffed: list[Provider], progress: Progress, *, count: int) -> list[Case]:
    cases = []
    for case in make_cases(desk, staffed, count=count):
        cases.append(case)
        progress.show("Patients", len(cases), count)
    return cases


def begin_care(cases: list[Case]) -> None:
    """The care of every case since its patient joined, at once: bookings then find it there."""
    CareRelationship.objects.bulk_create(
        CareRelationship(
            patient=case.patient,
            person=case.provider.user,
            role=Care.TREATING,
            starts_at=case.joined_at,
            reason=CareRelationship.Reason.VISIT,
        )
        for case in cases
    )


def live(cases: list[Case], rng: Random, progress: Progress, *, now: datetime) -> None:
    planned = plan.courses(cases, rng, now=now)
    for count, one in enumerate(planned, start=1):
        course.play(one, rng, now=now)
        progress.show("Visits of patients", count, len(planned))


def settle(*, now: datetime) -> None:
    """Nothing that was due is left over: nobody waits for the letters of these weeks."""
    Duty.objects.filter(done_at=None, dead_at=None, due_at__lte=now).update(done_at=F("due_at"))
    # Each duty asked for a wake-up of the workers, thousands in all, and there is nothing to do.
    connection.run_on_commit.clear()
