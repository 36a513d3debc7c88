"""A provider's day, week and month, and the front desk's board: what they show, and to whom."""

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts.models import Membership
from appointments.models import AvailabilityException, Leave
from tests import factories
from tests.factories import HOUR, NINE, NOW, RECORDED, SCOPED

DAY, WEEK, MONTH, BOARD = (
    reverse(name) for name in ("calendar_day", "calendar_week", "calendar_month", "board")
)
ONE_DAY = timedelta(days=1)
THURSDAY = {"on": "2026-12-03"}


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


def plain(response):
    return " ".join(response.content.decode().split()).replace("\u202f", " ")


def test_the_week_shows_visits_open_hours_leave_and_the_zone(his, dr_bob, visit):
    Leave.objects.create(
        provider=dr_bob, first_on=date(2026, 12, 4), last_on=date(2026, 12, 5), reason="training"
    )

    page = his.get(WEEK, THURSDAY)

    week = page.context["week"]
    assert [day.on.isoformat()[-2:] for day in week] == ["30", "01", "02", "03", "04", "05", "06"]
    assert [len(day.rows) for day in week] == [0, 0, 0, 1, 0, 0, 0]
    assert [day.leave for day in week] == ["", "", "", "", "Training", "Training", ""]
    assert [bool(day.hours) for day in week] == [True, True, True, True, False, False, False]
    assert [day.is_today for day in week].index(True) == 1
    assert "9:00 AM to 5:00 PM" in plain(page)
    assert "On leave: Training" in plain(page)
    assert "<h1>Week of November 30, 2026</h1>" in plain(page)
    assert "Central Time (Chicago)" in plain(page)
    assert ">Alice Doe</a>" in plain(page)


@pytest.mark.parametrize(
    ("address", "earlier", "later"),
    [
        (DAY, "2026-12-02", "2026-12-04"),
        (WEEK, "2026-11-26", "2026-12-10"),
        (MONTH, "2026-11-30", "2027-01-01"),
    ],
)
def test_one_goes_on_and_back_by_plain_links(his, address, earlier, later):
    page = plain(his.get(address, THURSDAY))

    assert f'<a href="?on={earlier}">Earlier</a>' in page
    assert '<a href="?on=2026-12-01">Today</a>' in page
    assert f'<a href="?on={later}">Later</a>' in page


@pytest.mark.parametrize("address", [DAY, WEEK, MONTH])
def test_without_a_day_it_is_today_where_the_provider_is(his, address, clock):
    clock.move_to(NOW.replace(day=2, hour=5))  # still the first in Chicago

    assert his.get(address).context["on"] == date(2026, 12, 1)


@pytest.mark.parametrize("on", ["2026-02-30", "tomorrow", "0001-01-01", "9999-12-31", "2026-1-1"])
@pytest.mark.parametrize("address", [DAY, WEEK, MONTH])
def test_what_is_no_day_is_not_found(his, address, on):
    assert his.get(address, {"on": on}).status_code == 404


def test_the_board_finds_no_such_day_either(desk):
    assert desk.get(BOARD, {"on": "2026-02-30"}).status_code == 404


def test_the_day_names_who_comes_and_what_to_do(his, visit):
    page = plain(his.get(DAY, THURSDAY))

    assert "<b>Alice Doe</b>" in page
    assert reverse("appointments:detail", args=[visit.id]) in page


@pytest.mark.parametrize("address", [DAY, WEEK])
def test_where_care_has_ended_nobody_is_named(his, visit, address):
    factories.end_all_care()

    page = plain(his.get(address, THURSDAY))

    assert "Your care for this patient has ended" in page
    assert "Alice" not in page


def test_the_month_counts_visits_that_take_place_and_names_nobody(his, dr_bob, alice, visit):
    factories.make_visit(dr_bob, alice, starts_at=NINE + 2 * HOUR)
    factories.make_visit(
        dr_bob, alice, starts_at=NINE + 4 * HOUR, status="cancelled", cancelled_at=NOW
    )
    AvailabilityException.objects.create(provider=dr_bob, on=date(2026, 12, 25))

    page = his.get(MONTH, THURSDAY)

    days = {day.on: day for week in page.context["month"] for day in week}
    assert [len(week) for week in page.context["month"]] == [7] * 5
    assert (days[NINE.date()].count, sum(day.count for day in days.values())) == (2, 2)
    assert days[date(2026, 12, 25)].hours == []
    assert days[date(2026, 11, 30)].is_beside
    assert "Alice" not in plain(page)


@pytest.mark.parametrize(
    ("on", "first", "last"),
    [("2027-02-01", "2027-02-01", "2027-02-28"), ("2027-01-31", "2026-12-28", "2027-01-31")],
)
def test_a_month_is_shown_in_whole_weeks(his, on, first, last):
    month = his.get(MONTH, {"on": on}).context["month"]

    assert (month[0][0].on.isoformat(), month[-1][-1].on.isoformat()) == (first, last)


