"""A time of whoever of a team fits: which times, who it is, and what of two who want the same."""

from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from appointments import anyone, booking
from appointments.booking import SlotTaken
from appointments.models import Appointment
from appointments.wishes import Wishes
from tests.appointments.test_races import all_at_once
from tests.appointments.test_views import text
from tests.factories import (
    HOUR,
    NINE,
    NOW,
    make_licence,
    make_member,
    make_patient,
    make_practice,
    make_provider,
    make_visit,
)

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
TODAY = NOW.date()
ANY = Wishes("IL")
FIND, HOLD = "/anyone/", "/anyone/holds/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def fits(wishes=ANY, practice=None):
    return {one.name for one in anyone.who_fit(wishes, practice=practice, on=TODAY, now=NOW)}


def hold(holder, *, starts_at=NINE, wishes=ANY, practice=None, now=NOW):
    return anyone.hold(
        wishes=wishes, practice=practice, starts_at=starts_at, holder=holder, on=TODAY, now=now
    )


def times(wishes=ANY):
    found = anyone.who_fit(wishes, practice=None, on=TODAY, now=NOW)
    return anyone.starts(found, wishes, now=NOW)


def said(starts_at=NINE, **more):
    return {"state": "IL", "starts_at": starts_at.isoformat(), **more}


def test_the_times_are_those_at_which_any_one_is_free(dr_bob, carol, alice):
    make_visit(dr_bob, alice)
    found = times()
    make_visit(carol, make_patient(alice.practice, "Zoe Doe"))

    assert (NINE in found, NINE in times()) == (True, False)
    assert found == sorted(set(found))


@pytest.mark.parametrize(
    ("wishes", "names"),
    [
        (Wishes("IL"), {"Bob Ray", "Carol Fox"}),
        (Wishes("WI"), set()),
        (Wishes("IL", payer="Cigna"), {"Carol Fox"}),
        (Wishes("IL", max_fee_cents=10000), {"Carol Fox"}),
        (Wishes("IL", concern="grief"), {"Bob Ray", "Carol Fox"}),  # weighed, so nobody is out
        (Wishes("IL", text="Fox"), {"Carol Fox"}),
    ],
)
def test_who_misses_a_firm_wish_is_not_among_them(dr_bob, practice, wishes, names):
    make_provider(practice, "Carol Fox", payers=["Cigna"], fee_cents=9000)

    assert fits(wishes) == names


def test_a_patient_is_seen_in_her_own_practice(dr_bob, practice):
    make_provider(make_practice(name="Elsewhere"), "Far Away")

    assert fits(practice=practice) == {"Bob Ray"}
    assert fits() == {"Bob Ray", "Far Away"}


def test_it_is_who_has_the_fewest_visits_that_week_then_by_name(dr_bob, carol, alice):
    assert hold("h1").provider == dr_bob  # both have none

    make_visit(dr_bob, alice, starts_at=NINE + DAY)
    assert hold("h2", starts_at=NINE + HOUR).provider == carol

    next_week = NINE + 7 * DAY
    assert hold("h3", starts_at=next_week).provider == dr_bob


def test_the_week_is_the_providers_own(dr_bob, carol, alice):
    """Sunday night in Chicago is Monday in London: it counts for the week before."""
    sunday = NINE - 4 * DAY + 14 * HOUR
    make_visit(dr_bob, alice, starts_at=sunday, booked_at=NOW - 30 * DAY)

    counts = anyone.visits_of_week([dr_bob], NINE, holder="", now=NOW)

    assert counts[dr_bob.pk] == 0


def test_pressed_twice_it_is_one_hold_with_the_same_person(dr_bob, carol):
    first, again = hold("h1"), hold("h1", now=NOW + MINUTE)

    assert (first, Appointment.objects.count()) == (again, 1)


def test_when_nobody_is_free_it_is_refused_and_the_former_hold_is_kept(dr_bob, carol, alice):
    former = hold("h1", starts_at=NINE + HOUR)
    make_visit(dr_bob, alice)
    make_visit(carol, make_patient(alice.practice, "Zoe Doe"))

    with pytest.raises(SlotTaken):
        hold("h1")

    assert Appointment.objects.get(status="held") == former


def test_a_licence_counts_on_the_day_of_the_visit(dr_bob, carol):
    dr_bob.licences.all().delete()
    make_licence(dr_bob, valid_from=date(2024, 1, 1), valid_until=NINE.date() - DAY)

    assert hold("h1").provider == carol


