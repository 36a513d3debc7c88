"""When a provider is busy elsewhere, nobody can book her; and what becomes of it when fetching
fails."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import FieldError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from appointments import booking, feeding, importing, indexing, moving, offers
from appointments.booking import SlotTaken
from appointments.models import ExternalBusy, ExternalCalendar, Indexed
from appointments.offers import FURTHEST
from appointments.openings import NEVER
from appointments.tasks import sweep_calendars
from core.models import AuditEvent
from tests import factories
from tests.answering import serving
from tests.appointments.test_expander import NINE_TO_TEN, file
from tests.appointments.test_indexing import is_right, starts_in_index
from tests.factories import HOUR, NINE, NOW, make_external_calendar, make_visit
from tests.signing_in import signed_in
from tests.threads import at_once

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
NINE_ELSEWHERE = file(f"UID:1|SUMMARY:Dentist with Sam|LOCATION:Elm St|{NINE_TO_TEN}")


class Elsewhere:
    """Somebody's calendar server, with one calendar."""

    def __init__(self):
        self.content, self.status, self.etag, self.since = NINE_ELSEWHERE, 200, "", ""

    def __call__(self, handler):
        known = handler.headers.get("If-None-Match")
        if self.etag and known == self.etag:
            handler.answer(304, b"")
            return
        said = {"ETag": self.etag, "Last_Modified": self.since}
        handler.answer(self.status, self.content, **{k: v for k, v in said.items() if v})


@pytest.fixture
def elsewhere(open_here):
    """A calendar server, which dr_bob's calendar is at."""
    server_of = Elsewhere()
    with serving(server_of) as server:
        server_of.asked = server.asked
        server_of.address = f"http://127.0.0.1:{server.server_port}/private-1f2e/basic.ics"
        yield server_of


@pytest.fixture
def calendar(elsewhere, dr_bob):
    return make_external_calendar(dr_bob, address=elsewhere.address)


def fetch(calendar, now=NOW):
    """Let the sweep look at it, due or not."""
    importing.hasten(calendar=calendar, now=now)
    importing.sweep(now=now)
    calendar.refresh_from_db()


def busy(calendar):
    return list(calendar.busy_times.order_by("starts_at").values_list("starts_at", "ends_at"))


def hold(provider, starts_at, holder="h", now=NOW):
    return booking.hold(provider=provider, starts_at=starts_at, holder=holder, state="IL", now=now)


def test_what_a_calendar_says_is_busy_is_not_offered(calendar, dr_bob):
    assert NINE in starts_in_index(dr_bob, NOW)

    fetch(calendar)

    assert busy(calendar) == [(NINE, NINE + HOUR)]
    assert not offers.of([dr_bob], now=NOW)[0].has_free(NINE)
    assert NINE not in starts_in_index(dr_bob, NOW)
    assert is_right(dr_bob, NOW)


def test_it_cannot_be_held(calendar, dr_bob):
    fetch(calendar)

    for start in (NINE, NINE + 15 * MINUTE, NINE + 45 * MINUTE):
        with pytest.raises(SlotTaken):
            hold(dr_bob, start)
    assert hold(dr_bob, NINE + HOUR)


def test_no_visit_can_be_moved_there(calendar, dr_bob, alice):
    later = make_visit(dr_bob, alice, starts_at=NINE + 2 * HOUR)
    fetch(calendar)

    with pytest.raises(SlotTaken):
        moving.move(appointment=later, starts_at=NINE, version=0, by=alice.user, now=NOW)


def test_whoever_held_the_time_before_may_confirm_it(calendar, dr_bob, alice):
    held = hold(dr_bob, NINE)
    fetch(calendar)

    booked = booking.confirm(appointment=held, patient=alice, by=alice.user, now=NOW)

    assert booked.status == "booked"


def test_a_hold_that_has_run_out_is_not_renewed_over_it(calendar, dr_bob):
    held = hold(dr_bob, NINE)
    fetch(calendar)

    with pytest.raises(SlotTaken):
        booking.renew(appointment=held, now=NOW + booking.HOLD)


