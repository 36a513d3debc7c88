"""Until a day, this day included."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError

from core.last_day import LATEST, LastDayField, end_of

CHICAGO = ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    ("day", "end"),
    [
        (date(2026, 12, 4), datetime(2026, 12, 5, 6, tzinfo=UTC)),
        (date(2027, 3, 14), datetime(2027, 3, 15, 5, tzinfo=UTC)),  # the clock went forward
    ],
)
def test_a_day_is_over_at_the_midnight_after_it(day, end):
    assert end_of(day, CHICAGO) == end


@pytest.mark.parametrize("day", ["9999-12-31", "2200-01-01"])
def test_a_day_after_which_no_calendar_goes_on_is_refused(day):
    with pytest.raises(ValidationError, match="before the year 2200"):
        LastDayField().clean(day)


def test_the_latest_has_an_end():
    assert LastDayField().clean(LATEST.isoformat()) == LATEST
    assert end_of(LATEST, CHICAGO).year == LATEST.year + 1
