from datetime import timedelta

import pytest

from appointments import attendance
from appointments.models import Attendance, InvalidTransition
from appointments.signals import appointment_fulfilled
from core.models import AuditEvent
from tests.factories import NINE

MINUTE = timedelta(minutes=1)
OVER = NINE + 48 * MINUTE
FACTS = {
    "started_at": NINE + MINUTE,
    "ended_at": OVER + timedelta(seconds=59),
    "modality": "video",
    "patient_state": "IL",
    "is_at_home": True,
}


def arrive(visit, *, now=NINE - MINUTE):
    attendance.record_arrival(appointment=visit, now=now)


def test_arriving_is_noted_once(visit):
    arrive(visit)
    arrive(visit, now=NINE)

    assert (visit.status, visit.arrived_at) == ("arrived", NINE - MINUTE)
    assert list(AuditEvent.objects.values_list("action", "by_id", "patient_id")) == [
        ("appointment.arrived", visit.patient.user_id, visit.patient_id)
    ]


def test_nobody_arrives_at_a_cancelled_visit(visit):
    visit.cancel(by=visit.patient.user, now=NINE - MINUTE)

    with pytest.raises(InvalidTransition):
        arrive(visit)


def test_what_happened_is_written_once(visit):
    first = attendance.record_attendance(appointment=visit, **FACTS)
    second = attendance.record_attendance(appointment=visit, **FACTS | {"ended_at": NINE + MINUTE})

    assert (second, second.minutes, Attendance.objects.count()) == (first, 47, 1)


def test_completing_ends_the_visit_and_tells_of_it(visit, dr_bob):
    heard = []

    def listen(sender, appointment, by, now, **_later):
        heard.append((appointment, by, now))

    arrive(visit)
    appointment_fulfilled.connect(listen)
    attendance.complete(appointment=visit, by=dr_bob.user, now=OVER)

    assert (visit.status, heard) == ("fulfilled", [(visit, dr_bob.user, OVER)])
    assert AuditEvent.objects.filter(action="appointment.fulfilled", by_id=dr_bob.user_id).exists()


def test_completing_twice_is_refused(visit, dr_bob):
    arrive(visit)
    attendance.complete(appointment=visit, by=dr_bob.user, now=OVER)

    with pytest.raises(InvalidTransition):
        attendance.complete(appointment=visit, by=dr_bob.user, now=OVER)


def test_a_visit_to_which_nobody_came_cannot_be_complete(visit, dr_bob):
    with pytest.raises(InvalidTransition):
        attendance.complete(appointment=visit, by=dr_bob.user, now=OVER)


def test_arriving_after_the_visit_is_complete_changes_nothing(visit, dr_bob):
    arrive(visit)
    attendance.complete(appointment=visit, by=dr_bob.user, now=OVER)

    arrive(visit, now=OVER)

    assert visit.status == "fulfilled"
