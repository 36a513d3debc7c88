"""A provider's visits in a calendar on a real CalDAV server, and what others have there."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from icalendar import Calendar

from accounts.models import Membership
from appointments import booking, importing, missing, moving
from appointments.models import Appointment, ExternalBusy, ExternalCalendar, ExternalEvent
from core import duties
from core.models import Duty
from tests import radicale
from tests.appointments.test_expander import NINE_TO_TEN, file
from tests.appointments.test_importing import busy, fetch, hold
from tests.appointments.test_indexing import is_right, starts_in_index
from tests.factories import HOUR, NINE, NOW, make_external_calendar, make_visit
from tests.signing_in import signed_in

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
DENTIST = file(f"UID:dentist|DTSTAMP:20261201T000000Z|SUMMARY:Dentist|{NINE_TO_TEN}")


@pytest.fixture
def there(tmp_path, open_here):
    """The calendar on the server, as another program of its owner sees it."""
    with radicale.serving(tmp_path) as address:
        yield radicale.calendar_at(address)


@pytest.fixture
def calendar(there, dr_bob):
    """The same, named by dr_bob."""
    return named(there, dr_bob)


def named(there, provider, *, now=NOW):
    signs_in = {"username": radicale.PERSON, "password": radicale.WORD}
    return importing.add(
        provider=provider, address=there.address, by=provider.user, now=now, **signs_in
    )


def work(now=NOW):
    """Do the duties, and fail where one does."""
    duties.sweep(now=now)
    assert not Duty.objects.filter(kind="calendar.put").exclude(error="").exists()


def event_of(there, visit):
    """The event there, or None."""
    told = radicale.file_at(there, f"{visit.pk}.ics")
    return told and Calendar.from_ical(told).walk("VEVENT")[0]


def booked(dr_bob, alice, starts_at=NINE):
    held = hold(dr_bob, starts_at, holder=f"h{starts_at}")
    return booking.confirm(appointment=held, patient=alice, by=alice.user, now=NOW)


def test_a_visit_that_is_booked_is_put_there(calendar, there, dr_bob, alice):
    visit = booked(dr_bob, alice)
    assert event_of(there, visit) is None

    work()

    event = event_of(there, visit)
    assert (event.start, event.end) == (visit.starts_at, visit.ends_at)
    assert (event["SUMMARY"], event["UID"]) == ("Appointment", f"{visit.pk}@127.0.0.1")


def test_nobodys_name_is_in_it_and_nobody_is_invited(calendar, there, dr_bob, alice):
    visit = booked(dr_bob, alice)
    work()

    told = radicale.file_at(there, f"{visit.pk}.ics").replace("\r\n ", "").lower()

    telling = ["bob", "ray", "alice", "doe", "therap", "psy", "mental", "clinic", "patient"]
    assert [word for word in [*telling, "organizer", "attendee", "method"] if word in told] == []


def test_a_visit_that_is_moved_is_moved_there(calendar, there, dr_bob, alice):
    visit = booked(dr_bob, alice)
    work()

    moving.move(appointment=visit, starts_at=NINE + HOUR, version=0, by=alice.user, now=NOW)
    work()

    event = event_of(there, visit)
    assert (event.start, event["SEQUENCE"]) == (NINE + HOUR, 1)


def test_a_visit_that_is_called_off_is_taken_away_there(calendar, there, dr_bob, alice):
    visit = booked(dr_bob, alice)
    work()

    booking.cancel(appointment=visit, by=alice.user, now=NOW)
    work()

    assert event_of(there, visit) is None
    assert not ExternalEvent.objects.exists()


def test_a_visit_that_was_missed_is_taken_away_there_and_put_back_with_it(
    calendar, there, dr_bob, alice
):
    visit = booked(dr_bob, alice)
    work()
    came = NINE + 15 * MINUTE

    missing.record_noshow(appointment=visit, by=dr_bob.user, now=came)
    work(came)
    assert event_of(there, visit) is None

    missing.take_back_noshow(appointment=visit, reason="mistake", by=dr_bob.user, now=came + MINUTE)
    work(came + MINUTE)
    assert event_of(there, visit).start == NINE


def test_a_calendar_that_is_named_twice_is_one_with_the_later_password(there, dr_bob, alice):
    calendar = named(there, dr_bob)
    ExternalCalendar.objects.update(password="of last year")
    visit = booked(dr_bob, alice)
    for tries in range(10):
        duties.sweep(now=NOW + tries * DAY)
    assert Duty.objects.get(kind="calendar.put").dead_at

    again = named(there, dr_bob, now=NOW + HOUR)
    duties.sweep(now=NOW + HOUR)

    assert again == calendar
    assert ExternalCalendar.objects.count() == 1
    assert event_of(there, visit)["SUMMARY"] == "Appointment"


def test_duties_that_come_late_put_what_is_true_by_then(calendar, there, dr_bob, alice):
    """Booked, moved and called off while the server was away."""
    visit = booked(dr_bob, alice)
    moving.move(appointment=visit, starts_at=NINE + HOUR, version=0, by=alice.user, now=NOW)
    visit.refresh_from_db()
    booking.cancel(appointment=visit, by=alice.user, now=NOW)

    work()

    assert event_of(there, visit) is None


def test_a_calendar_that_is_new_gets_all_visits_to_come(there, dr_bob, alice):
    coming = make_visit(dr_bob, alice)
    over = make_visit(dr_bob, alice, starts_at=NOW - DAY, status="fulfilled", arrived_at=NOW)
    off = make_visit(dr_bob, alice, starts_at=NINE + HOUR, status="cancelled", cancelled_at=NOW)

    named(there, dr_bob)
    work()

    assert [bool(event_of(there, visit)) for visit in (coming, over, off)] == [True, False, False]


def test_events_of_others_there_are_busy_here(calendar, there, dr_bob):
    there.put("dentist.ics", DENTIST)

    fetch(calendar)

    assert busy(calendar) == [(NINE, NINE + HOUR)]
    assert NINE not in starts_in_index(dr_bob, NOW)
    assert is_right(dr_bob, NOW)


def test_what_changes_there_is_heard_by_its_sync_token(calendar, there, dr_bob):
    there.put("dentist.ics", DENTIST)
    fetch(calendar)
    first = calendar.sync_token

    there.put("dentist.ics", DENTIST.replace(b"T15", b"T17").replace(b"T16", b"T18"))
    fetch(calendar, NOW + HOUR)
    assert busy(calendar) == [(NINE + 2 * HOUR, NINE + 3 * HOUR)]
    assert calendar.sync_token not in ("", first)

    there.delete("dentist.ics")
    fetch(calendar, NOW + 2 * HOUR)
    assert busy(calendar) == []
    assert NINE in starts_in_index(dr_bob, NOW + 2 * HOUR)


def test_what_has_not_changed_is_not_read_again(calendar, there):
    there.put("dentist.ics", DENTIST)
    fetch(calendar)

    fetch(calendar, NOW + HOUR)

    assert (calendar.fetched_at, calendar.expanded_at) == (NOW + HOUR, NOW)
    assert busy(calendar) == [(NINE, NINE + HOUR)]


def test_our_own_events_are_not_busy_a_second_time(calendar, there, dr_bob, alice):
    booked(dr_bob, alice)
    work()

    fetch(calendar)

    assert busy(calendar) == []
    assert not Duty.objects.filter(kind="calendar.put", done_at=None).exists()


def delete_it(there, visit):
    there.delete(f"{visit.pk}.ics")


def change_it(there, visit):
    told = radicale.file_at(there, f"{visit.pk}.ics")
    there.put(f"{visit.pk}.ics", told.replace("Appointment", "Golf").encode())


@pytest.mark.parametrize("meddle", [delete_it, change_it])
def test_what_is_done_there_to_ours_is_undone(calendar, there, dr_bob, alice, meddle):
    """The practice's calendar is the truth; and it is so a second time."""
    visit = booked(dr_bob, alice)
    work()
    fetch(calendar)

    for hours in (1, 2):
        meddle(there, visit)
        fetch(calendar, NOW + hours * HOUR)
        work(NOW + hours * HOUR)

        event = event_of(there, visit)
        assert (event.start, event["SUMMARY"]) == (NINE, "Appointment")
    assert Appointment.objects.get().status == "booked"


