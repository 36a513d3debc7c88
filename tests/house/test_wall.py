"""Everything is behind the sign-in but what is listed here. A new address is, too, or fails."""

import uuid

import pytest
from django.conf import settings
from django.shortcuts import resolve_url
from django.urls import URLResolver, get_resolver, reverse

PUBLIC = {
    # Finding and holding a time comes before there is an account.
    "appointments:directory",
    "appointments:provider",
    "appointments:create_zone",
    "appointments:create_hold",
    "booking",
    "booking_renewal",
    # The entrance.
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_email_verification_sent",
    "account_reset_password",
    "account_confirm_password_reset_code",
    "account_complete_password_reset",
    "account_password_reset_completed",
    # Help never asks who you are.
    "help_now",
    # Stripe signs what it sends.
    "billing:stripe_webhook",
}
SAMPLES = {
    "uuid": uuid.UUID("8d5f4f0e-58a1-4a05-8a4d-9d3b2b3c7d11"),
    "int": 1,
    "slug": "nobody",
    "str": "nothing",
    "path": "nothing",
}


def addresses(resolver, namespace=""):
    """Yield the full name of each address, and sample arguments for it."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from addresses(
                entry, f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            )
        else:
            yield namespace + (entry.name or str(entry.pattern)), sample(entry.pattern.converters)


def sample(converters):
    kinds = {
        name: type(one).__name__.removesuffix("Converter").lower()
        for name, one in converters.items()
    }
    return {name: SAMPLES[{"string": "str"}.get(kind, kind)] for name, kind in kinds.items()}


ALL = dict(addresses(get_resolver()))


def asks_to_sign_in(client, name):
    response = client.get(reverse(name, kwargs=ALL[name]))
    entrance = f"{resolve_url(settings.LOGIN_URL)}?next="
    return response.status_code == 302 and response["Location"].startswith(entrance)


@pytest.mark.parametrize("name", sorted(set(ALL) - PUBLIC))
def test_a_stranger_is_asked_to_sign_in(db, client, name):
    assert asks_to_sign_in(client, name)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_the_list_of_open_addresses_is_true(db, client, name):
    assert not asks_to_sign_in(client, name)


def test_no_page_of_development_exists_here(db, client):
    assert [client.get(path).status_code for path in ("/mailbox/", "/demo-sign-in/")] == [404, 404]