def test_times_are_kept_and_nothing_else(calendar):
    fetch(calendar)

    with connection.cursor() as cursor:
        cursor.execute("SELECT c::text, b::text FROM appointments_externalcalendar c,"
                       " appointments_externalbusy b")  # fmt: skip
        rows = str(cursor.fetchall())
    told = [word for word in ("Dentist", "Sam", "Elm", "private-1f2e", "127.0.0.1") if word in rows]
    assert (len(busy(calendar)), told) == (1, [])


def test_the_address_is_closed_at_rest_and_nothing_is_found_by_it(calendar, elsewhere):
    assert ExternalCalendar.objects.get().address == elsewhere.address

    with pytest.raises(FieldError):
        ExternalCalendar.objects.filter(address=elsewhere.address).exists()


def test_a_change_there_is_a_change_here(calendar, elsewhere, dr_bob):
    fetch(calendar)
    elsewhere.content = file(f"UID:1|{NINE_TO_TEN}".replace("T15", "T17").replace("T16", "T18"))

    fetch(calendar, NOW + HOUR)

    assert busy(calendar) == [(NINE + 2 * HOUR, NINE + 3 * HOUR)]
    assert NINE in starts_in_index(dr_bob, NOW + HOUR)
    assert is_right(dr_bob, NOW + HOUR)


def test_it_is_asked_only_whether_something_has_changed(calendar, elsewhere):
    elsewhere.etag, elsewhere.since = '"1"', "Tue, 01 Dec 2026 15:00:00 GMT"
    fetch(calendar)

    fetch(calendar, NOW + HOUR)

    headers = elsewhere.asked[-1][1]
    assert headers["If-None-Match"] == '"1"'
    assert headers["If-Modified-Since"] == "Tue, 01 Dec 2026 15:00:00 GMT"
    assert (calendar.fetched_at, calendar.expanded_at) == (NOW + HOUR, NOW)
    assert busy(calendar) == [(NINE, NINE + HOUR)]


@pytest.mark.parametrize("etag", ['"\0"', f'"{"7" * 300}"'])
def test_an_etag_that_no_row_can_hold_is_none(calendar, elsewhere, etag):
    elsewhere.etag = etag

    fetch(calendar)

    assert (calendar.failure, calendar.etag, busy(calendar)) == ("", "", [(NINE, NINE + HOUR)])


def test_once_a_day_it_is_read_whole_for_time_has_gone_on(calendar, elsewhere):
    elsewhere.etag = '"1"'
    elsewhere.content = file(f"UID:1|{NINE_TO_TEN}|RRULE:FREQ=DAILY")
    fetch(calendar)
    first = busy(calendar)[-1]

    fetch(calendar, NOW + DAY)

    assert "If-None-Match" not in elsewhere.asked[-1][1]
    assert busy(calendar)[-1][0] == first[0] + DAY
    assert first[0] + 2 * DAY > NOW + FURTHEST - DAY


def test_the_same_answer_writes_no_time(calendar, django_assert_max_num_queries):
    fetch(calendar)
    rows = list(calendar.busy_times.values_list("pk", flat=True))
    due = Indexed.objects.get(provider=calendar.provider).due_at

    with django_assert_max_num_queries(14):
        importing.sweep(now=calendar.due_at)

    assert list(calendar.busy_times.values_list("pk", flat=True)) == rows
    assert Indexed.objects.get(provider=calendar.provider).due_at == due


def test_a_sweep_takes_what_is_due_and_once(calendar, elsewhere):
    assert [importing.sweep(now=NOW), importing.sweep(now=NOW + MINUTE)] == [1, 0]
    assert importing.sweep(now=NOW + importing.EVERY) == 1
    assert len(elsewhere.asked) == 2