@pytest.mark.parametrize("meddle", [delete_it, change_it])
def test_it_is_undone_though_the_server_has_forgotten_the_state(
    calendar, there, dr_bob, alice, meddle
):
    visit = booked(dr_bob, alice)
    work()
    fetch(calendar)
    ExternalCalendar.objects.update(sync_token="http://radicale.org/ns/sync/" + "0" * 64)

    meddle(there, visit)
    fetch(calendar, NOW + HOUR)
    work(NOW + HOUR)

    assert event_of(there, visit)["SUMMARY"] == "Appointment"


def test_what_we_have_put_is_not_put_back_for_ever(calendar, there, dr_bob, alice):
    booked(dr_bob, alice)
    for hours in range(4):
        work(NOW + hours * HOUR)
        fetch(calendar, NOW + hours * HOUR)

    assert Duty.objects.filter(kind="calendar.put").count() == 1


def test_while_the_server_is_away_the_duty_waits(there, dr_bob, alice, settings):
    calendar = named(there, dr_bob)
    visit = booked(dr_bob, alice)
    ExternalCalendar.objects.update(password="wrong")

    duties.sweep(now=NOW)

    duty = Duty.objects.get(kind="calendar.put")
    assert (duty.error, duty.done_at, duty.attempts_count) == ("Refused", None, 1)
    fetch(calendar)
    assert calendar.failure == "refused"

    ExternalCalendar.objects.update(password=radicale.WORD)
    duties.sweep(now=NOW + MINUTE)

    assert event_of(there, visit)["SUMMARY"] == "Appointment"


