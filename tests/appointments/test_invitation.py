"""The calendar file, read back with the library's parser."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from appointments import invitation
from core import zones
from tests.factories import HOUR, NINE, NOW, make_visit

CHICAGO, NEW_YORK = ZoneInfo("America/Chicago"), ZoneInfo("America/New_York")


def read(visit, zone=CHICAGO):
    calendar = Calendar.from_ical(
        invitation.write(visit, email="alice@example.com", zone=zone), multiple=False
    )
    [event] = calendar.walk("VEVENT")
    return calendar, event


@pytest.mark.parametrize("zone", [CHICAGO, NEW_YORK, ZoneInfo("Asia/Kathmandu")])
def test_the_times_are_those_of_the_visit_in_the_readers_zone(visit, zone):
    calendar, event = read(visit, zone)

    assert (event.start, event.end) == (visit.starts_at, visit.ends_at)
    assert event["DTSTART"].params["TZID"] == zone.key
    assert [part["TZID"] for part in calendar.walk("VTIMEZONE")] == [zone.key]


@pytest.mark.parametrize(
    "starts_at",
    [
        datetime(2027, 3, 14, 6, 30, tzinfo=UTC),  # 1:30 in New York, before the clocks go forward
        datetime(2027, 3, 14, 7, 30, tzinfo=UTC),  # 3:30, after it
        datetime(2027, 11, 7, 14, 0, tzinfo=UTC),  # 9:00 on the day on which they go back
    ],
)
def test_the_times_hold_on_days_when_clocks_change(dr_bob, alice, starts_at):
    visit = make_visit(dr_bob, alice, starts_at=starts_at)

    _, event = read(visit, NEW_YORK)

    assert event.start == starts_at


def test_the_entry_tells_nothing_but_the_time_and_where_to_look(visit):
    _, event = read(visit)

    assert str(event["SUMMARY"]) == "Appointment"
    when = zones.full(visit.starts_at, CHICAGO)
    link = f"http://127.0.0.1:8000/visits/{visit.id}/"
    assert str(event["DESCRIPTION"]) == f"{when}\n{link}"
    assert str(event["CLASS"]) == "PRIVATE"


def test_no_name_and_no_clinical_word_is_in_the_file(visit):
    file = invitation.write(visit, email="a@example.com", zone=CHICAGO).decode()

    words = file.replace("\r\n ", "").lower()
    telling = ["bob", "ray", "alice", "doe", "therap", "psy", "mental", "clinic", "patient"]
    assert [word for word in telling if word in words] == []


def test_an_invitation_asks_no_answer_of_the_one_who_booked(visit):
    calendar, event = read(visit)

    assert (calendar["METHOD"], event["STATUS"], event["SEQUENCE"]) == ("REQUEST", "CONFIRMED", 0)
    assert event["ATTENDEE"] == "mailto:alice@example.com"
    assert event["ATTENDEE"].params["RSVP"] == "FALSE"
    assert event["ORGANIZER"] == "mailto:visits@localhost"


def test_a_cancellation_takes_the_same_entry_away(visit):
    _, before = read(visit)
    visit.cancel(by=visit.patient.user, now=NOW)

    calendar, after = read(visit)

    assert (calendar["METHOD"], after["STATUS"], after["SEQUENCE"]) == ("CANCEL", "CANCELLED", 1)
    assert after["UID"] == before["UID"] == f"{visit.id}@127.0.0.1"
    assert after["DTSTAMP"].dt == NOW


def test_two_visits_are_two_entries(visit, dr_bob, alice):
    other = make_visit(dr_bob, alice, starts_at=NINE + HOUR)

    assert read(visit)[1]["UID"] != read(other)[1]["UID"]
