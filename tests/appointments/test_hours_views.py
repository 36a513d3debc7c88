"""The pages of hours: whose they are, what they refuse, and that nothing typed is lost."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from accounts.models import Membership
from appointments.models import Leave, Schedule
from tests import factories
from tests.factories import NINE, NOW, SCOPED

WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
CUT = {
    "visit_minutes": "50",
    "buffer_before_minutes": "0",
    "buffer_after_minutes": "10",
    "step_minutes": "15",
    "lead_minutes": "120",
    "horizon_days": "42",
    "visits_a_day": "",
}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def his(sign_in, dr_bob):
    """Dr. Bob's browser."""
    return sign_in(dr_bob.user)


@pytest.fixture
def desk(sign_in, practice):
    """The browser of the practice's front desk."""
    return sign_in(factories.make_member(practice, Membership.Role.FRONT_DESK, "desk@example.com"))


def hours_of(provider, name="hours", *more):
    return reverse(f"appointments:{name}", args=[provider.slug, *more])


def week(*rows, revision=0, seen="", **fields):
    """What the browser sends: rows of (weekday, from, until, first day, last day)."""
    data = {"week-TOTAL_FORMS": len(rows), "week-INITIAL_FORMS": len(rows)}
    for number, row in enumerate(rows):
        names = ("weekday", "starts", "ends", "valid_from", "valid_until")
        data |= {f"week-{number}-{name}": value for name, value in zip(names, row, strict=False)}
    return data | CUT | {"revision": revision, "seen": seen} | fields


def rules(provider):
    found = provider.availability_rules.order_by("weekday", "from_minute")
    return list(found.values_list("weekday", "from_minute", "to_minute"))


def plain(response):
    return " ".join(response.content.decode().split())


QUERIES = 35  # of a change that asks first: all of it, undone, and the page
ORDINARY = [(day, 540, 1020) for day in range(5)]


def test_the_page_shows_the_week_and_an_empty_row_for_each_day(his, dr_bob):
    page = his.get(hours_of(dr_bob))

    forms = page.context["week"].forms
    assert [form.day for form in forms] == [*WEEKDAYS[:5], *WEEKDAYS]
    assert plain(page).count('value="09:00"') == 5
    assert "All times are in Central Time (Chicago)." in plain(page)


def test_a_week_is_saved(his, dr_bob):
    answer = his.post(
        hours_of(dr_bob), week((0, "09:00", "12:00"), (0, "13:00", "00:00"), (1, "", ""))
    )

    assert (answer.status_code, answer.url) == (302, hours_of(dr_bob))
    assert rules(dr_bob) == [(0, 540, 720), (0, 780, 1440)]


def test_the_end_of_the_day_is_shown_as_midnight(his, dr_bob):
    his.post(hours_of(dr_bob), week((0, "20:00", "00:00")))

    assert 'value="00:00"' in plain(his.get(hours_of(dr_bob)))


@pytest.mark.parametrize(
    ("row", "field", "words"),
    [
        ((0, "09:00", ""), "ends", "Say both times, or none to work no hours here."),
        ((0, "", "10:00"), "starts", "Say both times, or none to work no hours here."),
        ((0, "10:00", "10:00"), "ends", "The end comes before the beginning."),
        ((0, "10:00", "09:00"), "ends", "The end comes before the beginning."),
        ((0, "nine", "10:00"), "starts", "Write the time as hours and minutes, such as 09:30."),
        ((0, "09:00", "10:00", "2027-02-30"), "valid_from", "Write the date as month/day/year"),
        ((0, "09:00", "10:00", "0001-01-01"), "valid_from", "Choose a day between the years"),
        (
            (0, "09:00", "10:00", "2027-05-02", "2027-05-01"),
            "valid_until",
            "The end comes before the beginning.",
        ),
        ((7, "09:00", "10:00"), "weekday", "Choose one from the list."),
    ],
)
def test_a_row_that_cannot_be_is_refused_in_words(his, dr_bob, row, field, words):
    answer = his.post(hours_of(dr_bob), week(row))

    errors = answer.context["week"].forms[0].errors
    assert (answer.status_code, list(errors)) == (422, [field])
    assert errors[field][0].startswith(words)
    assert rules(dr_bob) == ORDINARY


