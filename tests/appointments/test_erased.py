import pytest

from accounts import erasure
from appointments import booking
from appointments.models import Appointment
from core import duties
from tests.factories import HOUR, NINE, NOW, make_patient, make_visit

DAY = 24 * HOUR


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def erase(alice, biller):
    return lambda: erasure.erase(patient=alice, reason="request", by=biller, now=NOW)


def test_visits_ahead_are_called_off_and_their_times_are_free(erase, visit, dr_bob, alice, biller):
    waiting = make_visit(dr_bob, alice, starts_at=NINE + DAY, status="arrived", arrived_at=NOW)

    erase()

    for row in (visit, waiting):
        row.refresh_from_db()
        assert (row.status, row.cancelled_at, row.cancelled_by) == ("cancelled", NOW, biller)
    held = booking.hold(provider=dr_bob, starts_at=NINE, holder="mallory", state="IL", now=NOW)
    assert held.status == "held"


def test_the_provider_is_told_and_the_erased_is_not(erase, visit, dr_bob, alice, mailoutbox):
    erase()

    duties.sweep(now=NOW)

    assert [mail.to for mail in mailoutbox] == [[dr_bob.user.email]]
    assert mailoutbox[0].subject == "Appointment cancelled"


def test_what_has_begun_or_is_over_stays_as_it_was(erase, dr_bob, alice):
    over = make_visit(dr_bob, alice, starts_at=NOW - DAY, status="fulfilled", arrived_at=NOW - DAY)
    running = make_visit(
        dr_bob, alice, starts_at=NOW - HOUR / 4, status="arrived", arrived_at=NOW, begun_at=NOW
    )

    erase()

    kept = Appointment.objects.filter(pk__in=[over.pk, running.pk]).order_by("starts_at")
    assert list(kept.values_list("status", flat=True)) == ["fulfilled", "arrived"]


def test_nobody_elses_visit_is_touched(erase, visit, dr_bob, practice):
    other = make_visit(dr_bob, make_patient(practice, "Ann Poe"), starts_at=NINE + HOUR)

    erase()

    other.refresh_from_db()
    assert other.status == "booked"
