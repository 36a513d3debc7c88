"""The pages: what they say, what they refuse, and to whom they do not exist."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from appointments import attendance, booking, indexing
from appointments.models import Appointment
from tests import factories
from tests.factories import HOUR, NINE, NOW, SCOPED, UNSCOPED

MINUTE = timedelta(minutes=1)
NOON = NOW + 2 * HOUR


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def visitor():
    return Client()


def text(response) -> str:
    """The words of the page's main part, with single spaces."""
    main = response.content.decode().partition("<main")[2].partition("</main>")[0]
    words = re.sub(r"<[^>]+>", " ", main.partition(">")[2])
    return " ".join(words.replace("\u202f", " ").split())


def url(name, *args):
    return reverse(f"appointments:{name}", args=args)


def choose(client, provider, starts_at=NINE, state="IL"):
    choice = {"provider": provider.slug, "starts_at": starts_at.isoformat(), "state": state}
    return client.post(url("create_hold"), choice)


# The directory


def test_without_a_state_nobody_is_shown(visitor, dr_bob):
    response = visitor.get("/")

    assert response.status_code == 200
    assert "Bob Ray" not in text(response)
    assert "Choose a state" in text(response)


def test_an_empty_state_is_asked_for_beside_the_field(visitor, dr_bob):
    response = visitor.get("/", {"state": "", "concern": "sleep"})

    assert response.status_code == 422
    assert "Choose the state where you will be during the visit." in text(response)
    assert '<option value="sleep" selected>' in response.content.decode()


@pytest.mark.parametrize(
    "wishes", [{"state": "ZZ"}, {"state": "IL", "max_fee": "x"}, {"state": "IL", "concern": "x"}]
)
def test_a_wish_that_cannot_be_read_is_said(visitor, dr_bob, wishes):
    assert visitor.get("/", wishes).status_code == 422


def test_the_list_says_who_why_when_and_in_which_zone(visitor, dr_bob):
    page = text(visitor.get("/", {"state": "IL", "concern": "sleep"}))

    for words in [
        "Therapists who may treat you in Illinois",
        "Times are in Central Time (Chicago).",
        "Bob Ray, PsyD",
        "works with trouble sleeping",
        "licensed in Illinois",
        "$150.00 for 50 minutes",
        "Tuesday, December 1, 2026",
        "11:00 AM",
    ]:
        assert words in page


def test_the_times_are_in_the_visitors_zone(visitor, dr_bob):
    visitor.cookies["zone"] = "America/Los_Angeles"

    page = text(visitor.get("/", {"state": "IL"}))

    assert "Times are in Pacific Time (Los Angeles)." in page
    assert "9:00 AM" in page


def test_across_the_change_of_clocks_a_time_keeps_its_hour(visitor, dr_bob, clock):
    """The Sunday of 2027-03-14 lies between these two Mondays at 9:00 in Chicago."""
    clock.move_to(NINE.replace(year=2027, month=3, day=5))

    page = visitor.get(url("provider", dr_bob.slug), {"state": "IL"}).content.decode()

    for start in ["2027-03-08T15:00:00+00:00", "2027-03-15T14:00:00+00:00"]:
        label = re.search(rf'value="{re.escape(start)}">([^<]+)<', page)
        assert label is not None
        assert label[1].replace("\u202f", " ") == "9:00 AM"


def test_a_wish_that_is_not_met_is_said_beside_the_provider(visitor, dr_bob):
    page = text(visitor.get("/", {"state": "IL", "concern": "ocd", "payer": "Aetna"}))

    assert "✓ takes Aetna" in page
    assert "does not name obsessive thoughts and OCD" in page


def test_a_state_without_anybody_says_so(visitor, dr_bob):
    assert "No therapist of this practice may treat people in Wyoming now." in text(
        visitor.get("/", {"state": "WY"})
    )


def test_a_long_list_has_pages_that_keep_the_wishes(visitor, practice):
    for number in range(21):
        factories.make_provider(practice, f"P{number:02} Ray")

    first = visitor.get("/", {"state": "IL", "concern": "sleep"}).content.decode()
    more = re.search(r'rel="next" href="([^"#]+)#found"', first)
    second = visitor.get("/" + more[1].replace("&amp;", "&")).content.decode()

    assert (first.count("<article"), second.count("<article")) == (20, 1)
    assert "concern=sleep" in more[1]
    assert 'href="?state=IL&amp;concern=sleep#found"' in second
    assert 'rel="next"' not in second


