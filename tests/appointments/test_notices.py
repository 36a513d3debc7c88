"""Mail about visits: to whom, once, with the page's own time, and telling nothing to others."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse
from icalendar import Calendar

from appointments import booking
from core import duties, zones
from core.models import Duty
from tests.factories import HOUR, NINE, NOW

MINUTE = timedelta(minutes=1)
TELLING = [
    "bob",
    "ray",
    "alice",
    "doe",
    "therap",
    "psych",
    "mental",
    "counsel",
    "clinic",
    "patient",
    "session",
]


@pytest.fixture
def booked(dr_bob, alice):
    held = booking.hold(provider=dr_bob, starts_at=NINE, holder="h1", state="IL", now=NOW)
    return booking.confirm(appointment=held, patient=alice, by=alice.user, now=NOW)


def sent(mailoutbox):
    """The mails by address, after the outbox has been looked through twice."""
    duties.sweep(now=NOW + HOUR)
    duties.sweep(now=NOW + 2 * HOUR)
    return {letter.to[0]: letter for letter in sorted(mailoutbox, key=lambda m: m.subject)}


def calendar_of(letter):
    [(name, content, kind)] = letter.attachments
    assert (name, kind.split(";")[0]) == ("appointment.ics", "text/calendar")
    return Calendar.from_ical(content)


def test_both_get_one_confirmation(booked, mailoutbox):
    letters = sent(mailoutbox)

    assert {to: letter.subject for to, letter in letters.items()} == {
        "alice@example.com": "Your appointment is confirmed",
        "bob-ray@example.com": "New appointment",
    }
    assert len(mailoutbox) == 2
    notices = Duty.objects.filter(kind="notice.confirmation")
    assert set(notices.values_list("attempts_count", "error")) == {(1, "")}


def test_page_mail_and_calendar_show_the_same_labelled_time(booked, alice, mailoutbox, sign_in):
    when = zones.full(NINE, ZoneInfo("America/Chicago"))
    letter = sent(mailoutbox)["alice@example.com"]
    with time_machine.travel(NOW, tick=False):
        address = reverse("appointments:detail", args=[booked.id])
        page = sign_in(alice.user).get(address).content.decode()
    [event] = calendar_of(letter).walk("VEVENT")

    assert f">{when}</time>" in page
    assert f"When: {when}\n" in letter.body
    assert str(event["DESCRIPTION"]).split("\n")[0] == when
    assert event.start == NINE


def test_each_reads_the_time_in_the_zone_of_their_own(dr_bob, alice, mailoutbox):
    alice.zone = "America/Denver"
    alice.save()
    held = booking.hold(provider=dr_bob, starts_at=NINE, holder="h1", state="IL", now=NOW)
    booking.confirm(appointment=held, patient=alice, by=alice.user, now=NOW)

    letters = sent(mailoutbox)

    assert "8:00\u202fAM, Mountain Time (Denver)" in letters["alice@example.com"].body
    assert "9:00\u202fAM, Central Time (Chicago)" in letters["bob-ray@example.com"].body


def test_no_mail_holds_a_name_or_a_clinical_word(booked, alice, mailoutbox):
    sent(mailoutbox)
    booking.cancel(appointment=booked, by=alice.user, now=NOW + HOUR)
    sent(mailoutbox)

    everything = "\n".join(
        f"{letter.subject}\n{letter.body}\n{letter.attachments[0].filename}"
        for letter in mailoutbox
    ).lower()
    assert len(mailoutbox) == 4
    assert [word for word in TELLING if word in everything] == []


@pytest.mark.parametrize(
    ("canceller", "at", "words"),
    [
        ("alice", NINE - 25 * HOUR, "It costs nothing, and there is nothing more to do."),
        ("alice", NINE - HOUR, "there may be a fee"),
        ("dr_bob", NINE - HOUR, "we had to cancel your appointment. It costs you nothing."),
    ],
)
def test_the_mail_says_what_the_patient_has_to_know(
    booked, alice, dr_bob, mailoutbox, canceller, at, words
):
    by = {"alice": alice.user, "dr_bob": dr_bob.user}[canceller]
    booking.cancel(appointment=booked, by=by, now=at)

    duties.sweep(now=NINE)
    letters = [letter for letter in mailoutbox if letter.to == ["alice@example.com"]]
    body = " ".join(letters[-1].body.split())

    assert words in body
    assert ("nothing more to do" in body) == (canceller == "alice" and at < NINE - 24 * HOUR)


def test_the_link_leads_to_the_visit(booked, mailoutbox):
    assert f"\nhttp://127.0.0.1:8000/visits/{booked.id}/\n" in (
        sent(mailoutbox)["alice@example.com"].body
    )


def test_the_calendar_file_arrives_as_an_invitation(booked, mailoutbox):
    message = sent(mailoutbox)["alice@example.com"].message()
    [part] = [part for part in message.walk() if part.get_content_type() == "text/calendar"]

    assert (part.get_param("method"), part.get_filename()) == ("REQUEST", "appointment.ics")
    assert part.get_param("charset") == "utf-8"  # RFC 6047, 2.4: both have to be said
    assert message["Auto-Submitted"] == "auto-generated"


def test_a_confirmation_does_not_leave_once_the_visit_is_cancelled(booked, alice, mailoutbox):
    booking.cancel(appointment=booked, by=alice.user, now=NOW + MINUTE)

    assert {letter.subject for letter in sent(mailoutbox).values()} == {
        "Your appointment is cancelled",
        "Appointment cancelled",
    }
    assert len(mailoutbox) == 2


def test_a_cancellation_takes_the_entry_out_of_the_calendar(booked, alice, mailoutbox):
    booking.cancel(appointment=booked, by=alice.user, now=NOW + MINUTE)

    calendar = calendar_of(sent(mailoutbox)["alice@example.com"])

    assert calendar["METHOD"] == "CANCEL"


def test_a_refused_booking_sends_nothing(visit, carol, alice, mailoutbox):
    held = booking.hold(provider=carol, starts_at=NINE, holder="h1", state="IL", now=NOW)

    with pytest.raises(booking.PatientBusy):
        booking.confirm(appointment=held, patient=alice, by=alice.user, now=NOW)

    assert sent(mailoutbox) == {}
