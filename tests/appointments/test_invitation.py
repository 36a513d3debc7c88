"""The calendar file, read back with the library's parser."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from appointments import invitation, moving
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


# What RFC 5545 and RFC 5546 ask of each kind of file

ONCE = {"UID", "DTSTAMP", "DTSTART", "SUMMARY", "ORGANIZER", "SEQUENCE"}


def request_file(visit, zone):
    return invitation.write(visit, email="alice@example.com", zone=zone)


def cancel_file(visit, zone):
    visit.cancel(by=visit.patient.user, now=NOW)
    return request_file(visit, zone)


def series_file(visit, zone):
    return invitation.write_all([visit], zone=zone)


def feed_file(visit, zone):
    return invitation.write_feed([visit], zone=zone)


KINDS = {
    request_file: ("REQUEST", "CONFIRMED", 1),
    cancel_file: ("CANCEL", "CANCELLED", 1),
    series_file: ("PUBLISH", "CONFIRMED", 0),
    feed_file: ("PUBLISH", "CONFIRMED", 0),
}


@pytest.mark.parametrize(("kind", "says"), KINDS.items(), ids=[kind.__name__ for kind in KINDS])
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_a_file_holds_what_its_method_asks_for(visit, kind, says, zone):
    calendar = Calendar.from_ical(kind(visit, ZoneInfo(zone)).decode())
    [event] = calendar.walk("VEVENT")

    method, status, attendees = says
    assert (calendar["METHOD"], event["STATUS"]) == (method, status)
    assert (calendar["VERSION"], bool(calendar["PRODID"])) == ("2.0", True)
    assert {name for name in ONCE if not isinstance(event.get(name), list)} == ONCE
    assert ONCE - set(event) == set()
    assert ("ATTENDEE" in event) is bool(attendees)
    assert "CN" not in {*event["ORGANIZER"].params, *getattr(event.get("ATTENDEE"), "params", {})}
    assert event["DTSTAMP"].to_ical().endswith(b"Z")
    assert not calendar.errors
    assert not event.errors


@pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])
def test_lines_end_and_are_folded_as_the_standard_says(visit, kind):
    file = kind(visit, CHICAGO)

    lines = file.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert file.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in file.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "starts_at",
    [
        datetime(year, month, 15, 15, 0, tzinfo=UTC)
        for year in (2026, 2027, 2035)
        for month in (1, 7)
    ],
)
@pytest.mark.parametrize("zone", ["America/Chicago", "Australia/Lord_Howe", "Africa/Casablanca"])
def test_the_zone_in_the_file_is_right_by_itself(dr_bob, alice, starts_at, zone):
    """A program that knows no zones by name reads the offset from the VTIMEZONE alone."""
    visit = make_visit(dr_bob, alice, starts_at=starts_at, booked_at=NOW)
    calendar = Calendar.from_ical(request_file(visit, ZoneInfo(zone)).decode())
    [told], [event] = calendar.walk("VTIMEZONE"), calendar.walk("VEVENT")

    read_off = told.to_tz(lookup_tzid=False)
    wall = event.start.replace(tzinfo=None)
    assert read_off.utcoffset(wall) == ZoneInfo(zone).utcoffset(
        starts_at.astimezone(ZoneInfo(zone))
    )


def test_in_utc_no_zone_has_to_be_told(visit):
    file = request_file(visit, ZoneInfo("UTC")).decode()

    assert "DTSTART:20261203T150000Z" in file
    assert "VTIMEZONE" not in file


@pytest.mark.parametrize(
    ("email", "address"),
    [
        ("o'brien+visits@example.com", "mailto:o'brien+visits@example.com"),
        ("50%off?x#y@example.com", "mailto:50%25off%3Fx%23y@example.com"),
        ("zoë@example.com", "mailto:zo%C3%AB@example.com"),
    ],
)
def test_an_address_is_written_as_a_uri(visit, email, address):
    file = invitation.write(visit, email=email, zone=CHICAGO)
    [event] = Calendar.from_ical(file.decode()).walk("VEVENT")

    assert event["ATTENDEE"] == address


def test_each_change_raises_the_sequence_and_keeps_the_identifier(visit, alice):
    seen = [read(visit)[1]]
    moved = moving.move(appointment=visit, starts_at=NINE + HOUR, version=0, by=alice.user, now=NOW)
    seen.append(read(moved)[1])
    moved.cancel(by=alice.user, now=NOW + HOUR)
    seen.append(read(moved)[1])

    assert [event["SEQUENCE"] for event in seen] == [0, 1, 2]
    assert len({str(event["UID"]) for event in seen}) == 1
    stamps = [event["DTSTAMP"].dt for event in seen]
    assert stamps == sorted(stamps)