def test_what_nobody_thought_of_stops_one_calendar_and_not_the_others(
    calendar, elsewhere, carol, caplog
):
    """She lives in a zone that this machine has never heard of, say."""
    type(carol).objects.filter(pk=carol.pk).update(zone="Mars/Base")
    hers = make_external_calendar(carol, address=elsewhere.address, due_at=NOW - HOUR)

    importing.sweep(now=NOW)

    hers.refresh_from_db()
    assert busy(calendar) == [(NINE, NINE + HOUR)]
    assert (hers.failure, hers.due_at) == ("fault", NOW + importing.EVERY)
    assert "ZoneInfoNotFoundError" in caplog.text
    assert elsewhere.address not in caplog.text


def test_the_calendar_of_a_closed_account_is_not_fetched(calendar, dr_bob):
    dr_bob.user.is_active = False
    dr_bob.user.save()

    assert importing.sweep(now=NOW) == 0


@pytest.mark.parametrize(
    ("status", "content", "failure"),
    [
        (401, b"", "refused"),
        (403, b"", "refused"),
        (404, b"", "gone"),
        (410, b"", "gone"),
        (500, b"", "fault"),
        (204, b"", "fault"),
        (200, b"", "not-a-calendar"),
        (200, b"<html>Sign in</html>", "not-a-calendar"),
        (200, b"x" * (2 * 1024 * 1024 + 1), "large"),
        (200, file("UID:1|DTSTART:19700101T000000Z|RRULE:FREQ=SECONDLY"), "too-much"),
    ],
)
def test_a_failure_is_a_word_and_frees_no_time(
    calendar, elsewhere, dr_bob, status, content, failure
):
    fetch(calendar)
    elsewhere.status, elsewhere.content = status, content

    fetch(calendar, NOW + HOUR)

    assert (calendar.failure, calendar.failures_count, calendar.fetched_at) == (failure, 1, NOW)
    assert calendar.get_failure_display().endswith((".", "most.", "anew."))
    assert busy(calendar) == [(NINE, NINE + HOUR)]
    assert NINE not in starts_in_index(dr_bob, NOW)


@pytest.mark.parametrize(
    ("address", "failure"),
    [
        ("https://169.254.169.254/latest/meta-data/", "inside"),
        ("https://localhost:5432/", "inside"),
        ("https://[::ffff:10.0.0.5]/", "inside"),
        ("https://no-such-name.invalid/", "unreachable"),
    ],
)
def test_an_address_inside_is_never_asked(dr_bob, address, failure):
    calendar = make_external_calendar(dr_bob, address=address)

    fetch(calendar)

    assert calendar.failure == failure


def test_who_keeps_failing_is_asked_less_often_and_at_once_when_it_is_wanted(calendar, elsewhere):
    elsewhere.status = 500
    pauses, now = [], NOW
    for _ in range(7):
        importing.sweep(now=now)
        calendar.refresh_from_db()
        pauses.append((calendar.due_at - now) / MINUTE)
        now = calendar.due_at
    assert pauses == [15, 30, 60, 120, 240, 360, 360]
    elsewhere.status = 200

    fetch(calendar, now)

    assert (calendar.failure, calendar.failures_count) == ("", 0)
    assert calendar.due_at == now + importing.EVERY


@pytest.mark.parametrize(("ago", "is_stale"), [(3 * DAY - MINUTE, False), (3 * DAY, True)])
def test_after_three_days_without_news_it_is_stale(dr_bob, ago, is_stale):
    new = make_external_calendar(dr_bob, added_at=NOW - ago)
    fetched = make_external_calendar(dr_bob, added_at=NOW - 9 * DAY, fetched_at=NOW - ago)

    assert [new.is_stale(now=NOW), fetched.is_stale(now=NOW)] == [is_stale, is_stale]


def test_a_calendar_that_is_removed_gives_its_times_back(calendar, dr_bob):
    fetch(calendar)

    importing.remove(calendar=calendar, by=dr_bob.user, now=NOW)

    assert NINE in starts_in_index(dr_bob, NOW)
    assert is_right(dr_bob, NOW)
    assert not ExternalBusy.objects.exists()


