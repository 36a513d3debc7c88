"""What a visitor wishes for: conditions on providers, and what each is worth."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import BooleanField, F, Func, Q, Value
from django.db.models.expressions import Combinable
from django.utils.formats import date_format
from django.utils.translation import gettext

from appointments import reasons
from appointments.availability import Interval
from appointments.next_starts import multirange
from appointments.parts import PARTS
from core import spelling

# After the weights usual in matching; what cannot be known of somebody whom nobody here has seen
# is left out (docs/adr/0019). Of each other's size only, and the visitor may change them.
WEIGHTS = {"concern": 30, "soon": 20, "language": 15, "identity": 15, "times": 10}
WEEKS_AHEAD = 4


@dataclass(frozen=True)
class Wish:
    """One wish. A firm one is met by all in the list, unless too few meet it."""

    name: str  # of its weight, where it is not firm
    condition: Q | Combinable
    words: reasons.Words
    is_firm: bool = False


@dataclass(frozen=True)
class Times:
    """When the visitor could come, on her own clock: a weekday, a part of the day, or both."""

    zone: ZoneInfo
    weekday: int | None = None
    part: str = ""

    def windows(self, *, now: datetime) -> list[Interval]:
        """The times so meant in the next weeks, as instants: clocks may change among them."""
        first = now.astimezone(self.zone).date()
        days = (first + timedelta(days=n) for n in range(7 * WEEKS_AHEAD))
        return [self._window(day) for day in days if self.weekday in (None, day.weekday())]

    def _window(self, day: date) -> Interval:
        if self.part:
            start, end, _words = PARTS[self.part]
            return self._at(day, start), self._at(day, end)
        return self._at(day, time()), self._at(day + timedelta(days=1), time())

    def _at(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, tzinfo=self.zone)

    def words(self, *, now: datetime) -> str:
        part = str(PARTS[self.part][2]) if self.part else ""
        if self.weekday is None:
            return gettext("days %(part)s") % {"part": part}
        today = now.date()
        day = today + timedelta(days=(self.weekday - today.weekday()) % 7)
        return f"{date_format(day, 'l')} {part}".strip()


@dataclass(frozen=True)
class Wishes:
    """What the visitor asks for. A fee is met by the sliding fee, too."""

    state: str
    concern: str = ""
    method: str = ""
    language: str = ""
    payer: str = ""
    max_fee_cents: int | None = None
    age_group: str = ""
    gender: str = ""
    identities: tuple[str, ...] = ()
    times: Times | None = None
    text: str = ""
    weights: Mapping[str, int] = field(default_factory=lambda: WEIGHTS)

    def each(self, *, now: datetime) -> Iterator[Wish]:
        """Yield those that were made, in the order in which they are told."""
        yield from self._of_the_work()
        yield from self._of_the_visit()
        yield from self._of_the_person()
        if self.times:
            windows = self.times.windows(now=now)
            words = reasons.times(self.times.words(now=now))
            yield Wish("times", has_start_in(windows), words)

    def _of_the_work(self) -> Iterator[Wish]:
        if spelling.words(self.text):
            yield Wish("text", spelled(self.text), reasons.text(self.text), is_firm=True)
        if self.concern:
            is_named = Q(concerns__contains=[self.concern])
            yield Wish("concern", is_named, reasons.concern(self.concern))
        if self.method:
            is_named = Q(methods__contains=[self.method])
            yield Wish("method", is_named, reasons.method(self.method), is_firm=True)
        if self.age_group:
            is_seen = Q(age_groups__contains=[self.age_group])
            yield Wish("age_group", is_seen, reasons.age_group(self.age_group), is_firm=True)

    def _of_the_visit(self) -> Iterator[Wish]:
        if self.payer:
            is_taken = Q(payers__contains=[self.payer])
            yield Wish("payer", is_taken, reasons.payer(self.payer), is_firm=True)
        if (most := self.max_fee_cents) is not None:
            is_within = Q(fee_cents__lte=most) | Q(
                sliding_fee_cents__lte=most, sliding_fee_cents__isnull=False
            )
            yield Wish("max_fee", is_within, reasons.max_fee(most), is_firm=True)
        if self.language:
            is_spoken = Q(languages__contains=[self.language])
            yield Wish("language", is_spoken, reasons.language(self.language))

    def _of_the_person(self) -> Iterator[Wish]:
        if self.gender:
            yield Wish("identity", Q(gender=self.gender), reasons.gender(self.gender))
        for code in self.identities:
            is_said = Q(identities__contains=[code])
            yield Wish("identity", is_said, reasons.identity(code))


def spelled(text: str) -> Q:
    """Whether a provider is found by every word of a text, a slip in each allowed."""
    condition = Q()
    for word in sorted(spelling.words(text)):
        condition &= Q(spellings__forms__overlap=sorted(spelling.forms_of(word)))
    return condition


class HasStart(Func):
    """Whether a provider has a free start in windows of time, from a time on."""

    template = """EXISTS (
      SELECT FROM (VALUES (%(expressions)s)) AS asked (provider_id, since, windows)
      JOIN appointments_freeinterval AS free
        ON free.provider_id = asked.provider_id AND free.ends_at > asked.since
          AND tstzrange(free.starts_at, free.ends_at) && asked.windows
      CROSS JOIN generate_series(
        free.starts_at, free.ends_at - interval '1 second', free.step_minutes * interval '1 minute'
      ) AS start
      WHERE start >= asked.since AND start <@ asked.windows)"""
    output_field = BooleanField()


def has_start_in(windows: list[Interval]) -> HasStart:
    """Whether a provider has a free start in the windows. Needs her opening joined."""
    ranges = Func(Value(multirange(windows)), template="%(expressions)s::tstzmultirange")
    return HasStart(F("pk"), F("opening__starts_at"), ranges)
