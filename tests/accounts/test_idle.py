"""Limits, and what counts as activity: at a still clock, with the figures of the rule."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse

from accounts import idle
from tests.accounts.test_factors import code_for
from tests.factories import NOW, PASSWORD
from tests.signing_in import signed_in

T0 = NOW.timestamp()
MINUTE, HOUR = 60, 3600


@pytest.fixture
def at(time_machine):
    """Set the clock to so many seconds after the sign-in."""

    def move(seconds):
        time_machine.move_to(T0 + seconds, tick=False)

    move(0)
    return move


@pytest.fixture
def staff(at, dr_bob):
    EmailAddress.objects.create(
        user=dr_bob.user, email=dr_bob.user.email, verified=True, primary=True
    )
    return signed_in(dr_bob.user, at=T0)


@pytest.fixture
def patient(at, alice):
    return signed_in(alice.user, at=T0)


@pytest.fixture(params=[("staff", 15 * MINUTE), ("patient", 30 * MINUTE)], ids=lambda p: p[0])
def person(request):
    name, limit = request.param
    return request.getfixturevalue(name), limit


def is_locked(client):
    response = client.get(reverse("messaging:list"))
    return response.status_code == 302 and response["Location"].startswith(reverse("accounts:lock"))


def left(client):
    return client.get(reverse("accounts:activity")).json()["left"]


def test_it_locks_after_the_limit_and_not_before(person, at):
    client, limit = person
    at(limit - 1)
    before = left(client)
    at(limit)

    assert (before, is_locked(client)) == (1, True)


def test_a_page_that_is_opened_puts_it_off(person, at):
    client, limit = person
    at(limit - 1)
    client.get(reverse("messaging:list"))
    at(2 * limit - 2)

    assert not is_locked(client)


def test_a_report_puts_it_off(person, at):
    client, limit = person
    at(limit - 1)
    client.post(reverse("accounts:activity"))
    at(2 * limit - 2)

    assert not is_locked(client)


@pytest.mark.parametrize("header", [{"hx-request": "true"}, {"sec-fetch-mode": "cors"}])
def test_what_a_page_fetches_by_itself_does_not(person, at, header):
    client, limit = person
    for minute in range(limit // MINUTE):
        at(minute * MINUTE)
        client.get(reverse("messaging:list"), headers=header)
        left(client)
    at(limit)

    assert is_locked(client)
    assert client.get(reverse("home"), headers=header).status_code == 423


def test_a_report_to_a_locked_session_opens_nothing(person, at):
    client, limit = person
    at(limit)

    answer = client.post(reverse("accounts:activity")).json()

    assert (answer["left"], is_locked(client)) == (0, True)


@pytest.mark.parametrize(("name", "whole"), [("staff", 12 * HOUR), ("patient", 24 * HOUR)])
def test_no_activity_puts_off_the_end_of_the_day(request, at, name, whole):
    client = request.getfixturevalue(name)
    for seconds in range(0, whole, 10 * MINUTE):
        at(seconds)
        client.post(reverse("accounts:activity"))
    at(whole - 1)
    before = left(client)
    at(whole)

    assert (before, is_locked(client)) == (1, True)


def test_the_password_unlocks_and_leads_back(staff, at):
    at(HOUR)
    asked = staff.get(reverse("messaging:list"), {"before": 3})["Location"]
    page = staff.get(asked).content.decode()
    following = re.search(r'name="next" value="([^"]+)"', page)[1]

    wrong = staff.post(reverse("accounts:lock"), {"password": "x", "next": following})
    right = staff.post(reverse("accounts:lock"), {"password": PASSWORD, "next": following})

    assert (wrong.status_code, right["Location"]) == (422, "/messages/?before=3")
    assert not is_locked(staff)


def test_after_a_day_the_password_alone_is_not_enough(staff, at, dr_bob):
    secret = generate_totp_secret()
    TOTP.activate(dr_bob.user, secret)
    at(12 * HOUR)
    form = {"password": PASSWORD}

    alone = staff.post(reverse("accounts:lock"), form)
    wrong = staff.post(reverse("accounts:lock"), form | {"code": "000000"})
    both = staff.post(reverse("accounts:lock"), form | {"code": code_for(secret)})

    assert [a.status_code for a in (alone, wrong, both)] == [422, 422, 302]
    at(12 * HOUR + 14 * MINUTE)
    assert not is_locked(staff)


@pytest.mark.parametrize("following", ["//evil.example/", "https://evil.example/", "evil"])
def test_the_lock_leads_to_no_other_site(staff, at, following):
    at(HOUR)

    response = staff.post(reverse("accounts:lock"), {"password": PASSWORD, "next": following})

    assert response["Location"] == reverse("home")


def test_guessing_at_the_lock_is_slowed_down(staff, at):
    at(HOUR)
    for _ in range(5):
        staff.post(reverse("accounts:lock"), {"password": "x"})

    response = staff.post(reverse("accounts:lock"), {"password": PASSWORD})

    assert (response.status_code, is_locked(staff)) == (422, True)


def test_signing_out_works_while_locked(staff, at):
    at(HOUR)

    response = staff.post(reverse("account_logout"))

    assert (response["Location"], "_auth_user_id" in staff.session) == ("/", False)


def test_signing_in_again_begins_the_day_anew(alice, at, settings):
    EmailAddress.objects.create(
        user=alice.user, email=alice.user.email, verified=True, primary=True
    )
    client = Client()
    form = {"login": alice.user.email, "password": PASSWORD}
    client.post(reverse("account_login"), form)
    client.post(reverse("account_logout"))
    at(20 * HOUR)
    client.post(reverse("account_login"), form)
    at(20 * HOUR + 29 * MINUTE)

    assert not is_locked(client)


# What was typed in a form that came too late, without JavaScript


WORDS = 'Two nights <without> waking.\nAnd "so" on.'


def send_late(client, at, address="/messages/", **headers):
    at(HOUR)
    return client.post(address, {"body": WORDS, "message_id": "1"}, headers=headers)


def test_what_was_typed_is_kept_on_the_page_and_nowhere_else(staff, at):
    response = send_late(staff, at)

    page = response.content.decode()
    assert (response.status_code, "Two nights &lt;without&gt; waking." in page) == (423, True)
    assert "Two nights" not in str(dict(staff.session))


def test_after_unlocking_it_is_offered_and_not_sent(staff, at, client):
    page = send_late(staff, at).content.decode()
    kept = html_unescape(re.search(r'name="kept" value="([^"]*)"', page)[1])

    offered = staff.post(reverse("accounts:lock"), {"password": PASSWORD, "kept": kept})

    text = offered.content.decode()
    assert 'action="/messages/"' in text
    assert re.search(r'<textarea name="body" hidden>\nTwo nights &lt;without&gt; waking.', text)
    assert "Nothing was done." in text


def test_it_outlasts_a_wrong_password(staff, at):
    page = send_late(staff, at).content.decode()
    kept = html_unescape(re.search(r'name="kept" value="([^"]*)"', page)[1])

    again = staff.post(reverse("accounts:lock"), {"password": "x", "kept": kept})

    assert "Two nights &lt;without&gt; waking." in again.content.decode()


@pytest.mark.parametrize(
    "kept",
    ["x", "[]", "null", "{}", '{"address": "//evil.example/", "fields": []}',
     '{"address": "https://evil.example/", "fields": []}', '{"address": "/", "fields": [1]}',
     '{"address": "/x", "fields": [["a", "\\ud800 word"]]}', "[" * 90_000, "9" * 5_000],
    ids=lambda kept: kept[:60],
)  # fmt: skip
def test_what_this_page_did_not_write_is_dropped(staff, at, kept):
    at(HOUR)

    response = staff.post(reverse("accounts:lock"), {"password": PASSWORD, "kept": kept})

    assert response["Location"] == reverse("home")


@pytest.mark.parametrize("credential", ["[" * 90_000, "9" * 5_000], ids=["deep", "long number"])
def test_a_passkey_that_cannot_be_read_unlocks_nothing(staff, at, credential):
    at(HOUR)

    response = staff.post(reverse("accounts:lock"), {"credential": credential})

    assert (response.status_code, is_locked(staff)) == (422, True)


def test_a_password_is_never_carried_on(staff, at):
    at(HOUR)

    page = staff.post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password": PASSWORD}
    ).content.decode()

    assert PASSWORD not in page


def test_a_form_from_another_site_is_refused_before_the_lock(dr_bob, at):
    client = Client(enforce_csrf_checks=True)
    client.cookies = signed_in(dr_bob.user, at=T0).cookies
    at(HOUR)

    assert client.post("/messages/", {"body": WORDS}).status_code == 403


def html_unescape(text):
    return (
        text.replace("&quot;", '"').replace("&lt;", "<").replace("&gt;", ">")
        .replace("&#x27;", "'").replace("&amp;", "&")
    )  # fmt: skip


def test_the_limits_are_the_rule():
    assert (idle.STAFF.idle, idle.STAFF.whole) == (900, 43_200)
    assert (idle.PATIENT.idle, idle.PATIENT.whole) == (1_800, 86_400)
    assert idle.WARNED == 60