def test_a_page_that_is_none_is_said(visitor, dr_bob):
    page = visitor.get("/", {"state": "IL", "after": "x"})

    assert page.status_code == 422
    assert "This page of the list is no longer there. Search once more." in text(page)


def test_what_is_folded_away_is_open_where_it_is_used(visitor, dr_bob):
    plain = visitor.get("/", {"state": "IL", "payer": "Aetna"}).content.decode()
    asked = visitor.get("/", {"state": "IL", "weekday": "2", "identities": "asian"})

    assert (plain.count("open>"), asked.content.decode().count("open>")) == (0, 2)


def test_the_weights_are_shown_and_can_be_changed(visitor, dr_bob):
    page = visitor.get("/", {"state": "IL", "weight_soon": "5", "weight_language": "200"})

    assert page.status_code == 422
    assert "Write 100 or less." in text(page)
    assert 'name="weight_soon" value="5"' in page.content.decode()
    assert 'placeholder="30"' in page.content.decode()


def test_times_are_wished_for_in_the_visitors_zone(visitor, dr_bob):
    visitor.cookies["zone"] = "Pacific/Honolulu"

    page = text(visitor.get("/", {"state": "IL", "part": "afternoon"}))

    assert "12:00 PM" in page


def test_the_providers_page_says_what_she_does_for_whom_and_what_she_says_of_herself(
    visitor, practice
):
    facts = {"methods": ["erp"], "age_groups": ["teen"], "gender": "woman", "identities": ["asian"]}
    ana = factories.make_provider(practice, "Ana Maria Sol", **facts)

    page = text(visitor.get(url("provider", ana.slug)))

    for words in [
        "AS",
        "Kinds of therapy Exposure and response prevention (ERP)",
        "Sees Teens, 13 to 17",
        "Says of themselves Woman, Asian",
    ]:
        assert words in page


def test_what_a_provider_leaves_out_is_not_named(visitor, dr_bob):
    page = text(visitor.get(url("provider", dr_bob.slug)))

    assert "Says of themselves" not in page
    assert "Kinds of therapy" not in page


def test_looking_around_starts_no_session(visitor, dr_bob):
    visitor.get("/", {"state": "IL"})

    assert "session" not in visitor.cookies


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_takes_as_many_queries_for_three_as_for_one(
    visitor, practice, django_assert_num_queries, count
):
    for number in range(count):
        factories.make_provider(practice, f"P{number} Ray")

    with django_assert_num_queries(4 + UNSCOPED):  # the insurers, and the three of `find`
        visitor.get("/", {"state": "IL"})


# The zone


def test_another_zone_can_be_chosen_and_the_page_comes_back(visitor, dr_bob):
    back = "/?state=IL"
    response = visitor.post(url("create_zone"), {"zone": "America/Denver", "next": back})

    assert (response.status_code, response.url) == (302, back)
    assert "Times are in Mountain Time (Denver)." in text(visitor.get(back))


def test_choosing_a_zone_does_not_lead_to_another_site(visitor):
    choice = {"zone": "America/Denver", "next": "https://evil.example/"}

    assert visitor.post(url("create_zone"), choice).url == "/"


def test_a_zone_that_is_none_changes_nothing(visitor):
    response = visitor.post(url("create_zone"), {"zone": "Mars/Olympus", "next": "/"})

    assert (response.status_code, "zone" in visitor.cookies) == (302, False)


# A provider's page


def test_a_provider_is_shown_with_all_that_matters_to_a_choice(visitor, dr_bob):
    dr_bob.licences.update(number="IL-7")
    factories.make_licence(dr_bob, compact="psypact", number="P-1")
    dr_bob.sliding_fee_cents = 9000
    dr_bob.save()

    page = text(visitor.get(url("provider", dr_bob.slug), {"state": "IL"}))

    for words in [
        "Plain steps you can try between visits.",
        "Anxiety and worry, Trouble sleeping",
        "English",
        "$150.00 for 50 minutes, less by agreement, down to $90.00",
        "Aetna",
        "Illinois, IL-7, valid until Friday, December 31, 2027",
        "PSYPACT, P-1, valid until Friday, December 31, 2027",
        "Sunday, November 1, 2026",
        "Tuesday, December 1, 2026 21 times",
    ]:
        assert words in page


