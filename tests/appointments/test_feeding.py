"""The secret address by which a calendar program fetches a person's visits."""

import io
import logging
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from accounts.models import Membership
from appointments import booking, feeding, invitation
from appointments.models import CalendarFeed
from core.log_lines import AddressFilter
from core.models import AuditEvent
from tests import factories
from tests.factories import HOUR, NINE, NOW, SCOPED, UNSCOPED, make_visit
from tests.signing_in import signed_in

DAY = timedelta(days=1)
LIMITS = 8  # of this feed and of this address: turn, count, write, end of the turn
LOOKED_UP = 8  # the feed, her roles, the profile, visits, moves, today's rows; one savepoint


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def fetch():
    """Return a function that fetches what a token opens, as a program does: without a session."""

    def fetched(token, **headers):
        return Client().get(reverse("appointments:feed_file", args=[token]), headers=headers)

    return fetched


def starts(response):
    calendar = Calendar.from_ical(response.content.decode())
    return [event.start for event in calendar.walk("VEVENT")]


def reads():
    return AuditEvent.objects.filter(action="calendar-feed.read")


def test_a_program_fetches_her_visits_by_the_address_alone(visit, alice, fetch):
    token = feeding.make(by=alice.user, now=NOW)

    response = fetch(token)

    assert (response.status_code, starts(response)) == (200, [NINE])
    assert response.headers["Content-Type"] == "text/calendar; method=PUBLISH"
    assert response.headers["Cache-Control"] == "private, no-cache"


def test_the_provider_gets_those_with_her(visit, dr_bob, carol, alice, fetch):
    make_visit(carol, alice, starts_at=NINE + HOUR)

    assert starts(fetch(feeding.make(by=dr_bob.user, now=NOW))) == [NINE]


def test_entries_are_those_of_the_invitations(visit, alice, fetch):
    body = fetch(feeding.make(by=alice.user, now=NOW)).content.decode()
    [event] = Calendar.from_ical(body).walk("VEVENT")
    mail = invitation.write(visit, email=alice.user.email, zone=event.start.tzinfo)
    [invited] = Calendar.from_ical(mail.decode()).walk("VEVENT")

    same = ("UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION")
    assert [event[name] for name in same] == [invited[name] for name in same]
    assert "ATTENDEE" not in event


def test_nobodys_name_and_no_word_of_the_trade_is_in_it(visit, alice, dr_bob, fetch):
    files = [
        fetch(feeding.make(by=person.user, now=NOW)).content.decode() for person in (alice, dr_bob)
    ]

    words = "".join(files).replace("\r\n ", "").lower()
    telling = ["bob", "ray", "alice", "doe", "therap", "psy", "mental", "clinic", "patient"]
    assert [word for word in telling if word in words] == []
    assert "summary:appointment" in words


@pytest.mark.parametrize(
    ("ends_before_now", "is_in_it"), [(30 * DAY - HOUR, True), (30 * DAY, False)]
)
def test_what_ended_more_than_thirty_days_ago_is_not_in_it(
    dr_bob, alice, fetch, ends_before_now, is_in_it
):
    past = {"starts_at": NOW - ends_before_now - factories.VISIT, "arrived_at": NOW}
    make_visit(dr_bob, alice, status="fulfilled", **past)

    assert len(starts(fetch(feeding.make(by=alice.user, now=NOW)))) == is_in_it


def test_a_visit_that_is_called_off_or_missed_leaves_it(visit, dr_bob, alice, fetch):
    token = feeding.make(by=alice.user, now=NOW)
    make_visit(dr_bob, alice, starts_at=NINE - 14 * DAY, status="noshow")
    assert starts(fetch(token)) == [NINE]

    booking.cancel(appointment=visit, by=alice.user, now=NOW)

    assert starts(fetch(token)) == []


def test_a_hold_is_in_nobodys_feed(dr_bob, fetch):
    booking.hold(provider=dr_bob, starts_at=NINE, holder="h", state="IL", now=NOW)

    assert starts(fetch(feeding.make(by=dr_bob.user, now=NOW))) == []


def test_what_has_not_changed_is_not_sent_again(visit, alice, fetch):
    token = feeding.make(by=alice.user, now=NOW)
    etag = fetch(token).headers["ETag"]

    again = fetch(token, if_none_match=etag)

    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)


def test_a_change_is_sent_to_whoever_knows_the_former_state(visit, alice, fetch):
    token = feeding.make(by=alice.user, now=NOW)
    etag = fetch(token).headers["ETag"]

    booking.cancel(appointment=visit, by=alice.user, now=NOW)

    assert fetch(token, if_none_match=etag).status_code == 200


def revoke(person):
    feeding.revoke(by=person.user, now=NOW)


def renew(person):
    feeding.make(by=person.user, now=NOW)


def close_the_account(person):
    person.user.is_active = False
    person.user.save()


@pytest.mark.parametrize("end", [revoke, renew, close_the_account])
@pytest.mark.parametrize("who", ["alice", "dr_bob"])
def test_it_is_dead_at_the_next_fetch(request, visit, fetch, who, end):
    person = request.getfixturevalue(who)
    token = feeding.make(by=person.user, now=NOW)
    assert fetch(token).status_code == 200

    end(person)

    response = fetch(token)
    assert (response.status_code, b"BEGIN:VCALENDAR" in response.content) == (404, False)


