"""Row 8: staff without a second factor reaches no patient data, by any door."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from channels.db import database_sync_to_async
from django.conf import settings
from django.urls import reverse

from messaging import threads
from tests import factories, live
from tests.factories import NOW
from tests.house.addresses import addresses, sample
from tests.house.test_wall import DEVELOPMENT, PUBLIC
from tests.signing_in import signed_in

# What staff needs to get a second factor, or to go: nothing of a patient is on these pages.
BEFORE = {
    "account_logout", "account_email", "account_change_password", "account_reauthenticate",
    "mfa_activate_totp", "mfa_add_webauthn", "mfa_reauthenticate", "mfa_reauthenticate_webauthn",
    "accounts:second_step", "accounts:security", "mfa_index", "mfa_list_webauthn",
    "accounts:lock", "accounts:activity",
}  # fmt: skip
OPEN = {
    "account_login", "account_signup", "account_inactive", "account_email_verification_sent",
    "account_reset_password", "account_confirm_password_reset_code",
    "account_complete_password_reset", "account_password_reset_completed",
}  # fmt: skip
DOORS = sorted(
    (name, sample(name, pattern))
    for name, pattern in addresses()
    if name not in BEFORE | OPEN | PUBLIC | DEVELOPMENT
)
ROLES = ["provider", "supervisor", "billing", "front-desk", "practice-admin"]


@pytest.fixture(params=ROLES)
def member(request, practice):
    if request.param == "provider":
        return factories.make_provider(practice, "Bob Ray").user
    return factories.make_member(practice, request.param, "staff@example.com")


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("has_factor", [False, True])
def test_every_page_leads_to_the_second_factor(member, method, has_factor):
    gate = reverse("accounts:second_step")
    if has_factor:
        TOTP.activate(member, generate_totp_secret())
        gate = reverse("mfa_reauthenticate")
    client = signed_in(member, with_factor=False)

    answers = {name: getattr(client, method)(address) for name, address in DOORS}

    reached = {
        name
        for name, answer in answers.items()
        if answer.status_code != 404  # not for this role in any case
        and (answer.status_code != 302 or not answer["Location"].startswith(gate))
    }
    assert reached == set()


def test_there_are_doors_to_try():
    assert {"home", "messaging:thread", "care:note", "billing:ledger"} <= {n for n, _ in DOORS}


def test_a_provider_without_a_role_is_staff_too(dr_bob):
    dr_bob.user.memberships.all().delete()

    response = signed_in(dr_bob.user, with_factor=False).get(reverse("home"))

    assert response["Location"] == reverse("accounts:second_step")


def test_the_doors_open_with_it(member):
    assert signed_in(member).get(reverse("home")).status_code in (200, 302)


def test_no_admin_is_routed():
    names = {name for name, _ in addresses()}

    assert [name for name in names if name.startswith("admin:")] == []
    assert "django.contrib.admin" not in settings.INSTALLED_APPS


@pytest.mark.asyncio
@pytest.mark.parametrize("door", ["day", "thread", "room"])
@pytest.mark.parametrize("with_factor", [False, True])
async def test_every_socket_is_closed_without_it(live_database, visit, dr_bob, door, with_factor):
    make = database_sync_to_async
    client = await make(signed_in)(dr_bob.user, with_factor=with_factor)
    address = {
        "day": "/ws/day/",
        "thread": f"/ws/thread/{(await make(threads.open_for)(visit, now=NOW)).id}/",
        "room": "/ws/session/00000000-0000-0000-0000-000000000001/",
    }[door]
    socket = live.socket(address, client)

    assert (await socket.connect(timeout=10))[0]
    if door == "room":
        closing = await socket.receive_output(timeout=10)
        assert closing["code"] == (4404 if with_factor else 4401)
    elif with_factor:
        assert await live.is_silent(socket)
    else:
        assert (await socket.receive_output(timeout=10))["code"] == 4404
    await socket.disconnect()