def test_a_licence_that_is_over_is_not_shown(visitor, dr_bob):
    factories.make_licence(dr_bob, state="WI", number="OLD-1", valid_until=date(2026, 11, 30))

    assert "OLD-1" not in text(visitor.get(url("provider", dr_bob.slug)))


def test_without_a_state_a_provider_shows_no_times_and_asks(visitor, dr_bob):
    page = visitor.get(url("provider", dr_bob.slug))

    assert "Where are you?" in text(page)
    assert 'name="starts_at"' not in page.content.decode()


def test_a_provider_who_may_not_treat_there_shows_no_times_and_a_way_on(visitor, dr_bob):
    page = visitor.get(url("provider", dr_bob.slug), {"state": "CA"})

    assert "Bob Ray holds no license for people in California." in text(page)
    assert 'href="/?state=CA#found"' in page.content.decode()


def test_a_full_provider_shows_a_way_on(visitor, dr_bob):
    dr_bob.availability_rules.all().delete()

    page = visitor.get(url("provider", dr_bob.slug), {"state": "IL"})

    assert "Every time is taken for now." in text(page)


def test_an_unlisted_provider_has_no_page(visitor, dr_bob):
    dr_bob.is_accepting = False
    dr_bob.save()

    assert visitor.get(url("provider", dr_bob.slug)).status_code == 404


# Holding a time


def test_choosing_a_time_holds_it_and_goes_on_to_the_booking(visitor, dr_bob):
    response = choose(visitor, dr_bob)

    held = Appointment.objects.get()
    assert (response.status_code, response.url) == (302, f"/booking/{held.id}/")
    assert (held.starts_at, held.patient_state) == (NINE, "IL")
    assert held.holder == visitor.session["holder"]


def test_pressing_twice_is_one_hold(visitor, dr_bob):
    first, second = choose(visitor, dr_bob), choose(visitor, dr_bob)

    assert (second.url, Appointment.objects.count()) == (first.url, 1)


def test_the_hold_survives_signing_in(visitor, dr_bob, alice):
    choose(visitor, dr_bob)
    visitor.force_login(alice.user)

    assert Appointment.objects.held_by(visitor.session["holder"]).count() == 1


def test_a_taken_time_is_said_and_the_nearest_others_are_offered(visitor, dr_bob, alice):
    factories.make_visit(dr_bob, alice)

    response = choose(visitor, dr_bob)

    assert response.status_code == 409
    assert "That time has just been taken" in text(response)
    offered = re.findall(r'name="starts_at" value="([^"]+)"', response.content.decode())
    assert offered[0] == (NINE + HOUR).isoformat()
    assert len(offered) == 6


def test_one_of_the_others_can_be_chosen_at_once(visitor, dr_bob, alice):
    factories.make_visit(dr_bob, alice)
    page = choose(visitor, dr_bob).content.decode()
    fields = dict(re.findall(r'name="(provider|state|starts_at)" value="([^"]+)"', page))

    assert visitor.post(url("create_hold"), fields).status_code == 302


def test_where_the_provider_has_no_other_time_others_are_offered(visitor, dr_bob, carol, alice):
    dr_bob.availability_rules.all().delete()

    response = choose(visitor, dr_bob)

    assert response.status_code == 409
    assert "Carol Fox" in text(response)


def test_where_nobody_has_a_time_it_is_said(visitor, dr_bob):
    dr_bob.availability_rules.all().delete()
    indexing.sweep(now=NOW)

    assert "There is no other free time right now." in text(choose(visitor, dr_bob))


def test_a_time_that_is_not_offered_is_refused(visitor, dr_bob):
    response = choose(visitor, dr_bob, starts_at=NINE - HOUR)

    assert (response.status_code, Appointment.objects.count()) == (409, 0)
    assert "That time is no longer offered" in text(response)


def test_a_state_without_a_licence_is_refused_and_others_are_offered(visitor, dr_bob, carol):
    factories.make_licence(carol, state="WI")

    response = choose(visitor, dr_bob, state="WI")

    assert response.status_code == 409
    assert "holds no license for people in Wisconsin" in text(response)
    assert "Carol Fox" in text(response)


