"""Row 9: of all that can be right, wrong or absent, in either order, one combination signs in.

Password and factor are each right, wrong, absent, or of another person: 16 combinations.
"""

from itertools import product

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from tests.accounts.test_factors import code_for
from tests.factories import PASSWORD

KINDS = ["right", "wrong", "absent", "of another"]
OTHER_PASSWORD = "five other calm words here"


@pytest.fixture
def factors(dr_bob, carol):
    """What each of the two knows."""
    carol.user.set_password(OTHER_PASSWORD)
    carol.user.save()
    secrets = []
    for provider in (dr_bob, carol):
        user = provider.user
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        secrets.append(generate_totp_secret())
        TOTP.activate(user, secrets[-1])
    return secrets


def show_password(client, user, kind):
    words = {"right": PASSWORD, "wrong": "x", "absent": "", "of another": OTHER_PASSWORD}[kind]
    client.post(reverse("account_login"), {"login": user.email, "password": words})


def show_code(client, secrets, kind):
    own, other = (code_for(secret) for secret in secrets)
    wrong = next(code for code in ("000000", "111111") if code not in (own, other))
    code = {"right": own, "wrong": wrong, "absent": "", "of another": other}[kind]
    client.post(reverse("mfa_authenticate"), {"code": code})


@pytest.mark.parametrize("order", ["password first", "factor first"])
def test_exactly_one_combination_signs_in(dr_bob, factors, order):
    let_in = []
    for password, factor in product(KINDS, KINDS):
        cache.clear()  # sixteen tries in a row would be slowed down
        client = Client()
        if order == "factor first":
            show_code(client, factors, factor)
            show_password(client, dr_bob.user, password)
        else:
            show_password(client, dr_bob.user, password)
            show_code(client, factors, factor)
        if client.session.get("_auth_user_id"):
            let_in.append((password, factor))

    assert let_in == ([("right", "right")] if order == "password first" else [])
