"""Sessions at rest: closed, each for itself."""

import pytest
from asgiref.sync import async_to_sync
from django.contrib.sessions.models import Session

from core.session_store import SessionStore

pytestmark = pytest.mark.django_db
SAID = {"email": "alice@example.com"}


@pytest.fixture
def begun():
    store = SessionStore()
    store.update(SAID)
    store.save()
    return store


def test_a_session_holds_what_was_put_into_it(begun):
    assert dict(SessionStore(begun.session_key).items()) == SAID


def test_and_so_it_does_where_sockets_ask(begun):
    ask = async_to_sync(SessionStore(begun.session_key).aget)

    assert ask("email") == SAID["email"]


def test_the_row_tells_nothing(begun):
    assert "alice" not in Session.objects.get().session_data
    assert "alice" not in str(Session.objects.get().get_decoded())


@pytest.mark.parametrize(
    "spoil", [lambda d: d[:-1], lambda d: "", lambda d: d[:40] + "AAAA" + d[44:]]
)
def test_one_that_was_changed_is_nobodys(begun, spoil):
    row = Session.objects.get()
    row.session_data = spoil(row.session_data)
    row.save()

    assert dict(SessionStore(begun.session_key).items()) == {}


def test_one_that_was_copied_to_another_browser_is_nobodys(begun):
    other = SessionStore()
    other.save()
    Session.objects.filter(pk=other.session_key).update(
        session_data=Session.objects.get(pk=begun.session_key).session_data
    )

    assert dict(SessionStore(other.session_key).items()) == {}


def test_a_new_secret_of_the_site_takes_over(begun, settings):
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "the next secret"
    still = dict(SessionStore(begun.session_key).items())
    settings.SECRET_KEY_FALLBACKS = []

    assert (still, dict(SessionStore(begun.session_key).items())) == (SAID, {})


def test_a_new_key_keeps_what_it_holds(begun):
    begun.cycle_key()

    assert dict(SessionStore(begun.session_key).items()) == SAID
