"""A visit with a colleague in the place of one that cannot take place."""

from datetime import timedelta

import pytest

from appointments import booking, cancellation, moving, repeating, replacing
from appointments.booking import NotLicensed, NotOffered, PatientBusy, SlotTaken, TooLate
from appointments.models import Appointment, InvalidTransition, Schedule
from appointments.moving import Changed
from appointments.repeating import Rhythm
from core import duties
from core.models import AuditEvent, Duty
from tests.appointments.test_desk_booking import close, is_free
from tests.factories import HOUR, NINE, NOW, make_care, make_provider, make_visit

DAY = timedelta(days=1)


def replace(visit, provider, by, *, starts_at=NINE, version=None, now=NOW):
    return replacing.replace(
        appointment=visit,
        provider=provider,
        starts_at=starts_at,
        version=visit.version if version is None else version,
        by=by,
        now=now,
    )


def test_the_old_visit_is_off_and_the_new_one_is_on_for_the_same_fee(visit, carol, desk, dr_bob):
    type(carol).objects.filter(pk=carol.pk).update(fee_cents=99900)

    new = replace(visit, carol, desk)

    visit.refresh_from_db()
    assert (visit.status, visit.cancelled_by, visit.cancel_reason) == ("cancelled", desk, "prov")
    assert (new.status, new.provider, new.patient) == ("booked", carol, visit.patient)
    assert (new.replaces, new.fee_cents, new.booked_by) == (visit, visit.fee_cents, desk)
    assert (is_free(dr_bob, NINE), is_free(carol, NINE)) == (True, False)
    assert visit.patient.care_relationships.filter(person=carol.user, role="treating").exists()
    deeds = ["appointment.cancelled", "care.opened", "appointment.booked"]
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == deeds


def test_she_never_chose_it_so_it_is_free_until_it_begins(visit, carol, desk, alice):
    new = replace(visit, carol, desk)

    assert cancellation.free_until(new) == NINE

    moving.move(appointment=new, starts_at=NINE + DAY, version=0, by=alice.user, now=NOW)
    assert cancellation.free_until(new) == NINE  # this one she chose


def test_twice_is_once_and_each_of_the_three_is_told_once(
    visit, carol, desk, dr_bob, alice, mailoutbox
):
    assert replace(visit, carol, desk) == replace(visit, carol, desk, version=0)

    duties.sweep(now=NOW)

    subjects = sorted((letter.to[0], letter.subject) for letter in mailoutbox)
    assert subjects == [
        (alice.user.email, "You have another appointment"),
        (alice.user.email, "Your appointment is cancelled"),
        (dr_bob.user.email, "Appointment cancelled"),
        (carol.user.email, "New appointment"),
    ]
    hers = " ".join(one.body for one in mailoutbox if one.to == [alice.user.email])
    assert "a second message says when. It costs you nothing." in " ".join(hers.split())
    assert [
        word for word in ("Carol", "Bob", "Alice", "therap", "ill", "sick") if f" {word}" in hers
    ] == []


def test_of_a_series_only_this_visit_changes(visit, carol, desk, alice):
    rhythm = Rhythm(every_weeks=1, count=3)
    repeating.repeat(appointment=visit, rhythm=rhythm, choices={}, by=alice.user, now=NOW)

    new = replace(visit, carol, desk)

    assert new.series is None
    assert visit.series.appointments.filter(status="booked").count() == 2


@pytest.mark.parametrize(
    "change",
    [
        {"payers": ["Cigna"]},
        {"age_groups": ["child"]},
        {"is_accepting": False},
        {"practice": None},
    ],
)
def test_who_does_not_suit_is_refused_and_nothing_changes(visit, carol, desk, change):
    if "practice" in change:
        carol.user.memberships.all().delete()
    else:
        type(carol).objects.filter(pk=carol.pk).update(**change)
    carol.refresh_from_db()

    with pytest.raises(NotOffered):
        replace(visit, carol, desk)

    visit.refresh_from_db()
    assert (visit.status, Appointment.objects.count(), Duty.objects.count()) == ("booked", 1, 0)


def test_visits_of_another_length_do_not_suit(visit, carol, desk):
    Schedule.objects.filter(provider=carol).update(visit_minutes=30)
    carol.refresh_from_db()

    with pytest.raises(NotOffered):
        replace(visit, carol, desk)


def test_who_treats_her_already_need_take_nobody_new(visit, carol, desk, alice):
    close(carol)
    carol.refresh_from_db()
    make_care(alice, carol)

    assert replace(visit, carol, desk).provider == carol


def test_the_same_provider_is_no_replacement(visit, dr_bob, desk):
    with pytest.raises(NotOffered):
        replace(visit, dr_bob, desk, starts_at=NINE + HOUR)


def test_a_licence_where_the_patient_will_be_is_asked_for(dr_bob, carol, alice, desk):
    visit = make_visit(dr_bob, alice, patient_state="WI")

    with pytest.raises(NotLicensed):
        replace(visit, carol, desk)


def test_a_taken_time_and_a_busy_patient_are_refused(visit, carol, desk, alice, mallory, practice):
    make_visit(carol, mallory)
    with pytest.raises(SlotTaken):
        replace(visit, carol, desk)

    make_visit(make_provider(practice, "Dan Low"), alice, starts_at=NINE + HOUR)
    with pytest.raises(PatientBusy):
        replace(visit, carol, desk, starts_at=NINE + HOUR)

    visit.refresh_from_db()
    assert visit.status == "booked"


def test_what_has_changed_or_begun_is_left_alone(visit, carol, desk):
    with pytest.raises(Changed):
        replace(visit, carol, desk, version=1)
    with pytest.raises(TooLate):
        replace(visit, carol, desk, starts_at=NINE + DAY, now=NINE)

    booking.cancel(appointment=visit, by=visit.patient.user, now=NOW)
    with pytest.raises(InvalidTransition):
        replace(visit, carol, desk)