def test_hours_that_overlap_are_refused_at_the_second_of_them(his, dr_bob):
    answer = his.post(
        hours_of(dr_bob), week((0, "09:00", "12:00"), (1, "09:00", "12:00"), (0, "11:59", "13:00"))
    )

    wrong = [dict(form.errors) for form in answer.context["week"].forms]
    assert (answer.status_code, wrong[:2]) == (422, [{}, {}])
    assert wrong[2] == {"starts": ["These hours overlap with others of the same day."]}
    assert 'value="11:59"' in plain(answer)  # what was typed stays


def test_the_same_hours_may_stand_twice_at_different_times_of_the_year(his, dr_bob):
    answer = his.post(
        hours_of(dr_bob),
        week((0, "09:00", "12:00", "", "2027-05-31"), (0, "09:00", "12:00", "2027-06-01", "")),
    )

    assert (answer.status_code, rules(dr_bob)) == (302, [(0, 540, 720)] * 2)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("visit_minutes", "0"),
        ("visit_minutes", "fifty"),
        ("buffer_after_minutes", "-1"),
        ("step_minutes", "0"),
        ("horizon_days", "366"),
        ("visits_a_day", "0"),
    ],
)
def test_a_cut_that_cannot_be_is_refused(his, dr_bob, field, value):
    answer = his.post(hours_of(dr_bob), week((0, "09:00", "12:00"), **{field: value}))

    assert (answer.status_code, list(answer.context["cut"].errors)) == (422, [field])
    assert rules(dr_bob) == ORDINARY


def test_the_cut_is_saved(his, dr_bob):
    his.post(hours_of(dr_bob), week((0, "09:00", "12:00"), visit_minutes="45", visits_a_day="4"))

    schedule = Schedule.objects.get(provider=dr_bob)
    assert (schedule.visit_minutes, schedule.visits_a_day, schedule.revision) == (45, 4, 1)


@pytest.mark.parametrize("fields", [{"week-TOTAL_FORMS": "many"}, {"week-TOTAL_FORMS": "101"}])
def test_a_form_that_was_tampered_with_is_refused(his, dr_bob, fields):
    answer = his.post(hours_of(dr_bob), week((0, "09:00", "12:00"), **fields))

    assert (answer.status_code, rules(dr_bob)) == (422, ORDINARY)


def test_of_two_windows_the_second_sees_both_versions(his, dr_bob):
    his.post(hours_of(dr_bob), week((0, "08:00", "12:00")))

    late = his.post(hours_of(dr_bob), week((0, "10:00", "11:00")))

    assert (late.status_code, rules(dr_bob)) == (409, [(0, 480, 720)])
    assert "Somebody has changed these hours" in plain(late)
    assert "Monday 8:00" in plain(late).replace("\u202f", " ")
    assert 'value="10:00"' in plain(late)
    again = week((0, "10:00", "11:00"), revision=late.context["revision"])
    assert his.post(hours_of(dr_bob), again).status_code == 302
    assert rules(dr_bob) == [(0, 600, 660)]


@pytest.mark.parametrize("revision", ["", "first", "-1"])
def test_who_does_not_say_what_she_has_read_is_shown_it(his, dr_bob, revision):
    answer = his.post(hours_of(dr_bob), week((0, "10:00", "11:00"), revision=revision))

    assert (answer.status_code, rules(dr_bob)) == (409, ORDINARY)


def test_visits_that_would_lie_outside_are_shown_before_saving(his, dr_bob, visit):
    asked = his.post(hours_of(dr_bob), week((0, "09:00", "12:00")))

    assert (asked.status_code, rules(dr_bob)) == (409, ORDINARY)
    assert "One booked visit would lie outside of these hours. It stays booked." in plain(asked)
    assert "Thursday, December 3, 2026, 9:00" in plain(asked).replace("\u202f", " ")
    assert f'<a href="{reverse("calendar_day")}?on=2026-12-03">' in plain(asked)
    assert "Alice" not in plain(asked)

    seen = asked.context["seen"]
    saved = his.post(hours_of(dr_bob), week((0, "09:00", "12:00"), seen=seen))
    visit.refresh_from_db()
    assert (saved.status_code, visit.status) == (302, "booked")
    assert rules(dr_bob) == [(0, 540, 720)]


