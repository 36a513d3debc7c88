"""Any sequence of holds, renewals, confirmations and cancellations, beside a model of them."""

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

from appointments import booking
from appointments.models import Appointment
from tests.examples import examples
from tests.factories import HOUR, NINE, NOW, make_patient

MINUTE = timedelta(minutes=1)
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

    @rule(key=holds)
    def cancel(self, key):
        model = self.models.get(key)
        if model and model.patient and not model.is_cancelled:
            visit = Appointment.objects.get(pk=key)
            booking.cancel(appointment=visit, by=model.patient.user, now=self.now)
            model.is_cancelled = True

    @invariant()
    def the_rows_are_those_of_the_model(self):
        rows = Appointment.objects.values_list("id", "starts_at", "patient", "held_until")
        assert {row[0]: row[1:] for row in rows} == {
            key: (
                m.start,
                m.patient.pk if m.patient else None,
                None if m.patient else m.until,
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
