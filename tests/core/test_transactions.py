from threading import Barrier, Thread

import pytest
from django.db import OperationalError, connections, transaction

from accounts.models import Practice
from core.transactions import ATTEMPTS, retried
from tests.factories import make_practice


class Passing(Exception):
    sqlstate = "40P01"


class Lasting(Exception):
    sqlstate = "57P01"


@retried
def fail(tries, times, cause):
    tries.append(1)
    if len(tries) <= times:
        raise OperationalError from cause
    return len(tries)


def test_a_deed_that_lost_for_a_passing_reason_is_done_again():
    assert fail([], 2, Passing()) == 3


def test_a_deed_that_keeps_losing_is_given_up():
    tries = []

    with pytest.raises(OperationalError):
        fail(tries, 99, Passing())

    assert len(tries) == ATTEMPTS


def test_a_deed_that_failed_for_a_lasting_reason_is_not_done_again():
    tries = []

    with pytest.raises(OperationalError):
        fail(tries, 1, Lasting())

    assert len(tries) == 1


@pytest.mark.django_db(transaction=True)
def test_two_transactions_that_lock_each_other_up_are_both_done():
    """Each locks a row, waits until both have, and asks for the other's: a real deadlock."""
    rows = [make_practice().pk, make_practice().pk]
    both_hold_one = Barrier(2)
    attempts = []

    @retried
    @transaction.atomic
    def rename(first, second):
        attempts.append(1)
        Practice.objects.filter(pk=first).update(name="renamed")
        if len(attempts) <= 2:
            both_hold_one.wait(timeout=30)
        Practice.objects.filter(pk=second).update(name="renamed")

    def in_thread(first, second):
        rename(first, second)
        connections.close_all()

    threads = [Thread(target=in_thread, args=order) for order in (rows, rows[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert list(Practice.objects.values_list("name", flat=True)) == ["renamed", "renamed"]
    assert len(attempts) >= 3  # one lost; it may lose again before the other is done
