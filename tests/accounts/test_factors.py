import json
import re
import time

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)
from django.test import Client
from django.urls import reverse

from core.models import AuditEvent
from tests.factories import PASSWORD
from tests.passkeys import VERIFIED, Passkey
from tests.signing_in import signed_in

Type = Authenticator.Type


def code_for(secret, *, steps=0):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


@pytest.fixture
def confirm():
    def confirm_address(user):
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user

    return confirm_address


@pytest.fixture
def bob(dr_bob, confirm):
    """Staff without a second factor."""
    return confirm(dr_bob.user)


@pytest.fixture
def secret(bob, rf):
    """The secret of his app."""
    made = generate_totp_secret()
    TOTP.activate(bob, made)
    return made


def enter(client, user, **more):
    form = {"login": user.email, "password": PASSWORD} | more
    return client.post(reverse("account_login"), form)


def show(client, code):
    return client.post(reverse("mfa_authenticate"), {"code": code})


def user_id(client):
    return client.session.get("_auth_user_id")


def test_a_password_alone_leads_to_the_second_step(bob, secret, client):
    response = enter(client, bob)

    assert (response["Location"], user_id(client)) == (reverse("mfa_authenticate"), None)


def test_the_code_of_the_app_signs_in(bob, secret, client):
    enter(client, bob, next="/messages/")

    response = show(client, code_for(secret))

    assert (response["Location"], user_id(client)) == ("/messages/", str(bob.pk))
    assert client.get(reverse("home")).status_code == 200


@pytest.mark.parametrize("steps", [-2, 2])
def test_a_code_of_another_time_does_not(bob, secret, client, steps):
    enter(client, bob)

    response = show(client, code_for(secret, steps=steps))

    assert (response.status_code, user_id(client)) == (422, None)
    assert "This does not fit." in response.content.decode()


@pytest.mark.parametrize("later", [0, 35, 55])
def test_a_code_counts_once_however_long_it_would_be_taken(
    bob, secret, client, time_machine, later
):
    start = 1_800_000_000
    time_machine.move_to(start, tick=False)
    code = code_for(secret, steps=1)
    enter(client, bob)
    assert show(client, code).status_code == 302
    client.logout()
    time_machine.move_to(start + later, tick=False)
    enter(client, bob)

    response = show(client, code)

    assert (response.status_code, user_id(client)) == (422, None)


def test_a_recovery_code_signs_in_once(bob, secret, client):
    code = RecoveryCodes.activate(bob).get_unused_codes()[0]
    enter(client, bob)
    first = show(client, code)
    client.logout()
    enter(client, bob)

    again = show(client, code)

    assert (first.status_code, again.status_code, user_id(client)) == (302, 422, None)


def test_guessing_codes_is_slowed_down(bob, secret, client):
    enter(client, bob)
    for number in range(5):
        show(client, f"00000{number}")

    response = show(client, code_for(secret))

    assert response.status_code == 422
    assert "That was tried too often." in response.content.decode()


def test_no_secret_is_in_the_clear_at_rest(bob, secret):
    codes = RecoveryCodes.activate(bob)

    kept = str(list(Authenticator.objects.values_list("data", flat=True)))

    assert secret not in kept
    assert [code for code in codes.get_unused_codes() if code in kept] == []
    assert codes.instance.data["seed"].startswith("gAAAA")


def test_staff_without_a_factor_is_led_to_set_one_up(bob):
    response = signed_in(bob, with_factor=False).get(reverse("home"))

    assert response["Location"] == reverse("accounts:second_step")


def test_staff_with_a_factor_that_was_not_shown_is_asked(bob, secret):
    response = signed_in(bob, with_factor=False).get(reverse("home"))

    assert response["Location"] == f"{reverse('mfa_reauthenticate')}?next=%2Fhome%2F"


def test_a_patient_may_go_without(alice):
    response = signed_in(alice.user, with_factor=False).get(reverse("home"))

    assert response.status_code == 200


