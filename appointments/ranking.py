"""The order of the directory, made by the database: one page of it at a time.

Firm wishes first: whoever misses fewer of them. Then the weights of the wishes that are met, and
of a time that is soon. Those who are alike come by their load, then as the day has shuffled them.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    ExpressionWrapper,
    F,
    FilteredRelation,
    FloatField,
    Func,
    IntegerField,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.expressions import Combinable

from accounts.models import Practice, Provider
from appointments.openings import RANK
from appointments.wishes import Wish, Wishes

Place = list[Any]
"""Where in the order a provider stands; the values of the columns that make it."""


class Misplaced(Exception):
    """What an address says of a place in the list cannot be read."""


class After(Func):
    """(a, b, …) > (x, y, …): by the first column that differs, as an index is ordered."""

    output_field = BooleanField()

    def __init__(self, columns: Sequence[str], place: Place) -> None:
        super().__init__(*(F(name) for name in columns), *(Value(value) for value in place))

    def as_sql(self, compiler: Any, connection: Any, **_extra: Any) -> Any:  # type: ignore[override]
        compiled = [compiler.compile(one) for one in self.source_expressions]
        half = len(compiled) // 2
        left, right = (
            ", ".join(sql for sql, _ in part) for part in (compiled[:half], compiled[half:])
        )
        return f"({left}) > ({right})", [value for _, values in compiled for value in values]


@dataclass(frozen=True)
class Ranking:
    wishes: Wishes
    on: date
    now: datetime
    practice: Practice | None = None  # None: of every one

    @cached_property
    def each(self) -> list[Wish]:
        return list(self.wishes.each(now=self.now))

    @property
    def is_plain(self) -> bool:
        """Nothing asked but a time soon: then the index of openings is the order."""
        return not self.each and self.wishes.weights["soon"] > 0

    @property
    def columns(self) -> list[str]:
        if self.is_plain:
            return ["starts_at", "load", "shuffle", "pk"]
        return ["missed", "lack", "load", "shuffle", "pk"]

    def page(self, *, after: Place | None, count: int) -> list[Provider]:
        """Return the next providers, each with `place` and with a `met_…` for every wish."""
        found = self._licensed().order_by(*self.columns)
        if after is not None:
            found = found.filter(After(self.columns, after))
        return list(found[:count])

    def _licensed(self) -> QuerySet[Provider, Any]:
        state = self.wishes.state
        opening = FilteredRelation("openings", condition=Q(openings__state=state))
        licensed = (
            Provider.objects.listed()
            .licensed_in(state, on=self.on)
            .select_related("schedule")
            .annotate(opening=opening)
            .filter(opening__state=state)
            .annotate(**{name: F(f"opening__{name}") for name in RANK if name != "provider"})
        )
        if self.practice is not None:
            licensed = licensed.filter(practice=self.practice)
        if self.is_plain:
            return licensed
        met = {f"met_{n}": as_boolean(wish.condition) for n, wish in enumerate(self.each)}
        return licensed.annotate(**met).annotate(missed=self._missed, lack=self._lack)

    @property
    def _missed(self) -> Combinable:
        """How many firm wishes are not met."""
        total: Any = Value(0, IntegerField())
        for n, wish in enumerate(self.each):
            if wish.is_firm:
                total += Case(When(Q(**{f"met_{n}": True}), then=0), default=1)
        return ExpressionWrapper(total, IntegerField())

    @property
    def _lack(self) -> Combinable:
        """The weights that are met, from 0 down: the less, the better."""
        weights, midnight = self.wishes.weights, datetime.combine(self.now, time(), tzinfo=UTC)
        nearness = Func(
            F("starts_at"), Value(midnight), function="nearness", output_field=FloatField()
        )
        total: Any = Value(0.0) - nearness * Value(float(weights["soon"]))
        for n, wish in enumerate(self.each):
            if not wish.is_firm:
                share = weights[wish.name] / sum(one.name == wish.name for one in self.each)
                total -= Case(When(Q(**{f"met_{n}": True}), then=share), default=0.0)
        return ExpressionWrapper(total, FloatField())

    def place_of(self, provider: Provider) -> Place:
        return [getattr(provider, name) for name in self.columns]

    def write(self, place: Place) -> str:
        """Return the place as it stands in an address."""
        told = [one.isoformat() if isinstance(one, datetime) else one for one in place]
        return urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")

    def read(self, told: str) -> Place:
        """
        :raises Misplaced: if that is no place in this order
        """
        try:
            place = json.loads(urlsafe_b64decode(told + "=" * (-len(told) % 4)))
            first, *numbers = place
            if self.is_plain:
                place[0] = datetime.fromisoformat(first)
        except (ValueError, TypeError) as error:
            raise Misplaced from error
        numbers = numbers if self.is_plain else place
        if len(place) != len(self.columns) or not all(map(is_number, numbers)):
            raise Misplaced
        return list(place)


def is_number(value: Any) -> bool:
    """A number that the database's columns can be compared with."""
    is_one = isinstance(value, int | float) and not isinstance(value, bool)
    return is_one and -(2**31) < value < 2**31  # NaN is not, either


def as_boolean(condition: Q | Combinable) -> Combinable:
    return ExpressionWrapper(condition, BooleanField())
