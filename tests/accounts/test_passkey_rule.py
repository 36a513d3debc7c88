"""Who has to have a passkey, from when on, and that nobody is locked out by it."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.urls import reverse

from accounts import factors, invitations, passkey_rule, sockets
from accounts.models import Membership
from telehealth import settings as own_settings
from tests.factories import NOW, make_member
from tests.passkeys import Passkey
from tests.signing_in import signed_in

Role = Membership.Role
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
GRACE = 14 * DAY
STEP, HOME, SECURITY = (
    reverse(name) for name in ("accounts:second_step", "home", "accounts:security")
)
ASKED = [Role.ADMIN, Role.SUPERVISOR, Role.BILLING]
PAGE = {
    Role.ADMIN: "accounts:staff",
    Role.SUPERVISOR: "care:supervision",
    Role.BILLING: "billing:ledger",
}


@pytest.fixture(autouse=True)
def clock(settings):
    """A site that takes passkeys, whose rule is older than every role."""
    settings.PASSKEYS_WORK = True
    settings.PASSKEY_REQUIRED_FROM = NOW - 90 * DAY
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def member(practice):
    """Return a function that makes a member with an app, who took up the role now."""

    def make(role):
        user = make_member(practice, role, "member@example.com")
        TOTP.activate(user, generate_totp_secret())
        return user

    return make


def add_passkey(user):
    Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "Key"})


def to(client, name):
    response = client.get(reverse(name))
    return response.get("Location", response.status_code)


@pytest.mark.parametrize("role", ASKED)
@pytest.mark.parametrize(
    ("after", "found"), [(GRACE - TICK, 200), (GRACE, STEP), (GRACE + DAY, STEP)]
)
def test_two_weeks_after_the_role_she_is_led_to_add_one(member, clock, role, after, found):
    user = member(role)
    clock.move_to(NOW + after)

    assert to(signed_in(user), PAGE[role]) == found


@pytest.mark.parametrize("role", [role for role in Role if role not in ASKED])
def test_of_other_roles_none_is_asked(member, clock, role):
    user = member(role)
    clock.move_to(NOW + 90 * DAY)

    assert to(signed_in(user), "home") != STEP
    assert passkey_rule.due_at(user) is None


def test_nor_of_a_patient(alice, clock):
    clock.move_to(NOW + 90 * DAY)

    assert to(signed_in(alice.user), "home") == 200


@pytest.mark.parametrize("role", ASKED)
def test_with_a_passkey_nothing_is_asked_however_she_signed_in(member, clock, role):
    user = member(role)
    add_passkey(user)
    clock.move_to(NOW + 90 * DAY)

    client = signed_in(user)  # by the app

    assert to(client, PAGE[role]) == 200


def test_every_page_leads_there_but_those_that_lead_on(member, clock):
    user = member(Role.ADMIN)
    clock.move_to(NOW + GRACE)
    client = signed_in(user)

    led = {name: to(client, name) for name in ("home", "accounts:staff", "accounts:care_team")}
    posted = client.post(reverse("accounts:care_team"), {})

    assert set(led.values()) == {STEP}
    assert posted["Location"] == STEP
    assert [client.get(page).status_code for page in (STEP, SECURITY)] == [200, 200]
    assert "Add a passkey to go on" in client.get(STEP).content.decode()
    assert client.get(reverse("mfa_add_webauthn")).status_code == 200
    assert client.get(reverse("account_logout")).status_code == 200


def test_adding_one_opens_the_work_again_in_the_same_session(member, clock):
    user = member(Role.BILLING)
    clock.move_to(NOW + GRACE)
    client, address = signed_in(user), reverse("mfa_add_webauthn")
    before = to(client, "billing:ledger")
    options = client.get(address).context["js_data"]["creation_options"]["publicKey"]

    created = json.dumps(Passkey(user.pk).created(options["challenge"]))
    added = client.post(address, {"name": "Key", "credential": created})

    assert (before, added.status_code) == (STEP, 302)
    assert to(client, "billing:ledger") == 200


def test_the_oldest_role_that_asks_counts(member, practice, clock):
    user = member(Role.BILLING)
    clock.move_to(NOW + 10 * DAY)
    Membership.objects.create(user=user, practice=practice, role=Role.ADMIN)
    clock.move_to(NOW + GRACE)

    assert to(signed_in(user), "home") == STEP


def test_a_role_of_another_kind_is_no_beginning(practice, clock):
    user = make_member(practice, Role.FRONT_DESK, "desk@example.com")
    clock.move_to(NOW + 30 * DAY)
    Membership.objects.create(user=user, practice=practice, role=Role.ADMIN)

    assert passkey_rule.due_at(user) == NOW + 30 * DAY + GRACE


def test_an_old_role_has_two_weeks_from_the_day_of_the_rule(member, settings, clock):
    user = member(Role.ADMIN)
    settings.PASSKEY_REQUIRED_FROM = NOW + 60 * DAY

    assert passkey_rule.due_at(user) == NOW + 60 * DAY + GRACE
    clock.move_to(NOW + 60 * DAY + GRACE - TICK)
    assert to(signed_in(user), "accounts:staff") == 200


def test_where_browsers_take_no_passkey_none_is_required(member, settings, clock):
    user = member(Role.ADMIN)
    settings.PASSKEYS_WORK = False
    clock.move_to(NOW + 90 * DAY)

    assert to(signed_in(user), "accounts:staff") == 200


def test_the_demo_people_are_not_asked(member, clock):
    user = member(Role.ADMIN)
    clock.move_to(NOW + 90 * DAY)
    client = signed_in(user, with_factor=False)
    session = client.session
    session[factors.AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "mfa", "type": factors.DEMO, "at": NOW.timestamp(), "uid": str(user.pk)}
    ]
    session.save()
    by_hand = signed_in(user)

    assert (to(client, "accounts:staff"), to(by_hand, "accounts:staff")) == (200, STEP)


def test_whoever_has_no_factor_at_all_still_chooses(practice, clock):
    user = make_member(practice, Role.FRONT_DESK, "desk@example.com")
    clock.move_to(NOW + 90 * DAY)
    client = signed_in(user, with_factor=False)

    assert "One more step before you begin" in client.get(STEP).content.decode()


@pytest.mark.parametrize(("after", "is_somebody"), [(GRACE - TICK, True), (GRACE, False)])
def test_a_socket_is_as_closed_as_a_page(member, clock, after, is_somebody):
    user = member(Role.SUPERVISOR)
    clock.move_to(NOW + after)
    session = signed_in(user).session

    has_shown = sockets.has_shown_factor.func(user, session)  # what the guard asks in a thread

    assert has_shown is is_somebody


def test_before_that_the_page_of_security_says_by_when(member):
    page = signed_in(member(Role.ADMIN)).get(SECURITY).content.decode()

    assert "Your role needs a passkey by Tuesday, December 15, 2026." in page


def test_with_a_passkey_the_page_says_nothing(member):
    user = member(Role.ADMIN)
    add_passkey(user)
    page = signed_in(user).get(SECURITY).content.decode()

    assert "Your role needs a passkey" not in page


def test_a_role_that_was_taken_up_has_its_day(practice, clock, alice):
    boss = make_member(practice, Role.ADMIN, "boss@example.com")
    offer = invitations.invite(
        practice=practice, email="new@example.com", role=Role.BILLING, by=boss, now=NOW
    )
    newcomer = type(boss).objects.create_user("new@example.com")

    held = invitations.accept(invitation=offer, by=newcomer, now=NOW + 3 * DAY)

    assert held.granted_at == NOW + 3 * DAY


def test_the_rule_holds_by_default():
    assert own_settings.PASSKEY_GRACE == GRACE
    since = own_settings.PASSKEY_REQUIRED_FROM
    assert since == datetime(2026, 12, 1, tzinfo=UTC)
