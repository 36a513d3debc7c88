from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts import caring
from accounts.care_team import CareRelationship
from accounts.models import Patient
from appointments import booking, ending_care
from appointments.models import Appointment, Attendance
from tests.factories import NINE, NOW, VISIT, make_care, make_practice, make_provider, make_visit

DAY = timedelta(days=1)
COMPLETED = CareRelationship.EndReason.COMPLETED


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def past(dr_bob, alice):
    """A visit of last week that was written up."""
    return make_visit(
        dr_bob, alice, starts_at=NOW - 7 * DAY, status="fulfilled", arrived_at=NOW - 7 * DAY
    )


@pytest.fixture
def address(alice):
    return reverse("appointments:care_ending", args=[alice.ref])


def end(patient, provider, now=NOW):
    ending_care.end_care(patient=patient, provider=provider, reason=COMPLETED, now=now)


def held(provider):
    return booking.hold(provider=provider, starts_at=NINE, holder="her", state="IL", now=NOW)


def test_a_booked_visit_opens_the_chart(dr_bob, alice):
    hold = held(dr_bob)
    assert list(Patient.objects.visible_to(dr_bob.user)) == []

    booking.confirm(appointment=hold, patient=alice, by=alice.user, now=NOW)

    care = CareRelationship.objects.get()
    assert (care.patient, care.person, care.role, care.starts_at, care.ends_at, care.reason) == (
        alice,
        dr_bob.user,
        "treating",
        NOW,
        None,
        "visit",
    )
    assert list(Patient.objects.visible_to(dr_bob.user)) == [alice]


def test_nobody_books_across_practices(alice):
    elsewhere = make_provider(make_practice(name="Elsewhere"), "Eve Far")
    hold = held(elsewhere)

    with pytest.raises(booking.NoLongerOffered):
        booking.confirm(appointment=hold, patient=alice, by=alice.user, now=NOW)
    assert (CareRelationship.objects.count(), Appointment.objects.get().status) == (0, "held")


def test_the_care_of_a_patient_ends(dr_bob, alice, past):
    end(alice, dr_bob)

    assert list(Patient.objects.visible_to(dr_bob.user)) == []
    assert list(Appointment.objects.visible_to(dr_bob.user)) == []
    assert list(Appointment.objects.visible_to(alice.user)) == [past]


def test_care_in_two_roles_ends_in_both(dr_bob, alice, past):
    make_care(alice, dr_bob, "covering")

    end(alice, dr_bob)

    assert CareRelationship.objects.current().count() == 0


def test_what_has_ended_does_not_end_again(dr_bob, alice, past):
    end(alice, dr_bob)

    with pytest.raises(caring.EndedAlready):
        end(alice, dr_bob)


@pytest.mark.parametrize(
    ("starts_in", "fields", "is_left"),
    [
        (DAY, {}, True),
        (-VISIT, {}, False),  # booked, and nobody came: nothing is left of it
        (-VISIT / 2, {"status": "arrived", "arrived_at": NOW}, True),
        (-DAY, {"status": "arrived", "arrived_at": NOW}, False),
        (-DAY, {"status": "arrived", "arrived_at": NOW, "begun_at": NOW}, True),
        (DAY, {"status": "cancelled", "cancelled_at": NOW}, False),
        (-DAY, {"status": "fulfilled", "arrived_at": NOW}, False),
    ],
)
def test_care_ends_when_no_visit_is_left_to_hold(dr_bob, alice, starts_in, fields, is_left):
    make_visit(dr_bob, alice, starts_at=NOW + starts_in, **fields)

    assert ending_care.unfinished(alice, dr_bob, now=NOW).exists() is is_left
    if is_left:
        with pytest.raises(ending_care.StillToDo):
            end(alice, dr_bob)
    else:
        end(alice, dr_bob)
    assert CareRelationship.objects.current().exists() is is_left


def test_care_does_not_end_before_the_note_is_signed(dr_bob, alice):
    visit = make_visit(dr_bob, alice, starts_at=NOW - DAY, status="arrived", arrived_at=NOW - DAY)
    facts = {"started_at": NOW - DAY, "ended_at": NOW - DAY, "patient_state": "IL"}
    Attendance.objects.create(appointment=visit, modality="video", is_at_home=True, **facts)

    with pytest.raises(ending_care.StillToDo):
        end(alice, dr_bob)


def test_the_visits_with_others_do_not_matter(dr_bob, carol, alice, past):
    make_visit(carol, alice)

    end(alice, dr_bob)

    assert [care.person for care in CareRelationship.objects.current()] == [carol.user]


def test_the_provider_ends_care_on_a_page(sign_in, dr_bob, alice, past, address):
    his = sign_in(dr_bob.user)
    page = his.get(address).content.decode()

    refused = his.post(address, {"reason": "bored"})
    done = his.post(address, {"reason": "completed"})

    assert "End the care of Alice Doe" in page
    assert (refused.status_code, done.status_code, done.url) == (422, 302, reverse("home"))
    assert his.get(address).status_code == 404
    assert CareRelationship.objects.get().end_reason == "completed"


def test_the_page_says_what_is_still_to_do(sign_in, dr_bob, alice, visit, address):
    his = sign_in(dr_bob.user)

    response = his.post(address, {"reason": "completed"})

    assert response.status_code == 409
    assert reverse("appointments:detail", args=[visit.id]) in response.content.decode()
    assert CareRelationship.objects.current().exists()


def test_nobody_else_has_the_page(sign_in, carol, alice, mallory, past, address):
    answers = [sign_in(p.user).get(address).status_code for p in (carol, alice, mallory)]

    assert answers == [404, 404, 404]


def test_afterwards_the_calendar_shows_time_and_status_alone(sign_in, dr_bob, alice, past):
    end(alice, dr_bob)
    his = sign_in(dr_bob.user)

    page = his.get(reverse("appointments:list")).content.decode()
    detail = his.get(reverse("appointments:detail", args=[past.id]))

    assert "Completed" in page
    assert "Your care for this patient has ended" in page
    assert "Alice" not in page
    assert str(past.id) not in page
    assert detail.status_code == 404


def test_afterwards_the_patient_keeps_her_visit_without_a_way_to_write(
    sign_in, dr_bob, alice, past
):
    hers, write = sign_in(alice.user), reverse("messaging:create_thread", args=[past.id])
    address = reverse("appointments:detail", args=[past.id])
    before = hers.get(address).content.decode()

    end(alice, dr_bob)

    after = hers.get(address)
    assert (write in before, after.status_code, write in after.content.decode()) == (
        True,
        200,
        False,
    )