@pytest.mark.parametrize(
    "change",
    [
        {"starts_at": "soon"},
        {"starts_at": "2026-12-03T09:00:00"},  # without a zone it could be any of several times
        {"starts_at": ""},
        {"state": "ZZ"},
        {"provider": "nobody"},
    ],
)
def test_a_choice_that_cannot_be_read_is_refused(visitor, dr_bob, change):
    choice = {"provider": dr_bob.slug, "starts_at": NINE.isoformat(), "state": "IL"}

    response = visitor.post(url("create_hold"), choice | change)

    assert (response.status_code, Appointment.objects.count()) == (422, 0)
    assert "Nothing was booked." in text(response)


# Visits


def test_the_provider_sees_with_whom_a_child_comes(kit, dr_bob, alice, sign_in):
    visits = [factories.make_visit(dr_bob, kit)]
    visits += [factories.make_visit(dr_bob, alice, starts_at=NINE + HOUR)]
    client = sign_in(dr_bob.user)

    pages = [client.get(url("detail", visit.id)).content.decode() for visit in visits]

    shown = "with Mary Doe, mother"
    assert [shown in page for page in pages] == [True, False]
    assert shown not in sign_in(kit.user).get(url("detail", visits[0].id)).content.decode()


def test_without_visits_the_list_shows_the_first_step(sign_in, alice):
    page = text(sign_in(alice.user).get(url("list")))

    assert "No visit is planned." in page
    assert "Find a time" in page


def test_the_list_shows_what_comes_and_what_was(sign_in, alice, dr_bob, carol):
    factories.make_visit(dr_bob, alice)
    factories.make_visit(
        carol, alice, starts_at=NINE - 72 * HOUR, status="cancelled", cancelled_at=NOW
    )

    page = text(sign_in(alice.user).get(url("list")))

    coming, _, past = page.partition("Past and cancelled")
    assert "Times are in Central Time (Chicago)." in coming
    assert "Bob Ray, PsyD" in coming
    assert "Carol Fox, PsyD" in past


def test_a_provider_sees_the_patients_name_in_her_list(sign_in, visit, dr_bob):
    assert "Alice Doe" in text(sign_in(dr_bob.user).get(url("list")))


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_as_many_queries_for_three_visits_as_for_one(
    sign_in, alice, dr_bob, django_assert_num_queries, count
):
    for number in range(count):
        factories.make_visit(dr_bob, alice, starts_at=NINE + number * HOUR)
    client = sign_in(alice.user)

    # the session, the user, her two roles; what comes, how much was, what was
    with django_assert_num_queries(7 + SCOPED):
        client.get(url("list"))


def test_a_visit_is_shown_with_its_labelled_time_and_when_one_can_come_in(sign_in, visit, alice):
    page = text(sign_in(alice.user).get(url("detail", visit.id)))

    for words in [
        "Visit with Bob Ray",
        "Thursday, December 3, 2026, 9:00 AM, Central Time (Chicago)",
        "Booked",
        "You can come in from 8:30 AM, half an hour before.",
        "$150.00, charged after the visit",
        "It costs nothing until Wednesday, December 2, 2026, 9:00 AM, Central Time (Chicago).",
    ]:
        assert words in page


def test_the_title_of_a_visits_page_tells_nothing(sign_in, visit, alice):
    page = sign_in(alice.user).get(url("detail", visit.id)).content.decode()

    assert "<title>Your visit · Telehealth</title>" in page


def test_the_door_opens_half_an_hour_before_and_closes_an_hour_after(sign_in, visit, alice, clock):
    client = sign_in(alice.user)

    def is_open(now):
        clock.move_to(now)
        return client.get(url("detail", visit.id)).context["facts"].is_open

    assert {
        "31 minutes before": is_open(NINE - 31 * MINUTE),
        "30 minutes before": is_open(NINE - 30 * MINUTE),
        "59 minutes after": is_open(visit.ends_at + 59 * MINUTE),
        "an hour after": is_open(visit.ends_at + HOUR),
    } == {
        "31 minutes before": False,
        "30 minutes before": True,
        "59 minutes after": True,
        "an hour after": False,
    }


def link(name, appointment) -> str:
    return f'<a class="btn" href="{reverse(name, args=[appointment.id])}">'