def begin(client):
    """Open the page that shows the secret, and return it."""
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    assert re.search(r'<svg class="qr" viewBox="0 0 \d+ \d+" role="img"', page)
    return re.search(r'class="key">([A-Z2-7 ]+)<', page)[1].replace(" ", "")


def test_setting_up_an_app_lets_staff_in(bob, client):
    enter(client, bob)
    assert client.get(reverse("home"))["Location"] == reverse("accounts:second_step")
    made = begin(client)

    response = client.post(reverse("mfa_activate_totp"), {"code": code_for(made)})

    assert response["Location"] == reverse("mfa_view_recovery_codes")
    assert client.get(response["Location"]).content.decode().count("<li><code>") == 10
    assert client.get(reverse("home")).status_code == 200
    assert list(AuditEvent.objects.values_list("action", "by_id")) == [("factor.added", bob.pk)]


def test_a_wrong_code_sets_nothing_up(bob, client):
    enter(client, bob)
    begin(client)

    response = client.post(reverse("mfa_activate_totp"), {"code": "000000"})

    assert (response.status_code, Authenticator.objects.count()) == (422, 0)


def test_staff_cannot_remove_the_last_factor(bob, secret):
    client = signed_in(bob)

    page = client.get(reverse("mfa_deactivate_totp")).content.decode()
    response = client.post(reverse("mfa_deactivate_totp"))

    assert "Your work here needs a second step." in page
    assert (response.status_code, Authenticator.objects.count()) == (422, 1)


def test_nor_by_removing_the_last_passkey(bob):
    passkey = Authenticator.objects.create(user=bob, type=Type.WEBAUTHN, data={"name": "Laptop"})

    signed_in(bob).post(reverse("mfa_remove_webauthn", args=[passkey.pk]))

    assert Authenticator.objects.filter(pk=passkey.pk).exists()


def test_a_patient_can_remove_hers(alice, confirm):
    confirm(alice.user)
    TOTP.activate(alice.user, generate_totp_secret())
    client = signed_in(alice.user)

    response = client.post(reverse("mfa_deactivate_totp"))

    assert response["Location"] == reverse("accounts:security")
    assert not Authenticator.objects.exists()
    assert AuditEvent.objects.get().action == "factor.removed"


def test_nobody_touches_the_passkey_of_another(bob, alice):
    passkey = Authenticator.objects.create(user=bob, type=Type.WEBAUTHN, data={"name": "Laptop"})
    client = signed_in(alice.user)

    answers = [
        client.post(reverse(name, args=[passkey.pk]), {"name": "x"}).status_code
        for name in ("mfa_remove_webauthn", "mfa_edit_webauthn")
    ]

    passkey.refresh_from_db()
    assert (answers, passkey.data) == ([404, 404], {"name": "Laptop"})


def test_the_security_page_tells_what_is_set_up(bob, secret):
    RecoveryCodes.activate(bob)
    Authenticator.objects.create(user=bob, type=Type.WEBAUTHN, data={"name": "Work laptop"})

    page = signed_in(bob).get(reverse("accounts:security")).content.decode()

    assert [word in page for word in ("Work laptop", "10 left", "Remove the app", bob.email)] == [
        True
    ] * 4


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_passkey_is_asked_for_by_the_sign_in_page(db, client, host):
    answer = client.get(
        reverse("mfa_login_webauthn"), headers={"accept": "application/json", "host": host}
    )

    assert answer.json()["request_options"]["publicKey"]["rpId"] == host


HARD_TO_READ = [
    pytest.param("[" * 90_000, id="deep"),
    pytest.param("[" * 9_000, id="deep and short"),
    pytest.param("9" * 5_000, id="a long number"),
    pytest.param('{"id": "\\ud800"}', id="half a pair"),
    pytest.param(json.dumps({"id": "x" * 16_384}), id="long"),
]