def test_a_list_of_visits_that_cannot_be_read_has_seen_none(his, dr_bob, visit):
    answer = his.post(hours_of(dr_bob), week((0, "09:00", "12:00"), seen="all of them"))

    assert (answer.status_code, rules(dr_bob)) == (409, ORDINARY)


def test_the_front_desk_keeps_hours_of_every_therapist_of_the_practice(desk, dr_bob, carol):
    page = desk.get(reverse("appointments:hours_list"))
    assert [one.slug for one in page.context["providers"]] == ["bob-ray", "carol-fox"]

    desk.post(hours_of(carol), week((6, "09:00", "12:00")))

    assert rules(carol) == [(6, 540, 720)]


def test_the_front_desk_is_led_to_its_board(desk, dr_bob, visit):
    asked = desk.post(hours_of(dr_bob), week((0, "09:00", "12:00")))

    assert f'<a href="{reverse("board")}?on=2026-12-03">' in plain(asked)


def test_a_therapist_goes_on_to_her_own_hours(his, dr_bob):
    assert his.get(reverse("appointments:hours_list")).url == hours_of(dr_bob)


def test_hours_of_others_are_not_found(his, carol, sign_in, dr_bob, alice):
    elsewhere = factories.make_practice(name="Elsewhere")
    stranger = factories.make_member(elsewhere, Membership.Role.FRONT_DESK, "x@example.com")

    assert his.get(hours_of(carol)).status_code == 404
    assert his.post(hours_of(carol), week((0, "09:00", "12:00"))).status_code == 404
    assert sign_in(stranger).get(hours_of(dr_bob)).status_code == 404
    assert sign_in(alice.user).get(hours_of(dr_bob)).status_code == 404
    assert rules(carol) == ORDINARY


def state(provider, **fields):
    return {"on": "2026-12-03", "starts": "", "ends": "", "revision": 0} | fields


def dates(provider):
    return list(provider.availability_exceptions.values_list("on", "from_minute", "to_minute"))


def test_a_date_is_closed_and_given_back(his, dr_bob):
    his.post(hours_of(dr_bob, "hours_dates"), state(dr_bob))
    page = his.get(hours_of(dr_bob, "hours_dates"))
    assert dates(dr_bob) == [(NINE.date(), None, None)]
    assert "Thursday, December 3, 2026: Closed" in plain(page)

    gone = his.post(hours_of(dr_bob, "create_date_end", "2026-12-03"), {"revision": 1})

    assert (gone.status_code, dates(dr_bob)) == (302, [])


def test_a_date_gets_hours(his, dr_bob):
    his.post(hours_of(dr_bob, "hours_dates"), state(dr_bob, starts="18:00", ends="20:00"))

    assert dates(dr_bob) == [(NINE.date(), 1080, 1200)]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"on": ""}, "on"),
        ({"on": "2026-11-30"}, "on"),
        ({"starts": "09:00"}, "ends"),
        ({"ends": "09:00"}, "starts"),
        ({"starts": "09:00", "ends": "09:00"}, "ends"),
    ],
)
def test_a_date_that_cannot_be_is_refused(his, dr_bob, fields, field):
    answer = his.post(hours_of(dr_bob, "hours_dates"), state(dr_bob, **fields))

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert dates(dr_bob) == []


def test_a_date_that_is_stated_already_is_refused(his, dr_bob):
    his.post(hours_of(dr_bob, "hours_dates"), state(dr_bob))

    answer = his.post(
        hours_of(dr_bob, "hours_dates"), state(dr_bob, starts="09:00", ends="10:00", revision=1)
    )

    assert (answer.status_code, len(dates(dr_bob))) == (422, 1)
    assert "Something is stated for one of these days already." in plain(answer)


