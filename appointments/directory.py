"""Find a provider who may treat the visitor where she is, and who has time."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F, Func, prefetch_related_objects

from accounts.models import Provider
from appointments import next_starts, offers, reasons
from appointments.ranking import Misplaced, Ranking
from appointments.wishes import Wishes

PAGE = 20
FEWEST = 3  # a choice is shown, though it meet not every wish
NEAREST_COUNT = 6  # times shown in place of one that has gone
OTHERS_COUNT = 3  # providers shown where the chosen one has no time at all
TWO_WEEKS = timedelta(days=14)


@dataclass(frozen=True)
class Match:
    provider: Provider
    reasons: list[str]
    unmet: list[str]  # wishes
    fee: str
    slots: list[datetime]


@dataclass(frozen=True)
class Found:
    """A page of the list."""

    matches: list[Match]
    after: str = ""  # where the next page begins; "" where there is none


def find(wishes: Wishes, *, on: date, now: datetime, after: str = "", count: int = PAGE) -> Found:
    """
    Return who may treat in the state wished for, those first who meet most of the other wishes,
    with the next free times of each.

    Whoever holds no valid licence or compact there on the day `on` is not in the list, and no
    time is, on whose own day the licence will not be valid. Who misses a firm wish is there only
    if fewer than FEWEST meet all. It reads the index: its order may be a minute old, and a time
    that the visitor herself holds is not in it. The number of queries is always the same.

    :param after: the place at which the page before this one ended
    :raises Misplaced: if `after` is no such place, or nobody comes after it any more
    """
    ranking = Ranking(wishes, on, now)
    place = ranking.read(after) if after else None
    more = ranking.page(after=place, count=count + 1)
    providers = enough(more[:count], is_first=not after)
    if after and not providers:
        raise Misplaced
    prefetch_related_objects(providers, "licences")
    windows = wishes.times.windows(now=now) if wishes.times else ()
    starts = next_starts.of(providers, state=wishes.state, now=now, windows=windows)
    matches = [_match(one, ranking, starts[one.pk]) for one in providers]
    is_last = len(more) <= count or len(providers) < count or misses(more[count])
    return Found(matches, "" if is_last else ranking.write(ranking.place_of(providers[-1])))


def enough(providers: list[Provider], *, is_first: bool) -> list[Provider]:
    """Keep those who meet every firm wish, and of the others as many as make a choice."""
    meeting = sum(not misses(one) for one in providers)
    return providers[: max(meeting, FEWEST if is_first else 0)]


def misses(provider: Provider) -> bool:
    """Whether a firm wish is not met."""
    return bool(getattr(provider, "missed", 0))


def _match(provider: Provider, ranking: Ranking, slots: list[datetime]) -> Match:
    wishes = ranking.wishes
    told = [(getattr(provider, f"met_{number}"), wish) for number, wish in enumerate(ranking.each)]
    minutes = offers.schedule_of(provider).visit_minutes
    return Match(
        provider=provider,
        reasons=[
            reasons.licence(provider, wishes.state, on=ranking.on),
            *(wish.words[0] for is_met, wish in told if is_met),
        ],
        unmet=[wish.words[1] for is_met, wish in told if not is_met],
        fee=reasons.fee(provider, minutes=minutes, max_fee_cents=wishes.max_fee_cents),
        slots=slots,
    )


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
    others = find(Wishes(state), on=on, now=now).matches
    return Instead([], [match for match in others if match.slots][:OTHERS_COUNT])


def payers() -> list[str]:
    """Return the insurers that at least one listed provider works with."""
    unnested = Func(F("payers"), function="unnest")
    listed = Provider.objects.listed().annotate(payer=unnested)
    return sorted(listed.values_list("payer", flat=True).distinct().order_by())
