"""A visit repeats at its wall time: what is planned, and what is booked, all of it or nothing."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from accounts import contact
from appointments import booking, indexing, repeating
from appointments.booking import NotOffered, TooLate
from appointments.common_time import Obstacle
from appointments.models import (
    Appointment,
    AppointmentSeries,
    AvailabilityException,
    AvailabilityRule,
    FreeInterval,
    InvalidTransition,
    Schedule,
)
from appointments.occurrences import Conflicts, NothingLeft
from appointments.repeating import RepeatsAlready, Rhythm
from core import duties
from core.models import AuditEvent, Duty
from tests import factories
from tests.factories import HOUR, NINE, NOW

NEW_YORK, KOLKATA = ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
MINUTE, DAY, WEEK = timedelta(minutes=1), timedelta(days=1), timedelta(weeks=1)
WEEKLY = Rhythm(every_weeks=1, count=4)


def wish(visit, *, rhythm=WEEKLY, choices=None, by=None, now=NOW):
    by = by or visit.provider.user
    return {
        "appointment": visit, "rhythm": rhythm, "choices": choices or {}, "by": by, "now": now,
    }  # fmt: skip


def repeat(visit, **said):
    return repeating.repeat(**wish(visit, **said))


def plan(visit, **said):
    return repeating.plan(**wish(visit, **said))


def all_starts():
    return list(Appointment.objects.order_by("starts_at").values_list("starts_at", flat=True))


def test_a_visit_repeats_every_week_at_its_time(visit):
    made = repeat(visit)

    assert [each.starts_at for each in made] == [NINE + WEEK, NINE + 2 * WEEK, NINE + 3 * WEEK]
    series = AppointmentSeries.objects.get()
    same = Appointment.objects.values_list("series", "status", "fee_cents", "patient_state")
    assert set(same) == {(series.pk, "booked", 15000, "IL")}
    assert (series.starts_on, series.wall_time, series.zone) == (
        date(2026, 12, 3), time(9), "America/Chicago",
    )  # fmt: skip


@pytest.mark.parametrize("every_weeks", [2, 3, 4])
def test_or_every_so_many_weeks(visit, every_weeks):
    made = repeat(visit, rhythm=Rhythm(every_weeks, count=3))

    assert [each.starts_at - NINE for each in made] == [every_weeks * WEEK, 2 * every_weeks * WEEK]


def test_a_year_of_weeks_can_be_booked_by_the_provider(visit):
    made = repeat(visit, rhythm=Rhythm(1, repeating.MOST))

    assert len(made) == 52
    assert made[-1].wall_date == date(2027, 12, 2)


def test_a_patient_repeats_as_far_ahead_as_times_are_given(visit, alice):
    reach = repeating.within_reach(appointment=visit, rhythm=Rhythm(1, 12), by=alice.user, now=NOW)

    assert reach == Rhythm(1, 6)  # six weeks, from Tuesday on
    assert len(repeat(visit, rhythm=reach, by=alice.user)) == 5


def test_further_ahead_is_an_obstacle_for_her(visit, alice):
    planned = plan(visit, rhythm=Rhythm(1, 8), by=alice.user)

    assert [one.obstacle for one in planned] == [""] * 5 + [Obstacle.TOO_FAR] * 2
    with pytest.raises(Conflicts):
        repeat(visit, rhythm=Rhythm(1, 8), by=alice.user)


@pytest.fixture
def obstructed(visit, dr_bob, carol, alice, mallory):
    """A busy date, one of leave, one on which the patient is elsewhere; then the licence ends."""
    factories.make_visit(dr_bob, mallory, starts_at=NINE + WEEK + 30 * MINUTE)
    AvailabilityException.objects.create(provider=dr_bob, on=date(2026, 12, 17))
    factories.make_visit(carol, alice, starts_at=NINE + 3 * WEEK)
    dr_bob.licences.update(valid_until=date(2026, 12, 30))
    return visit


FIVE = Rhythm(1, 5)


def test_what_is_in_the_way_is_said_date_by_date_before_anything_is_booked(obstructed):
    planned = plan(obstructed, rhythm=FIVE)

    assert [(str(one.wanted.on), one.obstacle) for one in planned] == [
        ("2026-12-10", Obstacle.TAKEN),
        ("2026-12-17", Obstacle.CLOSED),
        ("2026-12-24", Obstacle.PATIENT_BUSY),
        ("2026-12-31", Obstacle.NOT_LICENSED),
    ]
    offered = [[(at - one.wanted.starts_at) // HOUR for at in one.others] for one in planned]
    assert [hours[:1] for hours in offered] == [[1], [], [1], []]
    assert not AppointmentSeries.objects.exists()


def test_with_something_in_the_way_nothing_is_booked_and_nobody_gets_mail(obstructed, mailoutbox):
    before = all_starts()

    with pytest.raises(Conflicts) as refused:
        repeat(obstructed, rhythm=FIVE)

    assert len([one for one in refused.value.occurrences if one.obstacle]) == 4
    assert all_starts() == before
    assert not AppointmentSeries.objects.exists()
    assert not Duty.objects.exists()
    assert not AuditEvent.objects.filter(action__in=["series.created", "appointment.booked"])


def test_a_date_is_left_out_or_gets_another_time_of_the_same_date(obstructed):
    choices = {
        "2026-12-10": NINE + WEEK + 2 * HOUR,
        "2026-12-17": None,
        "2026-12-24": NINE + 3 * WEEK + HOUR,
        "2026-12-31": None,
    }

    made = repeat(obstructed, rhythm=FIVE, choices=choices)

    assert [each.starts_at for each in made] == [NINE + WEEK + 2 * HOUR, NINE + 3 * WEEK + HOUR]
    assert [each.wall_time for each in made] == [time(11), time(10)]


@pytest.mark.parametrize(
    ("at", "obstacle"),
    [
        (NINE + WEEK + 30 * MINUTE, Obstacle.TAKEN),
        (NINE + WEEK - HOUR, Obstacle.CLOSED),
        (NINE + WEEK + DAY, Obstacle.CLOSED),  # offered, but on another date
    ],
)
def test_another_time_that_cannot_be_had_is_in_the_way_too(obstructed, at, obstacle):
    rhythm = Rhythm(1, 2)

    with pytest.raises(Conflicts) as refused:
        repeat(obstructed, rhythm=rhythm, choices={"2026-12-10": at})

    assert [one.obstacle for one in refused.value.occurrences] == [obstacle]


def test_with_every_date_left_out_there_is_nothing_to_book(visit):
    with pytest.raises(NothingLeft):
        repeat(visit, rhythm=Rhythm(1, 2), choices={"2026-12-10": None})
    assert not AppointmentSeries.objects.exists()


def test_a_visit_repeats_once(visit):
    repeat(visit)

    with pytest.raises(RepeatsAlready):
        repeat(Appointment.objects.get(pk=visit.pk))
    assert Appointment.objects.count() == 4


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"status": "cancelled", "cancelled_at": NOW}, InvalidTransition),
        ({"status": "arrived", "arrived_at": NOW}, InvalidTransition),
        ({"starts_at": NOW}, TooLate),
    ],
)
def test_only_what_is_booked_and_to_come_is_repeated(dr_bob, alice, fields, refusal):
    with pytest.raises(refusal):
        repeat(factories.make_visit(dr_bob, alice, **fields))


def test_a_provider_who_has_left_repeats_nothing(visit, dr_bob):
    dr_bob.user.is_active = False
    dr_bob.user.save()

    with pytest.raises(NotOffered):
        repeat(visit)


def test_an_expired_hold_makes_room(visit, dr_bob):
    booking.hold(provider=dr_bob, starts_at=NINE + WEEK, holder="h1", state="IL", now=NOW)

    with pytest.raises(Conflicts):
        repeat(visit)
    assert len(repeat(visit, now=NOW + booking.HOLD)) == 3


def test_the_index_of_free_time_is_right_when_the_series_is_booked(visit, dr_bob):
    repeat(visit)

    shown = set(FreeInterval.objects.values_list("starts_at", "ends_at"))
    indexing.rebuild([dr_bob.pk], now=NOW)
    assert shown == set(FreeInterval.objects.values_list("starts_at", "ends_at"))


def test_each_visit_is_on_the_trail_and_has_a_letter_with_a_link_planned(visit, dr_bob):
    repeat(visit)

    events = AuditEvent.objects.filter(patient_id=visit.patient_id, by_id=dr_bob.user.pk)
    assert events.filter(action="appointment.booked").count() == 3
    assert events.filter(action="series.created").count() == 1
    letters = Duty.objects.filter(kind="notice.join").order_by("due_at")
    assert [letter.due_at for letter in letters] == [NINE + n * WEEK - HOUR for n in (1, 2, 3)]


def test_each_visit_is_reminded_of(visit):
    made = repeat(visit)

    reminders = Duty.objects.filter(kind="notice.reminder-days")
    assert {told["appointment"] for told in reminders.values_list("payload", flat=True)} == {
        str(one.pk) for one in made
    }


def test_a_text_tells_of_the_first_and_how_many_more(visit, alice, settings, tmp_path):
    settings.SMS_URL, settings.MAILBOX_DIR = "mailbox:", tmp_path
    rules = {"by_mail": False, "by_text": True, "may_leave_message": False, "safe_hours": None}
    contact.save_rules(patient=alice, by=alice.user, now=NOW, **rules)
    repeat(visit)
    duties.sweep(now=NOW)

    [text] = [path.read_text() for path in tmp_path.iterdir()]
    assert "December 10, 2026, 9:00 AM, Central Time (Chicago), and 2 more" in text
    assert "December 17" not in text


def test_each_of_the_two_gets_one_mail_with_one_file_that_holds_all(visit, mailoutbox):
    made = repeat(visit)
    duties.sweep(now=NOW)
    duties.sweep(now=NOW)

    assert sorted(letter.to[0] for letter in mailoutbox) == [
        "alice@example.com", "bob-ray@example.com",
    ]  # fmt: skip
    [letter] = [letter for letter in mailoutbox if letter.to == ["alice@example.com"]]
    assert letter.subject == "Your appointments are confirmed"
    body = letter.body.replace("\u202f", " ")
    for day in ("December 10", "December 17", "December 24"):
        assert f"- Thursday, {day}, 2026, 9:00 AM, Central Time (Chicago)" in body
    [(name, content, kind)] = letter.attachments
    assert (name, kind) == ("appointment.ics", "text/calendar; method=PUBLISH")
    events = Calendar.from_ical(content).walk("VEVENT")
    assert [(str(event["UID"]), event.start) for event in events] == [
        (f"{each.pk}@127.0.0.1", each.starts_at) for each in made
    ]
    assert all(
        "ATTENDEE" not in event and str(event["SUMMARY"]) == "Appointment" for event in events
    )


def test_no_mail_about_a_series_holds_a_name_or_a_clinical_word(visit, mailoutbox):
    repeat(visit)
    duties.sweep(now=NOW)

    told = "".join(f"{m.subject}{m.body}{m.attachments[0].content}" for m in mailoutbox).lower()
    telling = ["bob", "ray", "alice", "doe", "therap", "psych", "mental", "clinic", "patient"]
    assert [word for word in telling if word in told.replace("\r\n ", "")] == []


def test_a_visit_that_changed_before_the_mail_went_is_told_by_its_own(visit, alice, mailoutbox):
    made = repeat(visit)
    booking.cancel(appointment=made[0], by=alice.user, now=NOW)
    duties.sweep(now=NOW)

    [letter] = [m for m in mailoutbox if m.subject == "Your appointments are confirmed"]
    assert "December 10" not in letter.body


# Clock changes

PLACES = {
    # the first visit, then the wall dates and UTC of a few that follow
    "New York, clocks go forward": (
        datetime(2027, 3, 4, 16, 0, tzinfo=NEW_YORK), [(3, 11, 21), (3, 18, 20), (3, 25, 20)],
    ),
    "New York, clocks go back": (
        datetime(2027, 10, 28, 16, 0, tzinfo=NEW_YORK), [(11, 4, 20), (11, 11, 21)],
    ),
    "Kolkata, which has none": (
        datetime(2027, 3, 11, 15, 30, tzinfo=KOLKATA), [(3, 18, 10), (3, 25, 10)],
    ),
}  # fmt: skip


@pytest.fixture
def anytime(dr_bob):
    def put(zone):
        dr_bob.zone = zone
        dr_bob.save()
        dr_bob.availability_rules.all().delete()
        for weekday in range(7):
            AvailabilityRule.objects.create(
                provider=dr_bob, weekday=weekday, from_minute=0, to_minute=1440
            )
        return dr_bob

    return put


@pytest.mark.parametrize("place", PLACES)
def test_the_wall_time_is_kept_over_a_clock_change(anytime, alice, place):
    wall, expected = PLACES[place]
    first, zone = wall.astimezone(UTC), wall.tzinfo
    visit = factories.make_visit(anytime(zone.key), alice, starts_at=first)
    now = first - DAY

    made = repeat(visit, rhythm=Rhythm(1, 1 + len(expected)), now=now)

    told = [(each.starts_at.month, each.starts_at.day, each.starts_at.hour) for each in made]
    assert told == expected
    assert {each.wall_time for each in made} == {wall.time()}
    assert {each.starts_at.astimezone(zone).time() for each in made} == {wall.time()}
    assert {each.ends_at - each.starts_at for each in made} == {50 * MINUTE}


def test_lord_howe_changes_by_half_an_hour_and_the_visit_stays_at_its_time(anytime, alice):
    zone = "Australia/Lord_Howe"
    first = datetime(2027, 3, 28, 10, 0, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    visit = factories.make_visit(anytime(zone), alice, starts_at=first)

    made = repeat(visit, rhythm=Rhythm(1, 28), now=first - DAY)

    offsets = [(each.wall_date, (each.starts_at - first) % DAY) for each in made]
    assert offsets[0] == (date(2027, 4, 4), 30 * MINUTE)  # winter: +10:30, from +11
    assert offsets[-1] == (date(2027, 10, 3), 0 * MINUTE)  # and back
    assert {each.wall_time for each in made} == {time(10)}


@pytest.mark.parametrize(
    ("first", "on", "starts_at"),
    [
        # 2:30 does not exist: the first instant after the gap
        (datetime(2027, 3, 7, 2, 30, tzinfo=NEW_YORK), date(2027, 3, 14),
         datetime(2027, 3, 14, 7, 0, tzinfo=UTC)),
        # 1:30 is there twice: the first
        (datetime(2027, 10, 31, 1, 30, tzinfo=NEW_YORK), date(2027, 11, 7),
         datetime(2027, 11, 7, 5, 30, tzinfo=UTC)),
        # Lord Howe skips 2:00 to 2:30
        (datetime(2027, 9, 26, 2, 15, tzinfo=LORD_HOWE), date(2027, 10, 3),
         datetime(2027, 10, 2, 15, 30, tzinfo=UTC)),
        (datetime(2027, 3, 28, 1, 45, tzinfo=LORD_HOWE), date(2027, 4, 4),
         datetime(2027, 4, 3, 14, 45, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_a_time_that_is_skipped_or_doubled_is_read_one_way_and_the_next_week_is_as_before(
    anytime, alice, first, on, starts_at
):
    at, zone = first.astimezone(UTC), first.tzinfo
    visit = factories.make_visit(anytime(zone.key), alice, starts_at=at)
    Schedule.objects.update(lead_minutes=0)

    made = repeat(visit, rhythm=Rhythm(1, 3), now=at - DAY)

    assert (made[0].wall_date, made[0].wall_time, made[0].starts_at) == (
        on,
        first.time(),
        starts_at,
    )
    assert made[1].starts_at.astimezone(zone).time() == first.time()


def test_a_series_over_both_changes_meets_no_other_visit_of_the_provider(anytime, alice):
    zone = ZoneInfo("America/New_York")
    first = datetime(2027, 1, 7, 9, 0, tzinfo=zone).astimezone(UTC)
    visit = factories.make_visit(anytime("America/New_York"), alice, starts_at=first)

    made = repeat(visit, rhythm=Rhythm(1, 50), now=first - DAY)

    assert {each.starts_at.astimezone(zone).hour for each in made} == {9}
    assert {each.starts_at.hour for each in made} == {13, 14}