def test_a_calendar_that_is_removed_gets_nothing_more(calendar, there, dr_bob, alice):
    visit = booked(dr_bob, alice)

    importing.remove(calendar=calendar, by=dr_bob.user, now=NOW)
    duties.sweep(now=NOW)

    assert event_of(there, visit) is None
    assert Duty.objects.get(kind="calendar.put").error == "NotTwoWay"


def test_who_is_no_provider_here_any_more_is_told_of_no_visit(calendar, there, dr_bob, alice):
    """Her account stays open: she has another role, say."""
    visit = booked(dr_bob, alice)

    Membership.objects.filter(user=dr_bob.user).update(role=Membership.Role.ADMIN)
    duties.sweep(now=NOW)
    importing.sweep(now=NOW)

    calendar.refresh_from_db()
    assert (event_of(there, visit), calendar.fetched_at) == (None, None)


def test_a_feed_gets_nothing(dr_bob, alice):
    make_external_calendar(dr_bob)

    booked(dr_bob, alice)

    assert not Duty.objects.filter(kind="calendar.put").exists()


def test_name_and_password_are_closed_at_rest(calendar):
    with connection.cursor() as cursor:
        cursor.execute("SELECT c::text FROM appointments_externalcalendar c")
        row = str(cursor.fetchall())

    told = [word for word in (radicale.WORD, "bob", "127.0.0.1", "work") if word in row]
    assert (calendar.password, told) == (radicale.WORD, [])


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "odd"},
        {"kind": "caldav"},
        {"kind": "caldav", "username": "bob"},
        {"username": "bob", "password": "x"},
        {"sync_token": "1"},
    ],
)
def test_the_database_refuses_to_sign_in_by_halves(dr_bob, fields):
    name = "external_calendar_signs_in_iff_caldav"

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        make_external_calendar(dr_bob, **fields)


def test_a_visit_is_put_once_into_a_calendar(dr_bob, visit):
    event = {"calendar": make_external_calendar(dr_bob), "appointment": visit}
    ExternalEvent.objects.create(**event)

    with pytest.raises(IntegrityError, match="external_event_once"), transaction.atomic():
        ExternalEvent.objects.create(**event)


def test_she_names_it_with_name_and_password(there, dr_bob, alice):
    browser, address = signed_in(dr_bob.user), reverse("appointments:external_calendar")
    form = {"address": there.address, "username": radicale.PERSON, "password": radicale.WORD}

    answer = browser.post(address, form, follow=True)

    told = answer.content.decode()
    assert "Your visits are put there, too." in told
    assert [word for word in (radicale.WORD, "/bob/work") if word in told] == []
    visit = booked(dr_bob, alice)
    work()
    assert event_of(there, visit)


@pytest.mark.parametrize("missing", ["username", "password"])
def test_one_without_the_other_is_told_in_a_sentence(dr_bob, missing):
    form = {"address": "https://x.example/", "username": "bob", "password": "four calm"}

    answer = signed_in(dr_bob.user).post(
        reverse("appointments:external_calendar"), form | {missing: ""}
    )

    told = answer.content.decode()
    assert (answer.status_code, "Give both, or neither." in told) == (422, True)
    assert "four calm" not in told


def test_busy_times_of_a_removed_calendar_are_gone(calendar, there, dr_bob):
    there.put("dentist.ics", DENTIST)
    fetch(calendar)

    importing.remove(calendar=calendar, by=dr_bob.user, now=NOW)

    assert not ExternalBusy.objects.exists()
    assert is_right(dr_bob, NOW)
