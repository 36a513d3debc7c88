"""A time of whoever of a team fits: the visitor chooses when, and who it is follows from that.

The times are the union over those who pass what is never weighed (a licence where she will be) and
her firm wishes. Of those who are free at the one she chooses, it is who has the fewest visits in
that week, then by name: no two of a team are treated otherwise, and the same choice has the same
answer.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import chain

from django.db import connection

from accounts.models import Practice, Provider
from appointments import booking, offers
from appointments.booking import NotLicensed, NotOffered, SlotTaken
from appointments.directory import misses
from appointments.models import Appointment
from appointments.offers import ONE_DAY
from appointments.ranking import Ranking
from appointments.wishes import Wishes

MOST = 200  # providers whose times are put together, those who are free soonest
TWO_WEEKS = timedelta(days=14)
NEAREST_COUNT = 6


def who_fit(
    wishes: Wishes, *, practice: Practice | None, on: date, now: datetime
) -> list[Provider]:
    """
    Return those who may treat in the state wished for and meet every firm wish. One query.

    :param practice: of a patient, who has one; a visitor is shown those of all
    """
    ranking = Ranking(wishes, on, now, practice=practice)
    return [one for one in ranking.page(after=None, count=MOST) if not misses(one)]


def starts(
    providers: Sequence[Provider], wishes: Wishes, *, now: datetime, holder: str = ""
) -> list[datetime]:
    """Return the times of the next two weeks at which at least one is free, the soonest first; in
    the windows that were wished for, where any is in them. The queries are as many for all as for
    one."""
    until = now + TWO_WEEKS
    found = chain.from_iterable(
        offer.starts(state=wishes.state, until=until)
        for offer in offers.of(providers, now=now, holder=holder)
    )
    every = sorted(set(found))
    windows = wishes.times.windows(now=now) if wishes.times else ()
    wished = [at for at in every if any(start <= at < end for start, end in windows)]
    return wished or every


def hold(
    *,
    wishes: Wishes,
    practice: Practice | None,
    starts_at: datetime,
    holder: str,
    on: date,
    now: datetime,
) -> Appointment:
    """
    Keep the time with whoever of those who fit it is, as `booking.hold` does with one of them.

    Of two who want the last one at once, the second is refused; while there is another, it is hers.

    :raises SlotTaken: if nobody who fits is free then; a former hold is kept
    """
    fitting = who_fit(wishes, practice=practice, on=on, now=now)
    free = [
        offer.provider
        for offer in offers.of(fitting, now=now, holder=holder)
        if offer.has_free(starts_at)
        and offers.may_treat(offer.provider, wishes.state, at=starts_at)
    ]
    for provider in in_turn(free, starts_at, holder=holder, now=now):
        try:
            return booking.hold(
                provider=provider, starts_at=starts_at, holder=holder, state=wishes.state, now=now
            )
        except (SlotTaken, NotOffered, NotLicensed):
            continue  # somebody was faster with this one
    raise SlotTaken


def in_turn(
    providers: Iterable[Provider], starts_at: datetime, *, holder: str, now: datetime
) -> list[Provider]:
    """Put first whoever has the fewest visits in the week of that time, by her own calendar."""
    providers = list(providers)
    counts = visits_of_week(providers, starts_at, holder=holder, now=now)
    return sorted(providers, key=lambda one: (counts[one.pk], one.name, one.pk))


def visits_of_week(
    providers: Sequence[Provider], starts_at: datetime, *, holder: str, now: datetime
) -> Counter[int]:
    """Count them, held ones too, but what the holder herself holds. One query."""
    weeks = {one.pk: week_of(one, starts_at) for one in providers}
    zones = {one.pk: one.zoneinfo for one in providers}
    counts: Counter[int] = Counter()
    asked = (list(weeks), starts_at - 8 * ONE_DAY, now, holder)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM visit_starts(%s::bigint[], %s, %s, %s)", asked)
        for pk, at in cursor.fetchall():
            counts[pk] += weeks[pk] == monday_of(at.astimezone(zones[pk]).date())
    return counts


def week_of(provider: Provider, at: datetime) -> date:
    return monday_of(at.astimezone(provider.zoneinfo).date())


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def nearest(times: Sequence[datetime], wanted: datetime) -> list[datetime]:
    """Return those that are nearest to the one that could not be had, by the clock."""
    return sorted(sorted(times, key=lambda at: (abs(at - wanted), at))[:NEAREST_COUNT])
