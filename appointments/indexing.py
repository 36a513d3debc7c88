"""
Keep the index of free time right: renewed in each transaction that changes a provider's time.

Of two who take a provider's time at once, the second must see what the first did: both lock the
provider's row of `Indexed` before they look. The order of locks is the same for all deeds: the
visitor's turn (`take_turns`), providers by id, appointments by id, then the audit trail.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.db.models import Manager

from accounts import licensure
from accounts.models import Provider
from appointments import availability, offers
from appointments.availability import Interval
from appointments.models import FreeInterval, Indexed, Opening
from appointments.offers import ONE_DAY, Offer
from appointments.openings import NEVER
from core.transactions import retried

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)  # as the database sets it
MINUTE = timedelta(minutes=1)
AHEAD = 2 * ONE_DAY  # beyond the horizon: a roll that is a day late is still in time
FEW = 5  # visits that make no difference to the load: or each booking would write all openings
BATCH = 50
INTERVAL = ("provider_id", "starts_at", "ends_at", "step_minutes")
OPENING = ("provider_id", "state", "starts_at", "load", "shuffle")

_is_put_off: ContextVar[bool] = ContextVar("index_is_put_off", default=False)


@retried
@transaction.atomic
def rebuild(provider_ids: Iterable[int], *, now: datetime) -> None:
    """Make the index of these providers anew from their hours, visits and licences."""
    renew(lock(provider_ids), now=now)


def renew(ids: Iterable[int], *, now: datetime, known: Sequence[Provider] = ()) -> None:
    """
    The same within a transaction that has locked them; only what differs is written.

    :param known: those of them whom the caller has read since, with their hours
    """
    if _is_put_off.get():
        return
    ids = list(ids)
    others = set(ids) - {provider.pk for provider in known}
    providers = [*known, *(Provider.objects.filter(pk__in=others) if others else ())]
    seen = [Seen(offer, now) for offer in offers.of(providers, now=now)]
    intervals = {row for one in seen for row in one.intervals()}
    openings = {row for one in seen for row in one.openings()}
    _replace(FreeInterval.objects, ids, intervals, INTERVAL)
    _replace(Opening.objects, ids, openings, OPENING)
    Indexed.objects.bulk_update(
        [Indexed(provider=one.offer.provider, due_at=one.due_at(openings)) for one in seen],
        ["due_at"],
    )


def lock(provider_ids: Iterable[int]) -> list[int]:
    """Wait for whoever else takes the time of these providers; keep others waiting until commit."""
    rows = Indexed.objects.filter(provider__in=set(provider_ids)).order_by("provider_id")
    return list(rows.select_for_update().values_list("provider_id", flat=True))


@contextmanager
def put_off() -> Iterator[None]:
    """For who writes very much at once, and sweeps in the end: what is written is due by then."""
    token = _is_put_off.set(True)
    try:
        yield
    finally:
        _is_put_off.reset(token)


def sweep(*, now: datetime) -> int:
    """Renew what a clock has overtaken, or a change that renewed nothing. Return how many."""
    count = 0
    while renewed := _sweep_some(now=now):
        count += renewed
    return count


@transaction.atomic
def _sweep_some(*, now: datetime) -> int:
    due = Indexed.objects.filter(due_at__lte=now).order_by("due_at")
    free = due.select_for_update(skip_locked=True)  # whoever has it locked renews it herself
    ids = list(free.values_list("provider_id", flat=True)[:BATCH])
    if ids:
        renew(ids, now=now)
    return len(ids)


@dataclass(frozen=True)
class Seen:
    """What the index is to hold of one provider."""

    offer: Offer
    now: datetime

    @property
    def window(self) -> Interval:
        """From the beginning of the day, so that the rows of a day stay as they are."""
        midnight = datetime.combine(self.now.astimezone(UTC), time(), tzinfo=UTC)
        return midnight, self.offer.horizon + AHEAD

    def intervals(self) -> Iterator[tuple[Any, ...]]:
        offer, (start, end) = self.offer, self.window
        before_lead = start - offer.plan.lead_minutes * MINUTE
        found = availability.stretches(
            offer.plan, busy=offer.busy, window=(start, end), now=before_lead
        )
        for starts_at, ends_at in found:
            yield offer.provider.pk, starts_at, ends_at, offer.plan.step_minutes

    def openings(self) -> Iterator[tuple[Any, ...]]:
        provider, soonest = self.offer.provider, self._soonest()
        load, shuffle = self.offer.visits_count // FEW, shuffled(provider, self.window[0].date())
        for state, start in soonest.items():
            yield provider.pk, state, start, load, shuffle

    def _soonest(self) -> dict[str, datetime]:
        """The first start in each state, by her calendar's days, on which licences count."""
        offer, day = self.offer, date.min
        soonest = dict.fromkeys(states_of(offer.provider), NEVER)
        open_states = set(soonest)
        for start in availability.slots(
            offer.plan, busy=offer.busy, window=(self.now, offer.horizon), now=self.now
        ):
            if not open_states:
                break
            if day != (day := start.astimezone(offer.provider.zoneinfo).date()):
                found = {one for one in open_states if offer.provider.may_treat_in(one, on=day)}
                soonest |= dict.fromkeys(found, start)
                open_states -= found
        return soonest

    def due_at(self, openings: set[tuple[Any, ...]]) -> datetime:
        """When this is right no longer, whatever anybody does: tomorrow at the latest."""
        lead = self.offer.plan.lead_minutes * MINUTE
        mine = (row[2] for row in openings if row[0] == self.offer.provider.pk)
        over = min(mine, default=NEVER) - lead + MINUTE  # the soonest start can be had no longer
        return min(self.window[0] + ONE_DAY, over, self.offer.free_again or NEVER)


def states_of(provider: Provider) -> set[str]:
    """Where a licence of hers counts, now or later or once."""
    licences = provider.licences.all()
    members = (licensure.members_of(one.compact) for one in licences)
    return {one.state for one in licences}.union(*members)


def shuffled(provider: Provider, day: date) -> int:
    """A number that deals those who are alike in all else: fair over days, the same all day."""
    return int.from_bytes(sha256(f"{day} {provider.pk}".encode()).digest()[:3])


def _replace(
    table: Manager[Any], provider_ids: list[int], wanted: set[Any], fields: tuple[str, ...]
) -> None:
    rows = table.filter(provider__in=provider_ids)
    kept = {tuple(values): pk for pk, *values in rows.values_list("pk", *fields)}
    if gone := [pk for values, pk in kept.items() if values not in wanted]:
        rows.filter(pk__in=gone).delete()
    new = [dict(zip(fields, values, strict=True)) for values in wanted - kept.keys()]
    table.bulk_create(table.model(**row) for row in new)
