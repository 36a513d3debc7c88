"""Find a provider who may treat the visitor where she is, and who has time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import F, Func, Q, QuerySet

from accounts.models import Provider
from appointments import offers, reasons
from appointments.offers import Offer

NEXT_COUNT = 3  # times shown beside each provider
APART = timedelta(hours=2)  # between them: times close together are no choice
NEAREST_COUNT = 6  # times shown in place of one that has gone
OTHERS_COUNT = 3  # providers shown where the chosen one has no time at all
TWO_WEEKS = timedelta(days=14)
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Match:
    provider: Provider
    reasons: list[str]
    fee: str
    slots: list[datetime]

    @property
    def rank(self) -> tuple[int, datetime, str]:
        """Sorts those with more reasons first, then by the soonest time."""
        return -len(self.reasons), min(self.slots, default=NEVER), self.provider.name


@dataclass(frozen=True)
class Wishes:
    """What the visitor asks for. A fee is met by the sliding fee, too."""

    state: str
    concern: str = ""
    language: str = ""
    payer: str = ""
    max_fee_cents: int | None = None

    def among(self, providers: QuerySet[Provider]) -> QuerySet[Provider]:
        if self.concern:
            providers = providers.filter(concerns__contains=[self.concern])
        if self.language:
            providers = providers.filter(languages__contains=[self.language])
        if self.payer:
            providers = providers.filter(payers__contains=[self.payer])
        if self.max_fee_cents is not None:
            is_within = Q(fee_cents__lte=self.max_fee_cents)
            is_within |= Q(sliding_fee_cents__lte=self.max_fee_cents)
            providers = providers.filter(is_within)
        return providers

    def reasons(self, provider: Provider, *, on: date) -> Iterator[str]:
        if self.concern:
            yield reasons.concern(self.concern)
        yield reasons.licence(provider, self.state, on=on)
        if self.payer:
            yield reasons.payer(self.payer)
        if self.language:
            yield reasons.language(self.language)

    def fee(self, offer: Offer) -> str:
        minutes = offer.plan.duration_minutes
        return reasons.fee(offer.provider, minutes=minutes, max_fee_cents=self.max_fee_cents)


def find(
    *,
    state: str,
    on: date,
    concern: str = "",
    language: str = "",
    payer: str = "",
    max_fee_cents: int | None = None,
    now: datetime,
    holder: str = "",
) -> list[Match]:
    """
    Return who may treat in `state` and meets every wish, with the next free times of each.

    Whoever holds no valid licence or compact there on the day `on` is not in the list, and no
    time is, on whose own day the licence will not be valid. The number of queries does not
    depend on how many are found.

    :param holder: the visitor whose own hold does not count as busy
    """
    wishes = Wishes(state, concern, language, payer, max_fee_cents)
    licensed = Provider.objects.listed().licensed_in(state, on=on)
    matches = [
        Match(
            provider=offer.provider,
            reasons=list(wishes.reasons(offer.provider, on=on)),
            fee=wishes.fee(offer),
            slots=spread(offer.starts(state=state)),
        )
        for offer in offers.of(list(wishes.among(licensed)), now=now, holder=holder)
    ]
    return sorted(matches, key=lambda match: match.rank)


def spread(starts: Iterable[datetime]) -> list[datetime]:
    """Return the first, and those that follow in some distance."""
    chosen: list[datetime] = []
    for start in starts:
        if not chosen or start - chosen[-1] >= APART:
            chosen.append(start)
        if len(chosen) == NEXT_COUNT:
            break
    return chosen


def free_slots(
    *, provider: Provider, state: str, now: datetime, holder: str = ""
) -> list[datetime]:
    """Return the free times of the next two weeks for somebody in `state`."""
    [offer] = offers.of([provider], now=now, holder=holder)
    return list(offer.starts(state=state, until=now + TWO_WEEKS))


@dataclass(frozen=True)
class Instead:
    """What is free in place of a time that is not."""

    slots: list[datetime]  # of the same provider, the nearest ones, by the clock
    matches: list[Match]  # others, where that provider has none


def instead_of(
    *,
    provider: Provider,
    starts_at: datetime,
    state: str,
    on: date,
    now: datetime,
    holder: str = "",
) -> Instead:
    """Return the times of the provider that are nearest to `starts_at`, else those of others."""
    listed = Provider.objects.listed().filter(pk=provider.pk)
    free = [
        start
        for offer in offers.of(list(listed), now=now, holder=holder)
        for start in offer.starts(state=state)
    ]
    free.sort(key=lambda start: (abs(start - starts_at), start))
    if free:
        return Instead(sorted(free[:NEAREST_COUNT]), [])
    others = find(state=state, on=on, now=now, holder=holder)
    return Instead([], [match for match in others if match.slots][:OTHERS_COUNT])


def payers() -> list[str]:
    """Return the insurers that at least one listed provider works with."""
    unnested = Func(F("payers"), function="unnest")
    listed = Provider.objects.listed().annotate(payer=unnested)
    return sorted(set(listed.values_list("payer", flat=True)))
