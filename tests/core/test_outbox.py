from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from core import duties, outbox
from core.models import Duty
from core.policy import SYSTEM, serves
from tests.factories import NOW

SECOND = timedelta(seconds=1)


class NothingLeft(duties.Moot):
    pass


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
        if "moot" in payload:
            raise NothingLeft
        if "wait" in payload:
            raise duties.NotYet(NOW + timedelta(hours=payload["wait"]))
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


def test_a_duty_that_is_moot_is_closed_and_keeps_the_reason(db, done):
    outbox.enqueue("test", key="a", payload={"moot": True}, due_at=NOW)

    duties.sweep(now=NOW)

    duty = Duty.objects.get()
    assert (duty.done_at, duty.dead_at, duty.error) == (NOW, None, "NothingLeft")


def test_a_duty_that_may_not_be_done_yet_waits_and_that_counts_as_no_try(db, done):
    outbox.enqueue("test", key="a", payload={"wait": 9}, due_at=NOW)

    duties.sweep(now=NOW)

    duty = Duty.objects.get()
    open_until = NOW + timedelta(hours=9)
    assert (duty.done_at, duty.due_at, duty.attempts_count) == (None, open_until, 0)


@pytest.fixture
def dead(db, done):
    outbox.enqueue("test", key="a", payload={"never": True}, due_at=NOW)
    duties.sweep(now=NOW)
    return Duty.objects.get()


def test_a_duty_that_was_set_aside_is_tried_anew_when_a_person_asks(dead):
    Duty.objects.update(payload={"n": 1})

    outbox.retry(dead, now=NOW + SECOND)
    duties.sweep(now=NOW + SECOND)

    dead.refresh_from_db()
    assert (dead.dead_at, dead.done_at, dead.attempts_count) == (None, NOW + SECOND, 1)


def test_a_duty_that_a_person_has_done_by_hand_is_closed(dead, done):
    outbox.settle(dead, now=NOW + SECOND)
    duties.sweep(now=NOW + SECOND)

    dead.refresh_from_db()
    assert (dead.dead_at, dead.done_at, done) == (None, NOW + SECOND, [])


@pytest.mark.parametrize("deed", [outbox.retry, outbox.settle])
def test_only_what_was_set_aside_is_a_persons_business_and_once(dead, deed):
    outbox.settle(dead, now=NOW)

    with pytest.raises(outbox.NotDead):
        deed(dead, now=NOW + SECOND)

    dead.refresh_from_db()
    assert dead.done_at == NOW
