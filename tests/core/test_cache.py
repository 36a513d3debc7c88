"""The cache that counts tries: shared by all processes, and never two winners."""

import hashlib

import pytest
from django.core.cache import cache
from django.db import connection
from django.urls import reverse

from core.cache import CountingCache, closed
from core.session_store import SessionStore
from core.tasks import sweep_expired
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def rows():
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM core_cache")
        return [key for (key,) in cursor.fetchall()]


def test_what_is_set_is_there_until_its_time(time_machine):
    time_machine.move_to(1_800_000_000, tick=False)
    cache.set("a", [1.5, "x"], timeout=60)
    time_machine.move_to(1_800_000_059, tick=False)
    before = cache.get("a")
    time_machine.move_to(1_800_000_061, tick=False)

    assert (before, cache.get("a")) == ([1.5, "x"], None)


def test_adding_takes_a_free_name_only(time_machine):
    time_machine.move_to(1_800_000_000, tick=False)
    first, second = cache.add("a", 1, timeout=60), cache.add("a", 2, timeout=60)
    kept = cache.get("a")
    time_machine.move_to(1_800_000_061, tick=False)

    assert (first, second, kept, cache.add("a", 3), cache.get("a")) == (True, False, 1, True, 3)


def test_no_timeout_is_for_ever():
    cache.set("a", 1, timeout=None)

    assert cache.get("a") == 1


@pytest.mark.parametrize("deed", ["set", "add"])
def test_a_write_is_one_statement(deed, django_assert_num_queries):
    cache.get("a")  # the wall asks once a transaction for whom it stands

    with django_assert_num_queries(1):
        getattr(cache, deed)("a", 1)


def test_what_has_run_out_is_swept():
    cache.set("old", 1, timeout=-1)
    cache.set("new", 1)

    sweep_expired()

    assert rows() == [closed("new", "", 1)]


def test_sessions_that_have_ended_are_swept():
    ended, going_on = SessionStore(), SessionStore()
    for session, seconds in [(ended, -1), (going_on, 60)]:
        session.set_expiry(seconds)
        session.save()

    sweep_expired()

    assert not SessionStore().exists(ended.session_key)
    assert SessionStore().exists(going_on.session_key)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_add_at_once_one_wins():
    assert sorted(at_once(8, lambda _: cache.add("a", 1))) == [False] * 7 + [True]


def test_tries_are_counted_where_every_process_sees_them(client):
    client.post(reverse("account_login"), {"login": "a@example.com", "password": "x"})

    assert isinstance(cache._connections["default"], CountingCache)
    assert rows()


def test_the_name_of_an_entry_does_not_tell_who_tried(client):
    """allauth's is a plain hash of the address: whoever guesses an address would know."""
    address = "a@example.com"
    client.post(reverse("account_login"), {"login": address, "password": "x"})

    hashed = hashlib.sha256(address.encode()).hexdigest()
    told = [word for word in (address, hashed, "127.0.0.1", "login") if word in "".join(rows())]
    assert (told, len(rows()) > 0) == ([], True)
