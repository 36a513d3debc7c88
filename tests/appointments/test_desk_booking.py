"""Booking a visit on behalf of a patient: at once, by the same rules, and told as what it is."""

from datetime import date, timedelta

import pytest

from accounts.care_team import CareRelationship
from accounts.models import Provider
from appointments import booking, desk_booking
from appointments.booking import NotLicensed, NotOffered, PatientBusy, SlotTaken
from appointments.models import Appointment, FreeInterval
from core import duties
from core.models import AuditEvent, Duty
from tests.factories import (
    HOUR,
    NINE,
    NOW,
    end_all_care,
    make_care,
    make_licence,
    make_patient,
    make_practice,
    make_provider,
    make_visit,
)

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def book(patient, provider, by, *, starts_at=NINE, state="IL", now=NOW):
    return desk_booking.book(
        patient=patient, provider=provider, starts_at=starts_at, state=state, by=by, now=now
    )


def is_free(provider, at):
    return FreeInterval.objects.filter(
        provider=provider, starts_at__lte=at, ends_at__gt=at
    ).exists()


def test_the_visit_is_the_patients_at_once_and_the_desk_is_who_booked_it(alice, dr_bob, desk):
    visit = book(alice, dr_bob, desk)

    assert (visit.status, visit.patient, visit.booked_by) == ("booked", alice, desk)
    assert (visit.fee_cents, visit.patient_state) == (dr_bob.fee_cents, "IL")
    assert not is_free(dr_bob, NINE)
    assert CareRelationship.objects.get(patient=alice).person == dr_bob.user
    event = AuditEvent.objects.get(action="appointment.booked")
    assert (event.by_id, event.role, event.patient_id) == (desk.pk, "front-desk", alice.pk)


def test_pressed_twice_it_is_one_visit_and_one_mail(alice, dr_bob, desk):
    first, again = book(alice, dr_bob, desk), book(alice, dr_bob, desk)

    assert first == again
    assert Duty.objects.filter(kind="notice.confirmation").count() == 2  # one for each of the two


def test_the_patient_is_told_that_the_practice_booked_and_where_to_go_on(
    alice, dr_bob, desk, mailoutbox
):
    visit = book(alice, dr_bob, desk)

    duties.sweep(now=NOW)

    told = {letter.to[0]: letter for letter in mailoutbox}
    hers = told["alice@example.com"]
    assert hers.subject == "You have an appointment"
    assert "We have booked an appointment for you." in " ".join(hers.body.split())
    assert f"/visits/{visit.pk}/preparation/" in hers.body
    assert "An appointment was booked with you." in told[dr_bob.user.email].body
    assert [word for word in ("Alice", "Bob", "desk") if word in hers.body] == []


def test_what_a_patient_books_herself_is_told_as_before(alice, dr_bob, mailoutbox):
    held = booking.hold(provider=dr_bob, starts_at=NINE, holder="h", state="IL", now=NOW)
    booking.confirm(appointment=held, patient=alice, by=alice.user, now=NOW)

    duties.sweep(now=NOW)

    [hers] = [letter for letter in mailoutbox if letter.to == ["alice@example.com"]]
    assert hers.subject == "Your appointment is confirmed"


@pytest.mark.parametrize(
    ("starts_at", "refusal"),
    [
        (NINE - HOUR, NotOffered),  # before she works
        (NINE + 5 * MINUTE, NotOffered),  # between the starts
        (NOW - HOUR, NotOffered),
        (NINE + 400 * DAY, NotOffered),
    ],
)
def test_what_is_not_offered_is_refused_and_nothing_is_written(
    alice, dr_bob, desk, starts_at, refusal
):
    with pytest.raises(refusal):
        book(alice, dr_bob, desk, starts_at=starts_at)

    assert (Appointment.objects.count(), Duty.objects.count()) == (0, 0)
    assert not CareRelationship.objects.exists()


def test_a_licence_is_asked_for_on_the_day_of_the_visit(alice, dr_bob, desk):
    make_licence(dr_bob, state="WI", valid_from=date(2026, 12, 4), valid_until=date(2026, 12, 4))

    with pytest.raises(NotLicensed):
        book(alice, dr_bob, desk, state="WI")

    assert book(alice, dr_bob, desk, state="WI", starts_at=NINE + DAY).patient_state == "WI"


def test_what_somebody_holds_is_not_taken_from_her(alice, dr_bob, desk):
    booking.hold(provider=dr_bob, starts_at=NINE, holder="h", state="IL", now=NOW)

    with pytest.raises(SlotTaken):
        book(alice, dr_bob, desk)

    assert book(alice, dr_bob, desk, now=NOW + booking.HOLD).status == "booked"
    assert not Appointment.objects.filter(status="held").exists()


def test_a_patient_has_no_two_visits_at_once(alice, dr_bob, carol, desk):
    make_visit(carol, alice)

    with pytest.raises(PatientBusy):
        book(alice, dr_bob, desk)


def close(provider):
    Provider.objects.filter(pk=provider.pk).update(is_accepting=False)


def test_who_takes_nobody_new_still_sees_whom_she_treats(alice, mallory, dr_bob, desk):
    close(dr_bob)
    make_care(alice, dr_bob)

    with pytest.raises(NotOffered):
        book(mallory, dr_bob, desk)

    assert book(alice, dr_bob, desk).status == "booked"


def test_once_care_has_ended_she_is_new_again(alice, dr_bob, desk):
    make_care(alice, dr_bob)
    end_all_care()
    close(dr_bob)

    with pytest.raises(NotOffered):
        book(alice, dr_bob, desk)


def test_a_provider_of_another_practice_is_not_offered(alice, desk):
    far = make_provider(make_practice(name="Elsewhere"), "Far Away")

    with pytest.raises(NotOffered):
        book(alice, far, desk)


def test_those_who_treat_the_patient_come_first(alice, practice, dr_bob, carol):
    make_care(alice, carol)
    abe = make_provider(practice, "Abe Low", is_accepting=False)
    gone = make_provider(practice, "Gone Fox")
    gone.user.memberships.all().delete()

    named = desk_booking.providers_for(alice, state="IL", on=NOW.date())

    assert [(one, one.treats) for one in named] == [(carol, True), (dr_bob, False)]
    assert abe not in named
    assert desk_booking.providers_for(alice, state="WI", on=NOW.date()) == []


def test_the_nearest_times_leave_out_what_the_patient_has_elsewhere(alice, dr_bob, carol, desk):
    make_visit(carol, alice, starts_at=NINE + HOUR)
    make_visit(dr_bob, make_patient(alice.practice, "Zoe Doe"))

    near = desk_booking.nearest(
        patient=alice, provider=dr_bob, state="IL", wanted=NINE, count=2, now=NOW
    )

    assert near == [NINE + 2 * HOUR, NINE + 2 * HOUR + 15 * MINUTE]