@pytest.mark.parametrize(
    "credential", ["", "{}", "[]", "null", '{"id": "x"}', '{"rawId": 1}', *HARD_TO_READ]
)
def test_a_made_up_passkey_signs_nobody_in(db, client, credential):
    client.get(reverse("mfa_login_webauthn"), headers={"accept": "application/json"})

    response = client.post(reverse("mfa_login_webauthn"), {"credential": credential})

    assert (response.status_code, user_id(client)) == (302, None)


def challenge_of(client, name):
    """What the page asks the browser to answer."""
    page = client.get(reverse(name), headers={"accept": "text/html"}).content.decode()
    options = re.search(r'<script id="passkey-options"[^>]*>(.*?)</script>', page, re.DOTALL)[1]
    return json.loads(options)["publicKey"]["challenge"]


def add_passkey(client, passkey):
    challenge = challenge_of(client, "mfa_add_webauthn")
    form = {"name": "Laptop", "credential": json.dumps(passkey.created(challenge))}
    return client.post(reverse("mfa_add_webauthn"), form)


def sign_in_form(client, passkey):
    asked = client.get(reverse("mfa_login_webauthn"), headers={"accept": "application/json"})
    challenge = asked.json()["request_options"]["publicKey"]["challenge"]
    return {"credential": json.dumps(passkey.used(challenge))}


def enter_by(client, passkey, **more):
    return client.post(reverse("mfa_login_webauthn"), sign_in_form(client, passkey) | more)


@pytest.fixture
def passkey(bob):
    """A passkey that bob has set up."""
    made = Passkey(bob.pk)
    assert add_passkey(signed_in(bob), made).status_code == 302
    return made


def test_a_passkey_alone_signs_staff_in_and_leads_on(bob, passkey, client):
    response = enter_by(client, passkey, next="/messages/")

    assert (response["Location"], user_id(client)) == ("/messages/", str(bob.pk))
    assert client.get(reverse("home")).status_code == 200


def test_a_passkey_that_did_not_check_the_person_is_no_sign_in(bob, passkey, client):
    passkey.flags &= ~VERIFIED

    enter_by(client, passkey)

    assert user_id(client) is None


def test_it_does_as_the_second_step(bob, passkey, client):
    passkey.flags &= ~VERIFIED
    enter(client, bob)
    challenge = challenge_of(client, "mfa_authenticate")

    form = {"credential": json.dumps(passkey.used(challenge))}
    response = client.post(reverse("mfa_authenticate"), form)

    assert (response.status_code, user_id(client)) == (302, str(bob.pk))


def test_an_answer_counts_once(bob, passkey, client):
    form = sign_in_form(client, passkey)
    client.post(reverse("mfa_login_webauthn"), form)
    thief = Client()

    thief.post(reverse("mfa_login_webauthn"), form)

    assert (user_id(client), user_id(thief)) == (str(bob.pk), None)


def test_a_passkey_of_another_site_is_refused(bob, passkey, client):
    passkey.host = "evil.example"

    enter_by(client, passkey)

    assert user_id(client) is None


def test_a_passkey_of_a_closed_account_signs_nobody_in(bob, passkey, client):
    bob.is_active = False
    bob.save()

    enter_by(client, passkey)

    assert user_id(client) is None


@pytest.mark.parametrize(
    "credential", ["{}", "[]", '{"id": "x"}', '{"id": "eA", "rawId": "eA"}', *HARD_TO_READ]
)
@pytest.mark.parametrize("name", ["mfa_reauthenticate_webauthn", "mfa_add_webauthn"])
def test_a_made_up_passkey_changes_nothing(bob, passkey, name, credential):
    client = signed_in(bob)
    client.get(reverse(name))
    before = Authenticator.objects.count()

    response = client.post(reverse(name), {"credential": credential, "name": "x"})

    assert (response.status_code, Authenticator.objects.count()) == (422, before)