def test_a_therapist_who_has_lost_the_role_fetches_nothing(visit, dr_bob, practice, fetch):
    token = feeding.make(by=dr_bob.user, now=NOW)
    dr_bob.user.memberships.update(role=Membership.Role.BILLING)

    assert fetch(token).status_code == 404


def test_visits_leave_the_therapists_feed_with_the_end_of_care(visit, dr_bob, fetch):
    token = feeding.make(by=dr_bob.user, now=NOW)
    assert starts(fetch(token)) == [NINE]

    factories.end_all_care()

    assert starts(fetch(token)) == []


@pytest.mark.parametrize("token", ["x", "0" * 43, "%00", "../../etc/passwd", "é", "a" * 3000])
def test_a_made_up_address_opens_nothing(visit, alice, token):
    feeding.make(by=alice.user, now=NOW)

    response = Client().get(f"/calendars/{token}/appointments.ics")

    assert response.status_code == 404


def test_the_hash_is_kept_and_not_the_token(alice):
    token = feeding.make(by=alice.user, now=NOW)

    feed = CalendarFeed.objects.get()
    assert len(token) >= 43  # 256 bits in base64
    assert (feed.token_hash, token in repr(vars(feed))) == (feeding.hashed(token), False)


def test_one_address_a_person(alice):
    feeding.make(by=alice.user, now=NOW)

    with pytest.raises(IntegrityError, match="calendar_feed_one_open"), transaction.atomic():
        CalendarFeed.objects.create(user=alice.user, token_hash="x", made_at=NOW)


def test_a_reading_is_one_row_a_patient_feed_and_day(visit, alice, mallory, dr_bob, fetch):
    make_visit(dr_bob, mallory, starts_at=NINE + HOUR)
    token = feeding.make(by=dr_bob.user, now=NOW)

    for _ in range(3):
        fetch(token)
    with time_machine.travel(NOW + DAY, tick=False):
        fetch(token)

    told = reads().values_list("patient_id", "by_id", "subject_type", "role").order_by("at", "pk")
    patients = sorted([alice.pk, mallory.pk])
    row = (dr_bob.user.pk, "appointments.calendarfeed", "provider")
    assert list(told) == [(pk, *row) for pk in patients + patients]


def test_another_address_is_another_reading(visit, alice, fetch):
    fetch(feeding.make(by=alice.user, now=NOW))
    fetch(feeding.make(by=alice.user, now=NOW))

    assert reads().values("subject_id").distinct().count() == 2


def test_making_and_ending_are_on_the_trail_of_the_patient(alice):
    feeding.make(by=alice.user, now=NOW)
    feeding.revoke(by=alice.user, now=NOW)
    feeding.revoke(by=alice.user, now=NOW)

    told = AuditEvent.objects.filter(patient_id=alice.pk, by_id=alice.user.pk).order_by("pk")
    assert [event.action for event in told] == ["calendar-feed.made", "calendar-feed.revoked"]


def test_a_fetch_asks_the_same_however_many_visits_there_are(
    dr_bob, alice, fetch, django_assert_num_queries
):
    token = feeding.make(by=dr_bob.user, now=NOW)
    make_visit(dr_bob, alice)
    fetch(token)  # today's row is written
    counts = []
    for number in range(3):
        make_visit(dr_bob, alice, starts_at=NINE + (number + 1) * DAY)
        with django_assert_num_queries(LIMITS + LOOKED_UP + UNSCOPED + SCOPED):
            counts.append(len(starts(fetch(token))))

    assert counts == [2, 3, 4]


def test_a_program_that_fetches_all_the_time_is_told_to_wait(visit, alice, fetch):
    token = feeding.make(by=alice.user, now=NOW)
    answers = [fetch(token).status_code for _ in range(61)]

    assert (set(answers[:60]), answers[60]) == ({200}, 429)


def test_the_log_names_the_pattern_and_not_the_address(caplog, db):
    heard = logging.StreamHandler(io.StringIO())
    heard.addFilter(AddressFilter())
    logging.getLogger("django.request").addHandler(heard)
    try:
        Client().get(reverse("appointments:feed_file", args=["a-secret"]))
    finally:
        logging.getLogger("django.request").removeHandler(heard)

    assert "calendars/<str:token>/appointments.ics" in heard.stream.getvalue()
    assert "a-secret" not in heard.stream.getvalue()


def test_the_address_is_shown_once(alice, fetch, visit):
    browser = signed_in(alice.user)

    made = browser.post(reverse("appointments:feed"))

    address = made.context["address"]
    assert address in made.content.decode()
    assert Client().get(address.removeprefix("http://127.0.0.1:8000")).status_code == 200
    for name in ("appointments:calendars", "appointments:feed"):
        assert address.split("/")[-2] not in browser.get(reverse(name)).content.decode()


def test_it_is_made_only_with_a_proof_of_the_last_minutes(alice):
    browser, address = signed_in(alice.user, with_factor=False), reverse("appointments:feed")
    assert browser.get(address).status_code == 200

    with time_machine.travel(NOW + timedelta(minutes=6), tick=False):
        answers = [browser.get(address), browser.post(address)]

    assert [response.status_code for response in answers] == [302, 302]
    assert not CalendarFeed.objects.exists()


def test_she_ends_it_with_one_button(alice, fetch):
    token = feeding.make(by=alice.user, now=NOW)
    browser = signed_in(alice.user)
    assert "End the address" in browser.get(reverse("appointments:calendars")).content.decode()

    response = browser.post(reverse("appointments:create_feed_end"), follow=True)

    assert "End the address" not in response.content.decode()
    assert fetch(token).status_code == 404
