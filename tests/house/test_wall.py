"""Without an account one gets to the public pages, and to nothing else."""

import pytest
from django.conf import settings
from django.shortcuts import resolve_url

from tests.house.addresses import addresses, sample

PUBLIC = {
    "appointments:directory",
    "appointments:provider",
    "appointments:create_hold",
    "appointments:anyone",
    "appointments:create_hold_of_anyone",
    "appointments:create_zone",  # the zone in which a visitor reads times
    "appointments:feed_file",  # known by a secret in the address
    "booking",  # a visitor's own hold, known by a secret in the session
    "booking_renewal",
    "billing:stripe_webhook",  # Stripe signs what it sends
    "billing:simulator_checkout",  # stands for a page at Stripe
    "help_now",
    "accounts:invitation",  # known by a secret in the letter, then by the session
    "accounts:invitation_link",
    "video:join",  # known by a token in the letter, and a date of birth
    "video:create_join_link",
    "mfa_authenticate",  # the second step of signing in
    "mfa_login_webauthn",  # signing in with a passkey
}
DEVELOPMENT = {"mailbox", "letter", "demo_sign_in"}
BEHIND = sorted(
    (name, sample(name, pattern))
    for name, pattern in addresses()
    if name not in PUBLIC | DEVELOPMENT and not name.startswith("account_")
)


@pytest.mark.parametrize(("name", "address"), BEHIND)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_visitor_is_asked_to_sign_in(client, db, name, address, method):
    response = getattr(client, method)(address)

    sign_in = resolve_url(settings.LOGIN_URL)
    assert (response.status_code, response.headers["Location"].partition("?")[0]) == (302, sign_in)


def test_the_wall_has_something_behind_it():
    assert {"messaging:thread", "care:note", "billing:ledger", "home"} <= {n for n, _ in BEHIND}
