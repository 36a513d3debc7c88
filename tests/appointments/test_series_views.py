"""The pages that repeat a visit, and that move or call off what repeats."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from appointments import booking, repeating
from appointments.models import Appointment, AppointmentSeries, AvailabilityException
from tests import factories
from tests.appointments.test_views import text
from tests.factories import HOUR, NINE, NOW

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
FOUR = {"every_weeks": 1, "count": 4}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def url(visit, name="series"):
    return reverse(f"appointments:{name}", args=[visit.id])


@pytest.fixture
def people(alice, dr_bob):
    return {"alice": alice.user, "dr_bob": dr_bob.user}


@pytest.fixture
def series(visit, dr_bob):
    made = repeating.repeat(
        appointment=visit,
        rhythm=repeating.Rhythm(1, 4),
        choices={},
        by=dr_bob.user,
        now=NOW,
    )
    return [visit, *made]


def starts():
    return list(Appointment.objects.order_by("starts_at").values_list("starts_at", flat=True))


@pytest.mark.parametrize("who", ["alice", "dr_bob"])
def test_each_of_the_two_says_how_often_looks_the_dates_over_and_books_them(
    sign_in, visit, people, who
):
    client = sign_in(people[who])
    assert url(visit) in client.get(url(visit, "detail")).content.decode()
    assert "How often?" in text(client.get(url(visit)))

    review = client.get(url(visit), FOUR)
    assert starts() == [NINE]  # looking books nothing
    response = client.post(url(visit), FOUR, follow=True)

    for day in ("December 10", "December 17", "December 24"):
        assert f"Thursday, {day}, 2026, 9:00 AM, Central Time (Chicago)" in text(review)
    assert "Each costs $150.00" in text(review)
    assert starts() == [NINE + n * WEEK for n in range(4)]
    assert "3 visits are booked." in text(response)
    assert "One of a series, 4 still to come" in text(response)
    assert url(visit) not in response.content.decode()


def test_until_a_day_is_another_way_to_say_how_many(sign_in, visit, alice):
    sign_in(alice.user).post(url(visit), {"every_weeks": 2, "until": "2027-01-01"})

    assert starts() == [NINE, NINE + 2 * WEEK, NINE + 4 * WEEK]


def test_dates_beyond_what_a_patient_may_have_are_said_to_be_left_out(sign_in, visit, alice):
    client = sign_in(alice.user)

    review = client.get(url(visit), {"every_weeks": 1, "count": 12})

    assert "Later dates are further ahead than times are given." in text(review)
    assert '<input type="hidden" name="count" value="6">' in review.content.decode()


def test_a_provider_repeats_for_longer(sign_in, visit, dr_bob):
    sign_in(dr_bob.user).post(url(visit), {"every_weeks": 1, "count": 12})

    assert len(starts()) == 12


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"every_weeks": 1}, "Say how many visits, or until which day: one of both."),
        (
            {"every_weeks": 1, "count": 3, "until": "2026-12-31"},
            "Say how many visits, or until which day: one of both.",
        ),
        ({"every_weeks": 1, "count": 1}, "Write a number from 2 to 53."),
        ({"every_weeks": 1, "count": 54}, "Write a number from 2 to 53."),
        ({"every_weeks": 1, "count": "x"}, "Write a number from 2 to 53."),
        ({"every_weeks": 9, "count": 3}, ""),
        ({"every_weeks": "x", "count": 3}, ""),
        ({"count": 3}, ""),
        ({"every_weeks": 1, "until": "2026-12-09"}, "at least one more visit can be."),
        ({"every_weeks": 1, "until": "0001-01-01"}, "at least one more visit can be."),
        ({"every_weeks": 1, "until": "yesterday"}, ""),
        ({"every_weeks": 1, "count": 3, "on-2026-12-10": "noon"}, "This is not a time."),
        ({"every_weeks": 1, "count": 3, "on-2026-12-10": "2026-12-10T09:00"}, "has no zone."),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_cannot_be_read_is_said_beside_the_field(sign_in, visit, alice, said, words, method):
    response = getattr(sign_in(alice.user), method)(url(visit), said)

    assert response.status_code == 422
    assert words in text(response)
    assert starts() == [NINE]


def test_an_empty_form_is_sent_back(sign_in, visit, alice):
    assert sign_in(alice.user).post(url(visit), {}).status_code == 422


@pytest.fixture
def obstructed(visit, dr_bob, mallory):
    factories.make_visit(dr_bob, mallory, starts_at=NINE + WEEK)
    AvailabilityException.objects.create(provider=dr_bob, on=date(2026, 12, 17))
    return visit


def test_what_is_in_the_way_is_listed_with_a_choice_before_one_says_yes(sign_in, obstructed, alice):
    client = sign_in(alice.user)

    review = client.get(url(obstructed), FOUR)

    assert "Something is in the way of 2 of them" in text(review)
    assert "The therapist has another appointment then." in text(review)
    assert "The therapist does not work then." in text(review)
    assert "No other time is free on this date." in text(review)
    page = review.content.decode()
    assert re.findall(r'<select id="[^"]+" name="([^"]+)"', page) == [
        "on-2026-12-10", "on-2026-12-17",
    ]  # fmt: skip
    assert f'value="{(NINE + WEEK + HOUR).isoformat()}"' in page


def test_the_choice_is_what_is_booked(sign_in, obstructed, alice):
    choice = {"on-2026-12-10": (NINE + WEEK + HOUR).isoformat(), "on-2026-12-17": ""}

    sign_in(alice.user).post(url(obstructed), FOUR | choice)

    hers = Appointment.objects.filter(patient=alice).order_by("starts_at")
    assert [visit.starts_at for visit in hers] == [NINE, NINE + WEEK + HOUR, NINE + 3 * WEEK]


def test_a_date_that_went_while_one_looked_is_said_and_nothing_is_booked(
    sign_in, visit, alice, dr_bob, mallory
):
    client = sign_in(alice.user)
    client.get(url(visit), FOUR)
    factories.make_visit(dr_bob, mallory, starts_at=NINE + 2 * WEEK)

    response = client.post(url(visit), FOUR)

    assert response.status_code == 409
    assert "Something is in the way of one of them: choose below. Nothing is booked yet." in text(
        response
    )
    assert not AppointmentSeries.objects.exists()


def test_with_every_date_left_out_the_page_says_so(sign_in, visit, alice):
    said = {"every_weeks": 1, "count": 2, "on-2026-12-10": ""}

    response = sign_in(alice.user).post(url(visit), said)

    assert response.status_code == 422
    assert "Every date was left out" in text(response)


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_visit_that_repeats_or_is_off_is_not_repeated(sign_in, series, alice, method):
    client = sign_in(alice.user)
    repeating_already = getattr(client, method)(url(series[1]), FOUR)
    booking.cancel(appointment=series[2], by=alice.user, now=NOW)
    off = getattr(client, method)(url(series[2]), FOUR)

    assert [repeating_already.status_code, off.status_code] == [409, 409]
    assert "This visit repeats already" in text(repeating_already)
    assert len(starts()) == 4


def test_a_stranger_finds_nothing_to_repeat(sign_in, visit, mallory, carol):
    for stranger in (mallory, carol):
        client = sign_in(stranger.user)
        answers = [client.get(url(visit)), client.post(url(visit), FOUR)]
        assert [answer.status_code for answer in answers] == [404, 404]
    assert starts() == [NINE]


# Of a series, which visits


@pytest.mark.parametrize(
    ("scope", "count", "words"),
    [
        ("this", 1, "The visit is cancelled."),
        ("following", 3, "This visit and those after it are cancelled."),
        ("all", 4, "All visits of the series that were still to come are cancelled."),
        ("", 1, "The visit is cancelled."),
    ],
)
def test_one_says_which_visits_are_called_off(sign_in, series, alice, scope, count, words):
    client = sign_in(alice.user)
    assert "This visit and all after it" in text(client.get(url(series[1], "detail")))

    response = client.post(url(series[1], "create_cancellation"), {"scope": scope}, follow=True)

    assert words in text(response)
    assert Appointment.objects.filter(status="cancelled").count() == count


def test_another_scope_is_refused(sign_in, series, alice):
    client = sign_in(alice.user)

    answers = [
        client.post(url(series[1], "create_cancellation"), {"scope": "every"}),
        client.post(
            url(series[1], "move"),
            {"scope": "every", "version": 0, "starts_at": (NINE + WEEK + HOUR).isoformat()},
        ),
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert set(Appointment.objects.values_list("status", "version")) == {("booked", 0)}


def test_a_visit_alone_asks_for_no_scope(sign_in, visit, alice):
    client = sign_in(alice.user)
    pages = [client.get(url(visit, name)).content.decode() for name in ("detail", "move")]

    assert ['name="scope"' in page for page in pages] == [False, False]


def test_a_series_is_moved_after_each_of_its_dates_was_shown(sign_in, series, dr_bob):
    client = sign_in(dr_bob.user)
    said = {"scope": "following", "version": 0, "starts_at": (NINE + WEEK + HOUR).isoformat()}
    assert 'name="scope"' in client.get(url(series[1], "move")).content.decode()

    review = text(client.get(url(series[1], "move"), said))
    response = client.post(url(series[1], "move"), said, follow=True)

    assert "Move these visits?" in review
    assert "From Thursday, December 17, 2026, 9:00 AM" in review
    assert starts() == [NINE, *(NINE + n * WEEK + HOUR for n in (1, 2, 3))]
    assert "The visits have their new times." in text(response)


def test_a_series_that_cannot_move_whole_is_not_moved(sign_in, series, dr_bob, mallory):
    factories.make_visit(dr_bob, mallory, starts_at=NINE + 2 * WEEK + HOUR)
    said = {"scope": "all", "version": 0, "starts_at": (NINE + HOUR).isoformat()}
    client = sign_in(dr_bob.user)

    refused = client.post(url(series[0], "move"), said)
    kept = client.post(url(series[0], "move"), said | {f"on-{series[2].pk}": ""})

    assert (refused.status_code, kept.status_code) == (409, 302)
    assert "Something is in the way of one of them: choose below. Nothing is moved yet." in text(
        refused
    )
    assert f'name="on-{series[2].pk}"' in refused.content.decode()
    hers = Appointment.objects.exclude(series=None).order_by("starts_at")
    assert [visit.starts_at for visit in hers] == [
        NINE + HOUR, NINE + WEEK + HOUR, NINE + 2 * WEEK, NINE + 3 * WEEK + HOUR,
    ]  # fmt: skip


def test_keeping_every_time_moves_nothing_and_says_so(sign_in, series, dr_bob):
    said = {"scope": "all", "version": 0, "starts_at": (NINE + HOUR).isoformat()}

    response = sign_in(dr_bob.user).post(
        url(series[0], "move"), said | {f"on-{visit.pk}": "" for visit in series}
    )

    assert response.status_code == 409
    assert "Nothing was moved" in text(response)


@pytest.mark.parametrize("name", ["detail", "move"])
def test_that_another_one_is_near_is_said_before_all_are_changed(
    sign_in, series, alice, clock, name
):
    clock.move_to(NINE - HOUR)

    page = text(sign_in(alice.user).get(url(series[1], name)))

    assert "Another visit of the series begins in less than 24 hours." in page
