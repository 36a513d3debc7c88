"""What is free is offered to those who wait, to one at a time: a hold for a patient (ADR 0027).

Nobody says that a time has become free. Each sweep compares what can be had with who waits, so that
no cause is forgotten: a visit called off, hours entered, leave taken back, a hold that ran out, the
morning. All of one provider happens under the lock of her time, so two sweeps offer nothing twice.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import prefetch_related_objects

from accounts import contact
from accounts.models import Provider, User
from appointments import booking, common_time, delivery, indexing, offers, waitlist_notices
from appointments.common_time import CommonTime
from appointments.contact_hours import ORDINARY, ContactHours
from appointments.models import Appointment, WaitlistEntry, WaitlistOffer
from appointments.offers import Offer
from core import audit
from core.transactions import retried

log = logging.getLogger(__name__)

MINUTE = timedelta(minutes=1)
LEAST = 10 * MINUTE  # to read it and to think: a time that leaves less is not offered
BATCH = 50
RELATED = ("patient__practice", "provider", "appointment")

Match = tuple[WaitlistEntry, datetime]


@dataclass
class Free:
    """The free time of a provider, for those who wait for it."""

    offer: Offer
    now: datetime
    _starts: dict[str, list[datetime]] = field(default_factory=dict)

    def matches(self, entries: Iterable[WaitlistEntry]) -> Iterator[Match]:
        """Yield who can be offered what, in their turn: each the soonest time that suits her.

        Two of them may be given the same; only the first is certain.
        """
        for entry in entries:
            if start := next(self._that_suit(entry), None):
                yield entry, start

    def expires_at(self, start: datetime) -> datetime:
        """Until when the offer stands: as long as the practice says, and no longer than the time
        can be had at all."""
        provider, lead = self.offer.provider, self.offer.plan.lead_minutes * MINUTE
        stands = provider.practice.waitlist_minutes * MINUTE
        return min(self.now + stands, start - lead)

    def _that_suit(self, entry: WaitlistEntry) -> Iterator[datetime]:
        length = timedelta(minutes=self.offer.plan.duration_minutes)
        offered = [(one.starts_at, one.ends_at) for one in entry.offers.all()]
        open_ones = [
            start
            for start in self._in(entry.patient_state)
            if entry.suits(start)
            and not any(begins < start + length and start < ends for begins, ends in offered)
            and self.expires_at(start) - self.now >= LEAST
        ]
        if open_ones and may_be_told(entry, now=self.now):
            but = [entry.appointment] if entry.appointment else []
            hers = common_time.hers(entry.patient_id, but, now=self.now)
            found = CommonTime(self.offer, entry.patient_state, hers)
            yield from (start for start in open_ones if not found.obstacle(start))

    def _in(self, state: str) -> list[datetime]:
        if state not in self._starts:
            self._starts[state] = list(self.offer.starts(state=state))
        return self._starts[state]


def may_be_told(entry: WaitlistEntry, *, now: datetime) -> bool:
    """Whether an offer would reach her now: by day, in the hours she has chosen. At night a time
    waits for the morning, and does not run out while she sleeps."""
    rules = contact.rules_of(entry.patient)
    hours = ContactHours(*(rules.safe_hours or ORDINARY), ZoneInfo(entry.patient.zone))
    return bool(delivery.chosen_by(rules)) and hours.has(now)


def sweep(*, now: datetime) -> int:
    """Take back what has run out, and offer what is free. Return how many offers were made."""
    count = 0
    for provider_id in sorted(due(now=now)):
        try:
            count += renew(provider_id, now=now)
        except Exception as failure:  # what fails for one must not keep the others waiting
            log.warning("waitlist of %s failed: %s", provider_id, type(failure).__name__)
    return count


def due(*, now: datetime) -> set[int]:
    """Return the providers of whose time something is to be taken back or offered. It only looks:
    `renew` looks again under the lock."""
    stale = {offer.entry.provider_id for offer in to_take_back(None, now=now)}
    return stale | {entry.provider_id for entry, _start in each_match(now=now)}


def each_match(*, now: datetime) -> Iterator[Match]:
    entries = list(unoffered(None, now=now))
    entries.sort(key=lambda entry: entry.provider_id)  # stable: their turn is kept
    waiting = {pk: list(rows) for pk, rows in groupby(entries, lambda entry: entry.provider_id)}
    ids = list(waiting)
    for n in range(0, len(ids), BATCH):
        for free in free_times(ids[n : n + BATCH], now=now):
            yield from free.matches(waiting[free.offer.provider.pk])


def free_times(provider_ids: Sequence[int], *, now: datetime) -> list[Free]:
    providers = list(Provider.objects.filter(pk__in=provider_ids).select_related("practice"))
    return [Free(offer, now) for offer in offers.of(providers, now=now)]


def unoffered(provider_id: int | None, *, now: datetime) -> Iterable[WaitlistEntry]:
    """Those who wait, for a provider or for any, and have no offer to answer; in their turn."""
    waiting = WaitlistEntry.objects.waiting(now=now).select_related(*RELATED)
    if provider_id is not None:
        waiting = waiting.filter(provider=provider_id)
    entries = list(waiting)
    prefetch_related_objects(entries, "offers")
    offered = WaitlistOffer.Status.OFFERED
    return [e for e in entries if all(one.status != offered for one in e.offers.all())]


def to_take_back(provider_id: int | None, *, now: datetime) -> list[WaitlistOffer]:
    """The offers that have run out, whose patient waits no longer, or whose hold is gone."""
    rows = WaitlistOffer.objects.still_open().select_related("entry__provider", "entry__patient")
    if provider_id is not None:
        rows = rows.filter(entry__provider=provider_id)
    found = list(rows)
    if not found:
        return []
    ids = {offer.entry_id for offer in found}
    waiting = set(WaitlistEntry.objects.waiting(now=now).filter(pk__in=ids).values_list("pk"))
    holders = [offer.holder for offer in found]
    held = set(
        Appointment.objects.filter(status="held", holder__in=holders).values_list(
            "holder", flat=True
        )
    )
    return [
        offer
        for offer in found
        if offer.expires_at <= now or (offer.entry_id,) not in waiting or offer.holder not in held
    ]


@retried
@transaction.atomic
def renew(provider_id: int, *, now: datetime) -> int:
    """Take back and offer what there is of one provider's time. Return how many offers were made.

    The rows of the trail come last, in the order of the patients: they lock each patient's chain.
    """
    indexing.lock([provider_id])
    over = to_take_back(provider_id, now=now)
    for offer in over:
        close(offer, _status_of(offer, now=now), now=now)
    made = list(_offer_all(provider_id, now=now))
    for offer in sorted([*over, *made], key=lambda one: (one.entry.patient_id, one.offered_at)):
        record(offer, by=None, now=now)
    if over or made:
        indexing.renew([provider_id], now=now)
    return len(made)


def _status_of(offer: WaitlistOffer, *, now: datetime) -> str:
    has_run_out = offer.expires_at <= now
    return WaitlistOffer.Status.LAPSED if has_run_out else WaitlistOffer.Status.WITHDRAWN


def _offer_all(provider_id: int, *, now: datetime) -> Iterator[WaitlistOffer]:
    """One by one, and computed anew after each: buffers and full days follow from the one before.

    It ends, as whoever has an offer is not asked again.
    """
    while True:
        entries = unoffered(provider_id, now=now)
        free = free_times([provider_id], now=now) if entries else []
        match = next((m for one in free for m in one.matches(entries)), None)
        if match is None:
            return
        yield _make(free[0], *match)


def _make(free: Free, entry: WaitlistEntry, start: datetime) -> WaitlistOffer:
    made = WaitlistOffer.objects.create(
        entry=entry,
        starts_at=start,
        ends_at=free.offer.block(start)["ends_at"],
        offered_at=free.now,
        expires_at=free.expires_at(start),
    )
    booking.enter_hold(
        free.offer,
        start,
        holder=made.holder,
        state=entry.patient_state,
        until=made.expires_at,
        now=free.now,
    )
    waitlist_notices.enqueue(made, now=free.now)
    return made


def take_back(offer: WaitlistOffer, status: str, *, by: User | None, now: datetime) -> None:
    """
    Close an offer, and give its time back. The caller has locked the provider's time, and renews
    the index.

    :raises waitlist.AlreadyClosed:
    """
    close(offer, status, now=now)
    record(offer, by=by, now=now)


def close(offer: WaitlistOffer, status: str, *, now: datetime) -> None:
    offer.close(status, now=now)
    Appointment.objects.held_by(offer.holder).delete()


def record(offer: WaitlistOffer, *, by: User | None, now: datetime) -> None:
    patient_id = offer.entry.patient_id
    action = f"waitlist.{offer.status}"
    audit.record(action, subject=offer, by=by, at=now, patient_id=patient_id)
