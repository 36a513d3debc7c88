from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from core import duties, outbox
from core.models import Duty
from core.policy import SYSTEM, serves
from tests.factories import NOW

SECOND = timedelta(seconds=1)


@pytest.fixture
def done(monkeypatch):
    """Register a duty "test" that notes its payload; a payload with "fail" raises."""
    seen = []

    @serves(SYSTEM)
    def note(payload, now):
        if "fail" in payload:
            raise RuntimeError(payload["fail"])
        if "never" in payload:
            raise duties.CannotBeDone
        seen.append(payload)

    monkeypatch.setitem(duties.HANDLERS, "test", note)
    return seen


def test_a_duty_asked_for_twice_is_done_once(db, done):
    outbox.enqueue("test", key="a", payload={"n": 1}, due_at=NOW)
    outbox.enqueue("test", key="a", payload={"n": 2}, due_at=NOW)

    duties.sweep(now=NOW)

    assert done == [{"n": 1}]


def test_a_duty_is_not_done_before_it_is_due(db, done):
    outbox.enqueue("test", key="a", payload={}, due_at=NOW + SECOND)

    duties.sweep(now=NOW)

    assert done == []


def test_a_failed_duty_is_tried_again_after_a_pause(db, done):
    outbox.enqueue("test", key="a", payload={"fail": "secret words"}, due_at=NOW)

    duties.sweep(now=NOW)

    duty = Duty.objects.get()
    assert (duty.attempts_count, duty.done_at, duty.due_at) == (1, None, NOW + 10 * SECOND)


def test_the_note_of_a_failure_holds_none_of_its_text(db, done, caplog):
    outbox.enqueue("test", key="a", payload={"fail": "secret words"}, due_at=NOW)

    duties.sweep(now=NOW)

    duty = Duty.objects.get()
    assert duty.error == "RuntimeError"
    assert "secret words" not in caplog.text


def test_a_duty_that_keeps_failing_is_set_aside(db, done):
    outbox.enqueue("test", key="a", payload={"fail": "x"}, due_at=NOW)

    for day in range(duties.MAX_ATTEMPTS + 3):
        duties.sweep(now=NOW + timedelta(days=day))

    duty = Duty.objects.get()
    assert (duty.attempts_count, duty.dead_at is None) == (duties.MAX_ATTEMPTS, False)


def test_a_duty_that_can_never_be_done_is_set_aside_at_once(db, done):
    outbox.enqueue("test", key="a", payload={"never": True}, due_at=NOW)

    duties.sweep(now=NOW)

    duty = Duty.objects.get()
    assert (duty.attempts_count, duty.dead_at) == (1, NOW)


def test_one_failing_duty_does_not_hold_up_the_next(db, done):
    outbox.enqueue("test", key="a", payload={"fail": "x"}, due_at=NOW)
    outbox.enqueue("test", key="b", payload={"n": 2}, due_at=NOW)

    duties.sweep(now=NOW)

    assert done == [{"n": 2}]


def test_a_duty_cannot_be_both_done_and_dead(db):
    with pytest.raises(IntegrityError, match="duty_done_or_dead_not_both"), transaction.atomic():
        Duty.objects.create(kind="test", key="a", due_at=NOW, done_at=NOW, dead_at=NOW)
