"""Any sequence of holds, renewals, bookings, moves, series and cancellations, beside a model."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from appointments import booking, changing_series, moving, repeating
from appointments.models import Appointment, InvalidTransition
from appointments.occurrences import Conflicts, NothingLeft
from tests.examples import examples
from tests.factories import HOUR, NINE, NOW, make_patient

MINUTE, WEEK = timedelta(minutes=1), timedelta(weeks=1)
STARTS = [NINE, NINE + 30 * MINUTE, NINE + HOUR, NINE + 2 * HOUR]


@dataclass
class Model:
    """What should be true of one appointment."""

    appointment: Appointment
    start: datetime
    holder: str
    until: datetime
    patient: object = None
    is_cancelled: bool = False
    version: int = 0
    series: object = None

    def takes(self, now):
        """Whether it keeps others from its time."""
        return not self.is_cancelled and (self.patient is not None or now < self.until)

    def meets(self, start):
        return abs(self.start - start) < HOUR


class BookingMachine(RuleBasedStateMachine):
    holds = Bundle("holds")

    def __init__(self, provider, patients):
        super().__init__()
        self.provider, self.patients = provider, patients
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.now = NOW
        self.models = {}

    def teardown(self):
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    def others(self, start, holder):
        return [
            m
            for m in self.models.values()
            if m.takes(self.now) and m.meets(start) and (m.patient or m.holder != holder)
        ]

    @rule(minutes=st.sampled_from([1, 5, 10]))
    def wait(self, minutes):
        self.now += minutes * MINUTE

    @rule(target=holds, start=st.sampled_from(STARTS), holder=st.sampled_from(["h1", "h2"]))
    def hold(self, start, holder):
        wish = {"provider": self.provider, "starts_at": start, "holder": holder, "state": "IL"}
        if self.others(start, holder):
            with pytest.raises(booking.SlotTaken):
                booking.hold(**wish, now=self.now)
            return None
        held = booking.hold(**wish, now=self.now)
        same = self.models.get(held.id)
        if same is None or not same.takes(self.now):
            self.forget_holds(start, holder)
            self.models[held.id] = Model(held, start, holder, self.now + booking.HOLD)
        return held.id

    def forget_holds(self, start, holder):
        """The rows that a new hold removes: the holder's other one, and expired ones there."""
        self.models = {
            key: m
            for key, m in self.models.items()
            if m.patient or (m.holder != holder and not (m.meets(start) and m.until <= self.now))
        }

    @rule(key=holds)
    def renew(self, key):
        model = self.models.get(key)
        if key is None:
            return
        row = Appointment(pk=key)
        if model is None or model.patient:
            with pytest.raises(booking.SlotTaken):
                booking.renew(appointment=row, now=self.now)
            return
        renewed = booking.renew(appointment=row, now=self.now)
        if model.until <= self.now:
            model.until = self.now + booking.HOLD
        assert renewed.held_until == model.until

    @rule(key=holds, number=st.integers(0, 1))
    def confirm(self, key, number):
        if key is None:
            return
        patient = self.patients[number]
        wish = {"appointment": Appointment(pk=key), "patient": patient, "by": patient.user}
        refusal = self.refusal(self.models.get(key), patient)
        if refusal:
            with pytest.raises(refusal) as refused:
                booking.confirm(**wish, now=self.now)
            assert refused.type is refusal
            return
        booking.confirm(**wish, now=self.now)
        self.models[key].patient = patient

    def refusal(self, model, patient):
        if model is None or model.is_cancelled:
            return booking.HoldExpired
        if model.patient:
            return None if model.patient == patient else booking.HoldExpired
        return booking.HoldExpired if model.until <= self.now else None

    @rule(key=holds, start=st.sampled_from(STARTS), is_stale=st.booleans())
    def move(self, key, start, is_stale):
        """Sometimes from a page that shows the version before the last."""
        model = self.models.get(key)
        if model is None or model.patient is None:
            return
        wish = {"starts_at": start, "version": model.version - is_stale, "now": self.now}
        wish |= {"appointment": Appointment.objects.get(pk=key), "by": model.patient.user}
        refusal = self.refusal_of_move(key, model, start, is_stale=is_stale)
        if refusal:
            with pytest.raises(refusal) as refused:
                moving.move(**wish)
            assert refused.type is refusal
        else:
            moving.move(**wish)
            model.version += model.start != start
            if model.start != start:
                self.forget_expired(start, key)
            model.start = start

    def refusal_of_move(self, key, model, start, *, is_stale):
        if model.is_cancelled:
            return InvalidTransition
        if start == model.start:
            return None
        if is_stale:
            return moving.Changed
        in_the_way = (m for k, m in self.models.items() if k != key and m.takes(self.now))
        return booking.SlotTaken if any(m.meets(start) for m in in_the_way) else None

    def forget_expired(self, start, mover):
        self.models = {
            key: m
            for key, m in self.models.items()
            if key == mover or m.patient or not m.meets(start)
        }

    @rule(key=holds, count=st.integers(2, 3), leave_out=st.booleans())
    def repeat(self, key, count, leave_out):
        """Weekly; what is in the way of a date is left out, or refuses all of it."""
        model = self.models.get(key)
        if model is None or model.patient is None or model.is_cancelled or model.series:
            return
        starts = [model.start + week * WEEK for week in range(1, count)]
        free = [at for at in starts if not self.taking(at)]
        left_out = set(starts) - set(free) if leave_out else set()
        wish = {
            "appointment": Appointment.objects.get(pk=key),
            "rhythm": repeating.Rhythm(1, count),
            "choices": {str(at.date()): None for at in left_out},
            "by": self.provider.user,
            "now": self.now,
        }
        if len(free) + len(left_out) < len(starts):
            with pytest.raises(Conflicts):
                repeating.repeat(**wish)
        elif not free:
            with pytest.raises(NothingLeft):
                repeating.repeat(**wish)
        else:
            self.enter_series(model, repeating.repeat(**wish), free)

    def enter_series(self, model, made, free):
        assert [visit.starts_at for visit in made] == free
        model.series = made[0].series_id
        for visit in made:
            self.forget_expired(visit.starts_at, visit.id)
            new = Model(visit, visit.starts_at, "", self.now, model.patient)
            new.series = model.series
            self.models[visit.id] = new

    def taking(self, start):
        return [m for m in self.models.values() if m.takes(self.now) and m.meets(start)]

    @rule(key=holds)
    def cancel(self, key):
        model = self.models.get(key)
        if model and model.patient and not model.is_cancelled:
            visit = Appointment.objects.get(pk=key)
            booking.cancel(appointment=visit, by=model.patient.user, now=self.now)
            model.is_cancelled = True
            model.version += 1

    @rule(key=holds, scope=st.sampled_from(["following", "all"]))
    def cancel_series(self, key, scope):
        model = self.models.get(key)
        if model is None or model.patient is None or model.is_cancelled:
            return
        changing_series.cancel(
            appointment=Appointment.objects.get(pk=key),
            scope=scope,
            by=model.patient.user,
            now=self.now,
        )
        for one in self.meant(model, scope):
            one.is_cancelled = True
            one.version += 1

    def meant(self, model, scope):
        """The visits of the series that still take place, or the one that is alone."""
        if not model.series:
            return [model]
        return [
            m
            for m in self.models.values()
            if m.series == model.series
            and not m.is_cancelled
            and (scope == "all" or m.start >= model.start)
        ]

    @rule(
        key=holds,
        minutes=st.sampled_from([-60, 30, 60]),
        scope=st.sampled_from(["following", "all"]),
    )
    def move_series(self, key, minutes, scope):
        model = self.models.get(key)
        if model is None or model.patient is None or model.is_cancelled:
            return
        meant, target = self.meant(model, scope), model.start + minutes * MINUTE
        after = [datetime.combine(m.start.date(), target.timetz()) for m in meant]
        others = [m for m in self.models.values() if m.takes(self.now) and m not in meant]
        is_met = any(other.meets(start) for start in after for other in others)
        wish = {
            "appointment": Appointment.objects.get(pk=key),
            "starts_at": target,
            "version": model.version,
            "scope": scope,
            "choices": {},
            "by": self.provider.user,
            "now": self.now,
        }
        if is_met or target.hour < NINE.hour:
            with pytest.raises(Conflicts):
                changing_series.move(**wish)
            return
        changing_series.move(**wish)
        for one, start in zip(meant, after, strict=True):
            one.version += one.start != start
            one.start = start
            self.forget_expired(start, None)

    @invariant()
    def the_rows_are_those_of_the_model(self):
        rows = Appointment.objects.values_list(
            "id", "starts_at", "patient", "held_until", "version"
        )
        assert {row[0]: row[1:] for row in rows} == {
            key: (
                m.start,
                m.patient.pk if m.patient else None,
                None if m.patient else m.until,
                m.version,
            )
            for key, m in self.models.items()
        }

    @invariant()
    def no_two_that_take_time_meet(self):
        taking = [m for m in self.models.values() if m.takes(self.now)]
        pairs = [(a, b) for a in taking for b in taking if a is not b and a.meets(b.start)]
        assert pairs == []


def test_any_sequence_of_bookings_is_as_the_model_says(dr_bob, practice):
    patients = [make_patient(practice, "Alice Doe"), make_patient(practice, "Mallory Moe")]

    run_state_machine_as_test(
        lambda: BookingMachine(dr_bob, patients),
        settings=settings(
            max_examples=examples(25),
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