def test_the_days_on_which_clocks_change_have_their_own_hours(his, dr_bob):
    """The first of November 2026 has 25 hours in Chicago."""
    dr_bob.availability_rules.all().delete()
    for weekday in (5, 6):
        dr_bob.availability_rules.create(weekday=weekday, from_minute=0, to_minute=1440)

    week = his.get(WEEK, {"on": "2026-11-01"}).context["week"]

    hours = [[words.replace("\u202f", " ") for words in day.hours] for day in week]
    assert hours == [[]] * 5 + [["12:00 AM to 12:00 AM"]] * 2


def test_a_visit_late_in_the_evening_is_of_its_own_day(his, dr_bob, alice):
    """Half past eleven in Chicago is the next day in UTC."""
    factories.make_visit(dr_bob, alice, starts_at=NINE + 14.5 * HOUR)

    week = his.get(WEEK, THURSDAY).context["week"]

    assert [len(day.rows) for day in week] == [0, 0, 0, 1, 0, 0, 0]


def test_visits_of_others_are_not_there(his, carol, mallory):
    factories.make_visit(carol, mallory)

    for address in (DAY, WEEK):
        assert "Mallory" not in plain(his.get(address, THURSDAY))
    assert all(not day.count for week in his.get(MONTH).context["month"] for day in week)


@pytest.mark.parametrize("address", [DAY, WEEK, MONTH, BOARD])
def test_a_patient_finds_no_such_page(sign_in, alice, address):
    assert sign_in(alice.user).get(address).status_code == 404


def test_a_provider_has_no_board_and_the_desk_no_calendar(his, desk):
    assert his.get(BOARD).status_code == 404
    assert desk.get(WEEK).status_code == 404


@pytest.mark.parametrize("address", [DAY, WEEK, MONTH])
def test_what_changes_is_fetched_alone(his, visit, address):
    whole = his.get(address, THURSDAY)
    part = his.get(address, THURSDAY, headers={"HX-Request": "true"})

    assert "<html" not in plain(part)
    assert plain(part) in plain(whole)
    assert f'hx-get="{address}?on=2026-12-03"' in plain(whole)


@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.parametrize(("address", "queries"), [(DAY, 11), (WEEK, 11), (MONTH, 11)])
def test_the_number_of_queries_is_that_of_one_visit(
    his, dr_bob, practice, django_assert_num_queries, address, queries, count
):
    for number in range(count):
        user = factories.make_user(f"p{number}@example.com")
        patient = factories.make_patient(practice, f"Pat {number}", user=user)
        factories.make_visit(dr_bob, patient, starts_at=NINE + number * HOUR)
    his.get(address, THURSDAY)

    recorded = 0 if address == MONTH else RECORDED
    with django_assert_num_queries(queries + recorded + SCOPED):
        his.get(address, THURSDAY)


def test_the_board_shows_every_therapist_of_the_practice(desk, dr_bob, carol, visit, mallory):
    factories.make_visit(carol, mallory, starts_at=NINE + HOUR)
    Leave.objects.create(
        provider=carol, first_on=NINE.date(), last_on=NINE.date(), reason="vacation"
    )

    page = desk.get(BOARD, THURSDAY)

    bob, fox = page.context["columns"]
    assert (bob.provider, [row.visit for row in bob.rows], bob.leave) == (dr_bob, [visit], "")
    assert (fox.provider, len(fox.rows), fox.leave, fox.hours) == (carol, 1, "Vacation", [])
    assert "Alice Doe" in plain(page)
    assert 'href="tel:312-555-0123"' in plain(page)


def test_the_board_leaves_out_other_practices_and_who_has_left(desk, dr_bob, carol):
    elsewhere = factories.make_practice(name="Elsewhere")
    factories.make_provider(elsewhere, "Dan Poe")
    type(carol.user).objects.filter(pk=carol.user_id).update(is_active=False)

    columns = desk.get(BOARD, THURSDAY).context["columns"]

    assert [column.provider for column in columns] == [dr_bob]


def test_who_has_left_is_there_while_there_are_visits(desk, dr_bob, visit):
    type(dr_bob.user).objects.filter(pk=dr_bob.user_id).update(is_active=False)

    [column] = desk.get(BOARD, THURSDAY).context["columns"]

    assert [row.visit for row in column.rows] == [visit]


def test_an_empty_board_says_what_comes_first(desk):
    assert "Nobody treats here yet." in plain(desk.get(BOARD))


@pytest.mark.parametrize("count", [1, 4])
def test_the_number_of_queries_of_the_board_is_that_of_one_therapist(
    desk, practice, django_assert_num_queries, count
):
    for number in range(count):
        provider = factories.make_provider(practice, f"Doc {number}")
        user = factories.make_user(f"p{number}@example.com")
        patient = factories.make_patient(practice, f"Pat {number}", user=user)
        factories.make_visit(provider, patient)
    desk.get(BOARD, THURSDAY)

    with django_assert_num_queries(13 + RECORDED + SCOPED):
        desk.get(BOARD, THURSDAY)