def test_while_the_door_is_open_each_has_a_way_in(sign_in, visit, alice, dr_bob, clock):
    clients = [sign_in(alice.user), sign_in(dr_bob.user)]
    clock.move_to(NINE)

    pages = [client.get(url("detail", visit.id)).content.decode() for client in clients]

    assert link("video:room_check_in", visit) in pages[0]
    assert link("video:room", visit) in pages[1]


def test_before_the_door_opens_there_is_no_way_in(sign_in, visit, alice):
    page = sign_in(alice.user).get(url("detail", visit.id)).content.decode()

    assert reverse("video:room_check_in", args=[visit.id]) not in page


@pytest.fixture
def over(visit, dr_bob):
    """The visit took place and is written up."""
    attendance.record_arrival(appointment=visit, now=NINE)
    attendance.record_attendance(
        appointment=visit,
        started_at=NINE,
        ended_at=visit.ends_at,
        modality="video",
        patient_state="IL",
        is_at_home=True,
    )
    attendance.complete(appointment=visit, by=dr_bob.user, now=visit.ends_at)
    return visit


def test_after_the_visit_the_provider_finds_the_note(sign_in, over, dr_bob):
    assert link("care:note", over) in (
        sign_in(dr_bob.user).get(url("detail", over.id)).content.decode()
    )


def test_the_receipt_is_announced_and_then_linked(sign_in, over, alice, dr_bob):
    client = sign_in(alice.user)
    assert "The receipt will be here once" in text(client.get(url("detail", over.id)))

    charge = over.charges.get()
    charge.confirm(by=dr_bob.user, now=NINE + HOUR)

    page = client.get(url("detail", over.id)).content.decode()
    assert link("billing:receipt", charge) in page


def test_a_late_cancellation_is_told_what_it_may_cost(sign_in, visit, alice, clock):
    client = sign_in(alice.user)
    clock.move_to(NINE - 24 * HOUR)

    page = text(client.get(url("detail", visit.id)))

    assert "under the cancellation policy the practice may charge the fee of $150.00" in page


def test_cancelling_says_that_it_is_done(sign_in, visit, alice):
    response = sign_in(alice.user).post(url("create_cancellation", visit.id), follow=True)

    visit.refresh_from_db()
    assert visit.status == "cancelled"
    assert "The visit is cancelled." in text(response)
    assert "You cancelled it on Tuesday, December 1, 2026, 9:00 AM, Central Time" in text(response)
    assert "It costs you nothing." in text(response)


LATE, IN_TIME = NINE - 24 * HOUR, NINE - 24 * HOUR - MINUTE / 60


@pytest.mark.parametrize(
    ("at", "canceller", "reader", "words"),
    [
        (IN_TIME, "alice", "alice", "It costs you nothing."),
        (LATE, "alice", "alice", "It is the first time, so it costs you nothing."),
        (IN_TIME, "alice", "dr_bob", "It costs the patient nothing."),
        (LATE, "alice", "dr_bob", "It is the first time, so it costs the patient nothing."),
        (LATE, "dr_bob", "alice", "Your therapist cancelled it on"),
        (LATE, "dr_bob", "alice", "It costs you nothing."),
        (LATE, "dr_bob", "dr_bob", "It costs the patient nothing."),
    ],
)
def test_what_a_cancellation_costs_is_said_to_both(
    sign_in, visit, alice, dr_bob, at, canceller, reader, words
):
    people = {"alice": alice.user, "dr_bob": dr_bob.user}
    booking.cancel(appointment=visit, by=people[canceller], now=at)

    page = text(sign_in(people[reader]).get(url("detail", visit.id)))

    assert words in page


def test_a_provider_can_cancel(sign_in, visit, dr_bob):
    sign_in(dr_bob.user).post(url("create_cancellation", visit.id))

    visit.refresh_from_db()
    assert visit.status == "cancelled"


def test_cancelling_twice_is_said_and_nothing_happens(sign_in, visit, alice):
    client = sign_in(alice.user)
    client.post(url("create_cancellation", visit.id))

    response = client.post(url("create_cancellation", visit.id))

    assert response.status_code == 409
    assert "This visit was cancelled before" in text(response)


