import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse

from accounts import devices
from core.models import AuditEvent
from tests.signing_in import signed_in

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (PHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15) Firefox/140.0", "Firefox on Mac"),
        ("curl/8", "A device we do not know"),
        ("", "A device we do not know"),
    ],
)
def test_a_device_has_a_name(said, name):
    assert devices.named(said) == name


@pytest.fixture
def here(alice):
    return seen(signed_in(alice.user))


@pytest.fixture
def phone(alice):
    """The same person on her phone."""
    return seen(signed_in(alice.user), PHONE)


def seen(client: Client, user_agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"):
    client.defaults["HTTP_USER_AGENT"] = user_agent
    UserSession.objects.create(
        user_id=client.session["_auth_user_id"],
        session_key=client.session.session_key,
        ip="127.0.0.1",
        user_agent=user_agent,
    )
    return client


def is_in(client):
    return client.get(reverse("accounts:security")).status_code == 200


def test_the_page_lists_them_this_one_first(here, phone):
    page = here.get(reverse("accounts:security")).content.decode()

    assert page.index("Firefox on Linux") < page.index("Safari on iPhone")
    assert page.count("this one") == 1


def test_one_is_ended(here, phone):
    row = UserSession.objects.get(session_key=phone.session.session_key)

    here.post(reverse("accounts:end_device", args=[row.pk]))

    assert (is_in(here), is_in(phone)) == (True, False)
    assert AuditEvent.objects.get().action == "device.ended"


def test_all_others_are_ended(here, phone, alice):
    tablet = seen(signed_in(alice.user))

    here.post(reverse("accounts:end_other_devices"))

    assert [is_in(client) for client in (here, phone, tablet)] == [True, False, False]


def test_nobody_ends_the_device_of_another(here, mallory):
    row = UserSession.objects.get(session_key=here.session.session_key)

    response = signed_in(mallory.user).post(reverse("accounts:end_device", args=[row.pk]))

    assert (response.status_code, is_in(here)) == (404, True)