def test_the_page_names_the_first_time_and_who_it_is_follows(client, dr_bob, carol):
    page = client.get(FIND, {"state": "IL"})

    held = client.post(HOLD, said(), follow=True)

    assert "2 therapists fit. The first free time is Tuesday, December 1, 2026" in text(page)
    visit = Appointment.objects.get()
    assert (visit.provider, visit.status, visit.starts_at) == (dr_bob, "held", NINE)
    assert held.redirect_chain[0][0] == reverse("booking", args=[visit.pk])


def test_the_wishes_go_with_the_time(client, dr_bob, practice):
    make_provider(practice, "Zed Low", payers=["Cigna"])
    page = client.get(FIND, {"state": "IL", "payer": "Cigna"}).content.decode()

    client.post(HOLD, said(payer="Cigna"))

    assert '<input type="hidden" name="payer" value="Cigna"' in page
    assert Appointment.objects.get().provider.name == "Zed Low"


def test_the_directory_leads_there_with_what_was_asked(client, dr_bob):
    page = client.get("/", {"state": "IL", "payer": "Aetna"}).content.decode()

    assert 'href="/anyone/?state=IL&amp;payer=Aetna"' in page


def test_a_taken_time_is_said_with_others(client, dr_bob, alice):
    make_visit(dr_bob, alice)

    response = client.post(HOLD, said())

    assert response.status_code == 409
    assert "Nobody who fits is free then any more." in text(response)
    assert response.content.decode().count('name="starts_at"') == 6


@pytest.mark.parametrize(
    "change", [{"state": ""}, {"state": "XX"}, {"starts_at": "soon"}, {"payer": "Nobody"}]
)
def test_what_cannot_be_read_is_refused(client, dr_bob, change):
    response = client.post(HOLD, said() | change)

    assert (response.status_code, Appointment.objects.count()) == (422, 0)


def test_without_a_state_it_is_asked_for(client, dr_bob):
    assert "Where are you?" in text(client.get(FIND))
    assert client.get(FIND, {"state": ""}).status_code == 422


def test_where_nobody_fits_that_is_said(client, dr_bob):
    page = text(client.get(FIND, {"state": "WI"}))

    assert "Nobody who fits has a free time for Wisconsin" in page


def test_staff_book_for_nobody_here(sign_in, practice, dr_bob):
    client = sign_in(make_member(practice, "billing", "b@example.com"))

    response = client.post(HOLD, said())

    assert (response["Location"], Appointment.objects.count()) == ("/", 0)


def test_a_signed_in_patient_is_offered_her_own_practice_alone(sign_in, alice):
    make_provider(make_practice(name="Elsewhere"), "Far Away")

    page = text(sign_in(alice.user).get(FIND, {"state": "IL"}))

    assert "Nobody who fits has a free time for Illinois" in page


@pytest.mark.parametrize("count", [1, 3])
def test_the_times_take_the_same_queries_for_many_as_for_one(
    practice, django_assert_num_queries, count
):
    for number in range(count):
        make_provider(practice, f"P{number} Low")

    with django_assert_num_queries(6):
        times()


@pytest.mark.django_db(transaction=True)
def test_of_16_who_want_one_time_of_two_people_each_of_the_two_has_one(dr_bob, carol):
    def deed(number):
        return hold(f"h{number}").status

    assert all_at_once(deed, crowd=16) == {"held": 2, "SlotTaken": 14}
    assert set(Appointment.objects.values_list("provider", flat=True)) == {dr_bob.pk, carol.pk}


@pytest.mark.django_db(transaction=True)
def test_of_32_who_post_for_the_last_one_one_is_sent_on_and_31_are_told(dr_bob):
    def deed(_number):
        return Client().post(HOLD, said()).status_code

    assert all_at_once(deed, crowd=32) == {"302": 1, "409": 31}
    assert Appointment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_whoever_confirms_has_a_visit_and_the_other_gets_the_colleague(dr_bob, carol, alice):
    def deed(number):
        return hold(f"h{number}").provider.name

    assert all_at_once(deed, crowd=2) == {"Bob Ray": 1, "Carol Fox": 1}
    held = Appointment.objects.get(provider=carol)
    visit = booking.confirm(appointment=held, patient=alice, by=alice.user, now=NOW)
    assert visit.provider == carol
