"""A country changes its clocks after visits were booked: a time zone database of tomorrow."""

import json
import shutil
import zoneinfo
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import CommandError, call_command
from icalendar import Calendar

from appointments import booking, repeating, zone_changes
from appointments.models import Appointment, AppointmentMove
from core import duties
from core.models import AuditEvent
from tests import factories
from tests.factories import HOUR

CHICAGO = "America/Chicago"
NOW = datetime(2027, 3, 1, 15, 0, tzinfo=UTC)
WINTER = datetime(2027, 3, 4, 15, 0, tzinfo=UTC)  # Thursday at nine in Chicago
SUMMER = datetime(2027, 3, 18, 14, 0, tzinfo=UTC)  # two weeks on, the clocks have gone forward
WEEK = timedelta(weeks=1)


@pytest.fixture
def winter_for_ever(tmp_path):
    """Return a function that installs a release by which Chicago's clocks never go forward."""

    def install():
        place = tmp_path / "America"
        place.mkdir()
        # Saskatchewan has kept central standard time all year since 1960.
        shutil.copy(file_of("America/Regina"), place / "Chicago")
        zoneinfo.reset_tzpath([str(tmp_path), *zoneinfo.TZPATH])
        ZoneInfo.clear_cache()
        assert ZoneInfo(CHICAGO).utcoffset(datetime(2027, 7, 1)) == -6 * HOUR  # noqa: DTZ001 -- a wall time

    yield install
    zoneinfo.reset_tzpath()
    ZoneInfo.clear_cache()


def file_of(zone: str) -> Path:
    for folder in zoneinfo.TZPATH:
        if (found := Path(folder) / zone).exists():
            return found
    return Path(str(resources.files("tzdata.zoneinfo").joinpath(zone)))


@pytest.fixture
def visits(dr_bob, alice):
    """Three Thursdays at nine: one before the clocks go forward, two after."""
    first = factories.make_visit(dr_bob, alice, starts_at=WINTER)
    made = repeating.repeat(
        appointment=first,
        rhythm=repeating.Rhythm(1, 4),
        choices={},
        by=dr_bob.user,
        now=NOW,
    )
    duties.sweep(now=NOW)
    return [first, *made]


def starts():
    return list(Appointment.objects.order_by("starts_at").values_list("starts_at", flat=True))


def test_without_a_change_nothing_is_moved(visits):
    before = starts()

    done = zone_changes.recompute(now=NOW)

    assert (done.moved, done.conflicts, starts()) == ([], [], before)


def test_visits_to_come_stay_at_their_wall_time(visits, winter_for_ever):
    assert starts() == [WINTER, WINTER + WEEK, SUMMER, SUMMER + WEEK]
    winter_for_ever()

    done = zone_changes.recompute(now=NOW)

    assert starts() == [WINTER + n * WEEK for n in range(4)]
    assert {visit.pk for visit in done.moved} == {visit.pk for visit in visits[2:]}
    assert done.conflicts == []
    assert {(visit.wall_date, visit.wall_time) for visit in Appointment.objects.all()} == {
        (visit.wall_date, visit.wall_time) for visit in visits
    }
    assert zone_changes.recompute(now=NOW).moved == []


def test_the_two_are_told_and_the_trail_names_nobody(visits, winter_for_ever, mailoutbox):
    mailoutbox.clear()
    winter_for_ever()

    zone_changes.recompute(now=NOW)
    duties.sweep(now=NOW)

    letters = [m for m in mailoutbox if m.to == ["alice@example.com"]]
    assert len(letters) == 2
    [event] = Calendar.from_ical(letters[0].attachments[0].content).walk("VEVENT")
    assert event["SEQUENCE"] == 1
    assert set(AppointmentMove.objects.values_list("moved_by", flat=True)) == {None}
    events = AuditEvent.objects.filter(action="appointment.moved")
    assert set(events.values_list("by_id", flat=True)) == {None}


def test_visits_one_after_the_other_make_room_for_each_other(dr_bob, alice, winter_for_ever):
    for hours in range(3):
        factories.make_visit(dr_bob, alice, starts_at=SUMMER + hours * HOUR)
    winter_for_ever()

    done = zone_changes.recompute(now=NOW)

    assert done.conflicts == []
    assert starts() == [SUMMER + hours * HOUR for hours in (1, 2, 3)]


def test_a_visit_of_the_patient_with_somebody_elsewhere_is_reported_and_nothing_is_lost(
    dr_bob, carol, alice, winter_for_ever, capsys
):
    carol.zone = "America/New_York"  # whose clocks go forward as before
    carol.save()
    shifted = factories.make_visit(dr_bob, alice, starts_at=SUMMER)
    kept = factories.make_visit(carol, alice, starts_at=SUMMER + HOUR)
    winter_for_ever()

    with time_machine.travel(NOW, tick=False), pytest.raises(CommandError) as failed:
        call_command("recompute_zones", "--json")

    assert failed.value.returncode == 1
    assert json.loads(capsys.readouterr().out) == {"moved": [], "conflicts": [str(shifted.pk)]}
    assert starts() == [SUMMER, SUMMER + HOUR]
    assert set(Appointment.objects.values_list("version", flat=True)) == {0}
    booking.cancel(appointment=kept, by=alice.user, now=NOW)
    with time_machine.travel(NOW, tick=False):
        call_command("recompute_zones")
    assert capsys.readouterr().out == "1 visits were shifted.\n"


def test_what_is_cancelled_over_or_under_way_is_left_alone(dr_bob, alice, winter_for_ever):
    factories.make_visit(dr_bob, alice, starts_at=SUMMER, status="cancelled", cancelled_at=NOW)
    factories.make_visit(dr_bob, alice, starts_at=SUMMER + HOUR, status="arrived", arrived_at=NOW)
    winter_for_ever()

    assert zone_changes.recompute(now=NOW).moved == []


def test_a_visit_whose_hour_is_over_by_the_new_clock_is_reported(dr_bob, alice, winter_for_ever):
    """Where clocks go back for good, an hour that was to come is over: a person must look."""
    visit = factories.make_visit(dr_bob, alice, starts_at=SUMMER)
    Appointment.objects.update(wall_time="07:30")  # as if another rule had held when it was booked

    done = zone_changes.recompute(now=SUMMER - HOUR)

    assert ([each.pk for each in done.conflicts], done.moved) == ([visit.pk], [])
