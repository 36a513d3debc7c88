"""
Ask django-appointment for the same slots. Runs in its environment, on SQLite in memory.

It knows no zones, so that dates and hours are those of the provider's wall clock; and it keeps a
buffer on both sides of a visit, so that a visit with its ten minutes is a service of an hour.
"""

import json
import logging
import statistics
import sys
import time
from datetime import date, datetime, timedelta

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="of a benchmark",  # noqa: S106 -- guards nothing: a database in memory, and no server
    USE_TZ=True,
    TIME_ZONE="UTC",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "appointment",
    ],
    MIGRATION_MODULES={"appointment": None},
    ROOT_URLCONF="appointment.urls",
    LOGGING_CONFIG=None,
)
django.setup()
logging.disable()  # it would write a line for each day

from appointment.models import (
    Appointment,
    AppointmentRequest,
    Service,
    StaffMember,
    WorkingHours,
)
from appointment.services import get_available_slots_for_staff
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

TIMES = 9
HOUR = timedelta(hours=1)


def main() -> None:
    question = json.load(sys.stdin)
    staff, service = make_staff(question)
    make_visits(staff, service, [datetime.fromisoformat(at) for at in question["busy"]])
    days = [date.fromisoformat(day) for day in question["days"]]
    with CaptureQueriesContext(connection) as queries:
        found = slots(staff, service, days)
    taken = [timed(lambda: slots(staff, service, days)) for _ in range(TIMES)]
    print()
    answer = {"ms": statistics.median(taken) * 1_000, "slots": found, "queries": len(queries)}
    json.dump(answer, sys.stdout)


def make_staff(question: dict) -> tuple:
    call_command("migrate", run_syncdb=True, verbosity=0)
    service = Service.objects.create(
        name="Visit", duration=HOUR, price=0, use_service_duration_as_slot=True
    )
    user = get_user_model().objects.create(username="bob")
    staff = StaffMember.objects.create(
        user=user, slot_duration=question["step_minutes"], appointment_buffer_time=0
    )
    staff.services_offered.add(service)
    opens, closes = question["hours"]
    for weekday in range(1, 6):  # it counts from Sunday
        WorkingHours.objects.create(
            staff_member=staff, day_of_week=weekday, start_time=opens, end_time=closes
        )
    return StaffMember.objects.get(), service


def make_visits(staff: StaffMember, service: Service, busy: list) -> None:
    client = get_user_model().objects.create(username="alice")
    for number, start in enumerate(busy):
        asked = AppointmentRequest(
            date=start.date(),
            start_time=start.time(),
            end_time=(start + HOUR).time(),
            service=service,
            staff_member=staff,
            id_request=f"r{number}",
        )
        AppointmentRequest.objects.bulk_create([asked])
        visit = Appointment(client=client, appointment_request=asked, id_request=f"a{number}")
        Appointment.objects.bulk_create([visit])


def slots(staff: StaffMember, service: Service, days: list) -> list[str]:
    return [
        datetime.combine(day, start.time()).isoformat()
        for day in days
        for start in get_available_slots_for_staff(day, staff, day.isoweekday() % 7, service)
    ]


def timed(deed) -> float:
    began = time.perf_counter()
    deed()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
