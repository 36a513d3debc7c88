"""What can be done with each visit of a provider who cannot work, and what to begin with."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accounts.care_team import CLINICAL, CareRelationship
from accounts.models import Membership, Provider
from appointments import offers
from appointments.absence import Absence, Deed
from appointments.availability import Interval
from appointments.common_time import CommonTime
from appointments.models import Appointment
from appointments.offers import Offer
from appointments.replacing import suits

AROUND = timedelta(days=7)
MOST_TIMES, MOST_COLLEAGUES = 3, 3


@dataclass(frozen=True)
class Option:
    deed: str
    starts_at: datetime | None = None
    provider: Provider | None = None

    @property
    def value(self) -> str:
        """As a form says it: "replace carol-fox 2026-12-03T15:00:00+00:00"."""
        at = self.starts_at.isoformat() if self.starts_at else ""
        named = self.provider.slug if self.provider else ""
        return " ".join(part for part in (str(self.deed), named, at) if part)


@dataclass(frozen=True)
class Proposal:
    """The ways on for one visit; the first is proposed."""

    visit: Appointment
    options: list[Option]


def proposals(absence: Absence, visits: Sequence[Appointment], *, now: datetime) -> list[Proposal]:
    """
    Propose for each: first another time of hers, near the one it has; else a colleague; else to
    call it off. No two are proposed for one time. The same number of queries for many as for one.
    """
    seen = Seen(absence, visits, now)
    taken: list[tuple[int, datetime, datetime]] = []
    found = []
    for visit in visits:
        options = [*seen.times(visit), *seen.colleagues(visit)]
        free = [one for one in options if not meets(one, visit, taken)]
        if free:
            taken.append(span(free[0], visit))
        rest = [one for one in options if one not in free[:1]]
        ways = [*free[:1], *rest, Option(Deed.CANCEL), Option(Deed.KEEP)]
        found.append(Proposal(visit, ways))
    return found


def span(option: Option, visit: Appointment) -> tuple[int, datetime, datetime]:
    """Whose time it takes, and which."""
    assert option.starts_at is not None  # of a time that is proposed
    whose = option.provider.pk if option.provider else visit.provider_id
    return whose, option.starts_at, option.starts_at + (visit.block_ends_at - visit.block_starts_at)


def meets(
    option: Option, visit: Appointment, taken: Sequence[tuple[int, datetime, datetime]]
) -> bool:
    whose, start, end = span(option, visit)
    return any(whose == one and start < until and since < end for one, since, until in taken)


class Seen:
    """The time of the provider, of her colleagues and of the patients, read once for all visits."""

    def __init__(self, absence: Absence, visits: Sequence[Appointment], now: datetime) -> None:
        self.absence, self.now = absence, now
        patients = [visit.patient_id for visit in visits]
        cares = CareRelationship.objects.current().filter(patient__in=patients, role__in=CLINICAL)
        self.treating = set(cares.values_list("patient_id", "person_id"))
        self.busy = busy(patients, now=now)
        works = Membership.objects.filter(
            practice=absence.provider.practice_id, role=Membership.Role.PROVIDER
        )
        here = Provider.objects.filter(
            practice=absence.provider.practice_id,
            user__is_active=True,
            user__in=works.values("user"),
        )
        far = now + AROUND + timedelta(days=1)
        self.offers = [
            replace(one, horizon=max(one.horizon, absence.window[1] + AROUND, far))
            for one in offers.of(list(here.order_by("name", "pk")), now=now)
        ]

    def times(self, visit: Appointment) -> Iterator[Option]:
        """Other times of hers, the nearest first."""
        for offer in self.offers:
            if offer.provider.pk == visit.provider_id:
                starts = self._starts(offer.without([visit]), visit, around=AROUND)
                outside = [at for at in starts if not self._is_away(visit, at)]
                for at in spread(outside, visit)[:MOST_TIMES]:
                    yield Option(Deed.MOVE, at)

    def colleagues(self, visit: Appointment) -> Iterator[Option]:
        """Who may see the patient then or close to it: those who treat her first, then the
        nearest in time."""
        options = []
        for offer in self.offers:
            other = offer.provider
            treats = (visit.patient_id, other.user_id) in self.treating
            if (treats or other.is_accepting) and suits(other, visit):
                starts = self._starts(offer, visit, around=timedelta(hours=12))
                if near := spread(starts, visit)[:1]:
                    apart = abs(near[0] - visit.starts_at)
                    options.append((not treats, apart, other.name, other.pk, near[0], other))
        for *_order, at, other in sorted(options, key=lambda row: row[:4])[:MOST_COLLEAGUES]:
            yield Option(Deed.REPLACE, at, other)

    def _starts(self, offer: Offer, visit: Appointment, *, around: timedelta) -> list[datetime]:
        hers = [times for pk, times in self.busy[visit.patient_id] if pk != visit.pk]
        found = CommonTime(offer, visit.patient_state, hers)
        return found.starts(since=visit.starts_at - around, until=visit.ends_at + around)

    def _is_away(self, visit: Appointment, at: datetime) -> bool:
        return self.absence.meets(at, at + (visit.ends_at - visit.starts_at))


def spread(starts: Sequence[datetime], visit: Appointment) -> list[datetime]:
    """The nearest first, and none that meets a nearer one: those would be no choice."""
    chosen: list[datetime] = []
    length = visit.block_ends_at - visit.block_starts_at
    for at in sorted(starts, key=lambda at: (abs(at - visit.starts_at), at)):
        if all(abs(at - other) >= length for other in chosen):
            chosen.append(at)
    return chosen


def busy(
    patients: Sequence[int | None], *, now: datetime
) -> defaultdict[int | None, list[tuple[object, Interval]]]:
    """When the patients have visits, with whomever, by patient: of which visit, and when."""
    taking = Appointment.objects.filter(
        patient__in=patients, status__in=Appointment.TAKES_TIME, ends_at__gt=now
    )
    found: defaultdict[int | None, list[tuple[object, Interval]]] = defaultdict(list)
    for patient_id, pk, start, end in taking.values_list(
        "patient_id", "pk", "starts_at", "ends_at"
    ):
        found[patient_id].append((pk, (start, end)))
    return found