def test_a_calendar_that_is_removed_while_it_is_fetched_stays_removed(calendar):
    ExternalCalendar.objects.filter(pk=calendar.pk).delete()

    importing.refresh(calendar, now=NOW)

    assert not ExternalCalendar.objects.exists()


def test_our_own_visits_are_not_busy_a_second_time(calendar, elsewhere, dr_bob, visit):
    """A provider's feed may come back to us through the calendar that has subscribed to it."""
    elsewhere.content = feeding.read(token=feeding.make(by=dr_bob.user, now=NOW), now=NOW)

    fetch(calendar)

    assert busy(calendar) == []


def test_whatever_changes_the_times_makes_the_index_due(calendar, dr_bob):
    row = ExternalBusy.objects.create(calendar=calendar, starts_at=NINE, ends_at=NINE + HOUR)
    assert Indexed.objects.get(provider=dr_bob).due_at == indexing.LONG_AGO
    indexing.sweep(now=NOW)
    assert NINE not in starts_in_index(dr_bob, NOW)

    row.delete()

    assert Indexed.objects.get(provider=dr_bob).due_at == indexing.LONG_AGO


def test_other_work_does_not_count_as_visits_in_the_order_of_the_list(calendar, elsewhere, dr_bob):
    before = dr_bob.openings.get().load
    elsewhere.content = file(f"UID:1|{NINE_TO_TEN}|RRULE:FREQ=DAILY")

    fetch(calendar)

    assert dr_bob.openings.exclude(starts_at=NEVER).get().load == before == 0


def test_booked_visits_stay_and_are_shown_as_conflicts(calendar, dr_bob, visit, alice):
    make_visit(dr_bob, alice, starts_at=NINE + 2 * HOUR)

    fetch(calendar)

    assert importing.conflicts(dr_bob, now=NOW) == [visit]
    factories.end_all_care()
    assert importing.conflicts(dr_bob, now=NOW) == []


@pytest.mark.parametrize(
    "address",
    [
        "",
        "calendar.example",
        "ftp://x.example/",
        "https://u:p@x.example/",
        "https://",
        "https://[",
        "https://a\u2100b.example/",
    ],
)
def test_what_is_no_address_is_refused_before_it_is_kept(dr_bob, address):
    with pytest.raises(importing.NotAnAddress):
        importing.add(provider=dr_bob, address=address, by=dr_bob.user, now=NOW)


def test_webcal_is_https(dr_bob):
    added = importing.add(
        provider=dr_bob, address=" webcal://x.example/a.ics ", by=dr_bob.user, now=NOW
    )

    assert added.address == "https://x.example/a.ics"
    assert AuditEvent.objects.get(action="calendar.added").subject_id == str(added.pk)