def test_cancelling_after_the_start_is_refused_in_words(sign_in, visit, alice, clock):
    client = sign_in(alice.user)
    clock.move_to(NINE)

    response = client.post(url("create_cancellation", visit.id))

    visit.refresh_from_db()
    assert (response.status_code, visit.status) == (409, "booked")
    assert "This visit can no longer be cancelled" in text(response)


def test_a_completed_visit_offers_no_cancellation(sign_in, over, alice):
    page = sign_in(alice.user).get(url("detail", over.id)).content.decode()

    assert url("create_cancellation", over.id) not in page


@pytest.mark.parametrize("name", ["detail", "invitation"])
def test_a_visit_does_not_exist_for_a_stranger(sign_in, visit, mallory, carol, name):
    answers = [sign_in(who.user).get(url(name, visit.id)).status_code for who in (mallory, carol)]

    assert answers == [404, 404]


def test_a_stranger_cannot_cancel(sign_in, visit, mallory):
    response = sign_in(mallory.user).post(url("create_cancellation", visit.id))

    visit.refresh_from_db()
    assert (response.status_code, visit.status) == (404, "booked")


def test_a_hold_has_no_page_even_for_its_provider(sign_in, dr_bob):
    held = booking.hold(provider=dr_bob, starts_at=NINE, holder="h1", state="IL", now=NOW)

    assert sign_in(dr_bob.user).get(url("detail", held.id)).status_code == 404


def test_without_signing_in_the_visits_ask_for_it(visitor, visit):
    for address in (url("list"), url("detail", visit.id), url("invitation", visit.id)):
        assert visitor.get(address).url == f"/account/login/?next={address}"


def test_the_invitation_is_a_calendar_file(sign_in, visit, alice):
    response = sign_in(alice.user).get(url("invitation", visit.id))

    assert response.headers["Content-Type"] == "text/calendar; method=REQUEST"
    assert response.headers["Content-Disposition"] == 'attachment; filename="appointment.ics"'
    assert b"BEGIN:VEVENT" in response.content


def test_too_many_holds_from_one_address_are_refused_kindly(settings, dr_bob, clock):
    settings.ACCOUNT_RATE_LIMITS = {"hold": "2/10m/ip"}
    statuses = [choose(Client(), dr_bob, NINE + n * HOUR).status_code for n in range(3)]

    assert statuses == [302, 302, 429]


@pytest.mark.parametrize(
    "starts_at",
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "9999-12-31T23:59:59+00:00",
        "1999-12-31T23:59:59+00:00",
        "2200-01-01T00:00:00+00:00",
    ],
)
def test_a_time_at_the_end_of_the_calendar_cannot_be_read(visitor, dr_bob, starts_at):
    choice = {"provider": dr_bob.slug, "starts_at": starts_at, "state": "IL"}

    assert visitor.post(url("create_hold"), choice).status_code == 422


@pytest.mark.parametrize("starts_at", ["2000-01-01T00:00:00+14:00", "2199-12-31T23:59:59-14:00"])
def test_a_time_that_can_be_read_is_still_not_offered(visitor, dr_bob, starts_at):
    choice = {"provider": dr_bob.slug, "starts_at": starts_at, "state": "IL"}

    assert visitor.post(url("create_hold"), choice).status_code == 409


def test_staff_keeps_nobody_from_a_time(sign_in, dr_bob, carol):
    response = choose(sign_in(carol.user), dr_bob)

    assert (response.status_code, Appointment.objects.count()) == (302, 0)
    assert response["Location"] == url("provider", dr_bob.slug)


@pytest.mark.parametrize("reader", ["alice", "dr_bob"])
def test_a_visit_that_goes_on_is_not_called_waiting(sign_in, dr_bob, alice, clock, reader):
    clock.move_to(NINE + 5 * MINUTE)
    visit = factories.make_visit(
        dr_bob, alice, status="arrived", arrived_at=NINE, begun_at=NINE + MINUTE
    )
    person = {"alice": alice.user, "dr_bob": dr_bob.user}[reader]

    pages = [text(sign_in(person).get(url("detail", visit.id))),
             text(sign_in(person).get(url("list")))]  # fmt: skip

    for page in pages:
        assert ("In the visit" in page, "Waiting" in page) == (True, False)
    assert ("Return to your visit" in pages[0]) == (reader == "alice")