def test_a_visit_of_an_extra_evening_is_shown_before_it_is_taken_back(his, dr_bob, alice):
    his.post(hours_of(dr_bob, "hours_dates"), state(dr_bob, starts="18:00", ends="20:00"))
    factories.make_visit(dr_bob, alice, starts_at=NINE + 9 * factories.HOUR)
    end = hours_of(dr_bob, "create_date_end", "2026-12-03")

    asked = his.post(end, {"revision": 1})

    assert (asked.status_code, len(dates(dr_bob))) == (409, 1)
    assert f'action="{end}"' in plain(asked)
    told = {"revision": 1, "seen": asked.context["seen"]}
    assert (his.post(end, told).status_code, dates(dr_bob)) == (302, [])


def test_what_is_given_back_already_stays_so(his, dr_bob):
    end = hours_of(dr_bob, "create_date_end", "2026-12-03")

    assert his.post(end, {"revision": 0}).url == hours_of(dr_bob, "hours_dates")
    end = hours_of(dr_bob, "create_leave_end", "2026-12-03")
    assert his.post(end, {"revision": 0}).url == hours_of(dr_bob, "leave")


def test_no_day_of_the_calendar_is_no_address(his, dr_bob):
    address = hours_of(dr_bob, "create_date_end", "2027-02-30")

    assert his.post(address, {"revision": 0}).status_code == 404


def away(**fields):
    days = {"first_on": "2026-12-07", "last_on": "2026-12-11"}
    return days | {"reason": "vacation", "revision": 0} | fields


def test_leave_is_noted_and_taken_back(his, dr_bob):
    his.post(hours_of(dr_bob, "leave"), away())
    page = plain(his.get(hours_of(dr_bob, "leave")))
    assert "Monday, December 7, 2026 to Friday, December 11, 2026" in page
    [leave] = Leave.objects.all()
    assert (leave.first_on, leave.last_on) == (date(2026, 12, 7), date(2026, 12, 11))

    his.post(hours_of(dr_bob, "create_leave_end", "2026-12-07"), {"revision": 1})

    assert not Leave.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"first_on": ""}, "first_on"),
        ({"last_on": "2026-12-06"}, "last_on"),
        ({"first_on": "2026-11-01", "last_on": "2026-11-30"}, "last_on"),
        ({"reason": "ill"}, "reason"),
    ],
)
def test_leave_that_cannot_be_is_refused(his, dr_bob, fields, field):
    answer = his.post(hours_of(dr_bob, "leave"), away(**fields))

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert not Leave.objects.exists()


@pytest.mark.parametrize(("revision", "status"), [(0, 409), (1, 422)])
def test_leave_upon_leave_is_refused(his, dr_bob, revision, status):
    his.post(hours_of(dr_bob, "leave"), away())

    answer = his.post(hours_of(dr_bob, "leave"), away(first_on="2026-12-11", revision=revision))

    assert (answer.status_code, Leave.objects.count()) == (status, 1)


def test_leave_over_a_visit_asks_first(his, dr_bob, visit):
    on_the_day = {"first_on": "2026-12-03", "last_on": "2026-12-03"}

    asked = his.post(hours_of(dr_bob, "leave"), away(**on_the_day))

    assert (asked.status_code, Leave.objects.count()) == (409, 0)
    his.post(hours_of(dr_bob, "leave"), away(**on_the_day, seen=asked.context["seen"]))
    assert Leave.objects.count() == 1


def test_why_somebody_is_away_is_told_to_nobody_who_looks_for_a_therapist(client, dr_bob):
    Leave.objects.create(
        provider=dr_bob, first_on=NINE.date(), last_on=NINE.date(), reason="training"
    )

    page = client.get(reverse("appointments:provider", args=[dr_bob.slug]), {"state": "IL"})

    assert "December 2" in plain(page)
    assert "December 3," not in plain(page)
    assert "raining" not in plain(page)


@pytest.mark.parametrize("count", [1, 4])
def test_the_number_of_queries_does_not_grow_with_the_visits(
    his, dr_bob, alice, django_assert_num_queries, count
):
    for number in range(count):
        factories.make_visit(dr_bob, alice, starts_at=NINE + number * factories.HOUR)
    his.get(hours_of(dr_bob))

    with django_assert_num_queries(QUERIES + SCOPED):
        his.post(hours_of(dr_bob), week((0, "09:00", "12:00")))