def test_five_calendars_and_no_more(dr_bob):
    for number in range(5):
        importing.add(
            provider=dr_bob, address=f"https://x.example/{number}", by=dr_bob.user, now=NOW
        )

    with pytest.raises(importing.TooMany):
        importing.add(provider=dr_bob, address="https://x.example/6", by=dr_bob.user, now=NOW)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"failure": "odd", "failures_count": 1}, "external_calendar_failure_known"),
        ({"failure": "slow"}, "external_calendar_failures_counted"),
        ({"failures_count": 1}, "external_calendar_failures_counted"),
        ({"expanded_at": NOW}, "external_calendar_expanded_when_fetched"),
        (
            {"fetched_at": NOW, "expanded_at": NOW + HOUR},
            "external_calendar_expanded_when_fetched",
        ),
    ],
)
def test_the_database_refuses_a_calendar_that_cannot_be(dr_bob, fields, name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        make_external_calendar(dr_bob, **fields)


@pytest.mark.parametrize(
    ("times", "name"),
    [
        ((NINE, NINE), "external_busy_in_order"),
        ((NINE + HOUR, NINE + 2 * HOUR), "external_busy_once"),
    ],
)
def test_the_database_refuses_a_busy_time_that_cannot_be(dr_bob, times, name):
    calendar = make_external_calendar(dr_bob)
    later = {"starts_at": NINE + HOUR, "ends_at": NINE + 3 * HOUR}
    ExternalBusy.objects.create(calendar=calendar, **later)

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        ExternalBusy.objects.create(calendar=calendar, starts_at=times[0], ends_at=times[1])


@pytest.mark.django_db(transaction=True)
def test_of_an_import_and_a_hold_at_once_the_second_sees_the_first(elsewhere, practice):
    """Either the import is first, and the hold refused; or the hold is, and stays beside it."""
    dr_bob = factories.make_provider(practice, "Bob Ray")
    calendar = make_external_calendar(dr_bob, address=elsewhere.address)

    def take():
        try:
            return hold(dr_bob, NINE).pk
        except SlotTaken:
            return None

    held, _ = at_once(2, lambda n: importing.refresh(calendar, now=NOW) if n else take())

    assert dr_bob.appointments.count() == (held is not None)
    assert busy(calendar) == [(NINE, NINE + HOUR)]
    assert is_right(dr_bob, NOW)


def test_the_task_fetches_in_every_practice(calendar, elsewhere):
    with time_machine.travel(NOW, tick=False):
        sweep_calendars()

    assert len(elsewhere.asked) == 1


# Pages


def page(person):
    with time_machine.travel(NOW, tick=False):
        return signed_in(person.user).get(reverse("appointments:calendars")).content.decode()


def test_she_names_a_calendar_and_reads_what_became_of_it(elsewhere, dr_bob):
    browser, address = signed_in(dr_bob.user), reverse("appointments:external_calendar")

    added = browser.post(address, {"address": elsewhere.address}, follow=True)

    assert "Not fetched yet" in added.content.decode()
    fetch(ExternalCalendar.objects.get())
    shown = page(dr_bob)
    assert "Last fetched on Tuesday, December 1, 2026" in shown
    assert "Up to date" in shown
    assert ("127.0.0.1" in shown, "private-1f2e" in shown) == (True, False)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "Paste the address of the calendar."),
        ("http://x.example/", "This is not an address that we can fetch."),
        ("x" * 2001, "This is too long."),
    ],
)
def test_a_wrong_address_is_told_in_a_sentence(dr_bob, address, words):
    browser = signed_in(dr_bob.user)

    answer = browser.post(reverse("appointments:external_calendar"), {"address": address})

    assert (answer.status_code, words in answer.content.decode()) == (422, True)


def test_a_sixth_calendar_is_told_in_a_sentence(dr_bob):
    for _ in range(5):
        make_external_calendar(dr_bob)

    answer = signed_in(dr_bob.user).post(
        reverse("appointments:external_calendar"), {"address": "https://x.example/"}
    )

    assert (answer.status_code, "Remove one first" in answer.content.decode()) == (409, True)


def test_failures_conflicts_and_what_is_unread_are_told_in_words(dr_bob, visit):
    calendar = make_external_calendar(
        dr_bob, failure="gone", failures_count=3, fetched_at=NOW - 9 * DAY, unread_count=2
    )
    ExternalBusy.objects.create(calendar=calendar, starts_at=NINE, ends_at=NINE + HOUR)

    shown = page(dr_bob)

    assert "There is no calendar at the address any more." in shown
    assert "Out of date" in shown
    assert "2 entries could not be read" in shown


def test_she_removes_it_with_one_button(dr_bob):
    calendar = make_external_calendar(dr_bob)

    signed_in(dr_bob.user).post(reverse("appointments:create_calendar_end", args=[calendar.pk]))

    assert not ExternalCalendar.objects.exists()


def test_what_is_another_providers_is_not_there(dr_bob, carol):
    calendar = make_external_calendar(dr_bob)
    browser = signed_in(carol.user)

    for name in ("create_fetch", "create_calendar_end"):
        answer = browser.post(reverse(f"appointments:{name}", args=[calendar.pk]))
        assert answer.status_code == 404
    assert "calendar.example" not in page(carol)


def test_a_patient_is_not_asked_where_she_is_busy(alice):
    assert "busy elsewhere" not in page(alice)
