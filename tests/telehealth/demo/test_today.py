from datetime import UTC, date, datetime, timedelta

import pytest

from appointments import offers
from appointments.models import AvailabilityException
from telehealth.demo import today
from tests.factories import NOW, make_practice, make_provider


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 12, 6, 9, 30, tzinfo=UTC),  # Sunday, 3:30 in Chicago
        datetime(2026, 12, 2, 5, 40, tzinfo=UTC),  # 23:40: the visit lies beyond midnight
        datetime(2026, 12, 2, 5, 20, tzinfo=UTC),  # 23:20: it reaches beyond midnight
        datetime(2026, 12, 2, 6, 0, 30, tzinfo=UTC),  # 0:00
        datetime(2026, 12, 25, 18, 0, tzinfo=UTC),  # closed
        NOW,
    ],
)
def test_there_is_a_visit_to_join_at_any_hour(db, now):
    provider = make_provider(make_practice(), "Bob Ray")
    AvailabilityException.objects.create(provider=provider, on=date(2026, 12, 25))

    start = today.next_start(now)
    today.open_hours(provider, start)

    offer = offers.of([provider], now=now - timedelta(days=2))[0]
    assert timedelta(minutes=5) < start - now <= timedelta(minutes=20)
    assert [offset for offset in today.VISITS if not offer.has(start + offset)] == []


def test_opening_todays_hours_keeps_the_ordinary_ones(db):
    provider = make_provider(make_practice(), "Bob Ray")

    today.open_hours(provider, today.next_start(NOW))

    offer = offers.of([provider], now=NOW - timedelta(days=2))[0]
    nine, four = NOW.replace(hour=15), NOW.replace(hour=22)
    assert (offer.has(nine), offer.has(four)) == (True, True)
