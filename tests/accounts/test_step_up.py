import time

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.urls import reverse
from django.utils.http import urlencode

from accounts import step_up
from tests.factories import PASSWORD
from tests.signing_in import signed_in

GUARDED = ["mfa_activate_totp", "mfa_add_webauthn", "account_email", "mfa_generate_recovery_codes"]


@pytest.fixture
def hers(alice):
    """Alice's browser, where she signed in this morning."""
    client = signed_in(alice.user, with_factor=False)
    session = client.session
    for proof in session["account_authentication_methods"]:
        proof["at"] -= 3 * 3600
    session.save()
    return client


@pytest.mark.parametrize("name", GUARDED)
def test_who_signed_in_long_ago_is_asked_and_led_back(hers, name):
    address = reverse(name)

    response = hers.get(address)

    asked = reverse("account_reauthenticate")
    assert response["Location"] == f"{asked}?{urlencode({'next': address})}"


@pytest.mark.parametrize(("age", "is_let_in"), [(299, True), (301, False)])
def test_a_proof_counts_for_five_minutes(alice, time_machine, age, is_let_in):
    start = time.time()
    time_machine.move_to(start, tick=False)
    client = signed_in(alice.user)
    time_machine.move_to(start + age, tick=False)

    response = client.get(reverse("mfa_activate_totp"))

    assert (response.status_code == 200) == is_let_in


def test_the_password_is_enough_where_there_is_no_factor(hers, alice, confirmed_alice):
    asked = hers.get(reverse("mfa_activate_totp"))["Location"]

    wrong = hers.post(asked, {"password": "x"})
    right = hers.post(asked, {"password": PASSWORD})

    assert (wrong.status_code, right["Location"]) == (422, reverse("mfa_activate_totp"))
    assert hers.get(right["Location"]).status_code == 200


@pytest.fixture
def confirmed_alice(alice):
    return EmailAddress.objects.create(
        user=alice.user, email=alice.user.email, verified=True, primary=True
    )


def test_who_has_a_factor_must_show_it(hers, alice, confirmed_alice):
    TOTP.activate(alice.user, generate_totp_secret())

    asked = hers.get(reverse("mfa_generate_recovery_codes"))["Location"]
    by_password = hers.get(reverse("account_reauthenticate"))["Location"]

    assert asked.startswith(reverse("mfa_reauthenticate"))
    assert by_password.startswith(reverse("mfa_reauthenticate"))


def test_a_form_that_comes_too_late_does_nothing_and_leads_back_to_its_page(hers):
    response = hers.post(
        reverse("mfa_generate_recovery_codes"),
        headers={"referer": "http://testserver/account/recovery-codes/new/?x=1"},
    )

    assert response["Location"].endswith("?next=%2Faccount%2Frecovery-codes%2Fnew%2F")
    assert "account_reauthentication_state" not in hers.session


def test_a_form_on_a_page_of_its_own_is_led_back_to_with_what_its_address_says(hers):
    address = reverse("mfa_generate_recovery_codes") + "?kind=new"

    response = hers.post(address, headers={"referer": f"http://testserver{address}"})

    assert response["Location"].endswith("?next=%2Faccount%2Frecovery-codes%2Fnew%2F%3Fkind%3Dnew")


def test_the_time_is_five_minutes():
    assert step_up.FRESH_SECONDS == 300
