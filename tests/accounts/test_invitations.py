import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import mail
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts import invitations
from accounts.models import Invitation, Membership, User
from core import duties
from core.models import AuditEvent
from tests import factories
from tests.factories import NOW, PASSWORD
from tests.signing_in import signed_in
from tests.threads import at_once

Role = Membership.Role
NEW = "new@example.com"


@pytest.fixture
def admin(practice):
    return factories.make_member(practice, Role.ADMIN, "admin@example.com")


@pytest.fixture
def offer(practice, admin):
    """Send an invitation and return it with its token."""

    def send(email=NEW, role=Role.BILLING, now=None):
        now = now or timezone.now()
        made = invitations.invite(practice=practice, email=email, role=role, by=admin, now=now)
        duties.sweep(now=now)
        return made, re.search(r"/invitation/link/#([\w-]{43})\s", letter_to(made.email).body)[1]

    return send


def letter_to(address):
    """The newest letter to this address alone."""
    return [letter for letter in mail.outbox if letter.to == [address]][-1]


@pytest.fixture
def newcomer(db):
    """Somebody with an account at the address, and no role."""
    user = factories.make_user(NEW)
    EmailAddress.objects.create(user=user, email=NEW, verified=True, primary=True)
    return user


def open_link(client, token):
    """What the page at the letter's address does with what stands behind the #."""
    return client.post(reverse("accounts:invitation_link"), {"token": token}, follow=True)


def take_up(client):
    return client.post(reverse("accounts:invitation"))


def test_the_letter_names_practice_and_role_and_no_token_is_kept(offer):
    made, token = offer()

    words = "You are invited to work at Lakeside Practice as: Billing staff."
    assert words in letter_to(NEW).body
    assert (made.token_hash, token in str(made.__dict__)) == (invitations.hashed(token), False)
    assert AuditEvent.objects.get().action == "invitation.sent"


def test_who_looks_after_the_practice_is_told_in_neutral_words(offer, practice, admin):
    """An admin who invites a second address of her own is not alone with it."""
    officer = factories.make_member(practice, Role.PRIVACY_OFFICER, "officer@example.com")
    other = factories.make_member(practice, Role.ADMIN, "other.admin@example.com")
    for role, email in [(Role.BILLING, "biller@example.com"), (Role.ADMIN, "gone@example.com")]:
        member = factories.make_member(practice, role, email)
    User.objects.filter(pk=member.pk).update(is_active=False)
    elsewhere = factories.make_practice(name="Hillside Practice")
    factories.make_member(elsewhere, Role.PRIVACY_OFFICER, "stranger@example.com")

    offer(email="my.second.self@example.com", role=Role.PRIVACY_OFFICER)

    told = {letter.to[0]: letter for letter in mail.outbox if "invited" in letter.subject}
    assert set(told) == {admin.email, other.email, officer.email}
    leads_to = {email: re.search(r"http\S+", told[email].body)[0] for email in told}
    pages = {admin: "accounts:staff", other: "accounts:staff", officer: "accounts:access_log"}
    assert leads_to == {
        user.email: settings.SITE_URL + reverse(page) for user, page in pages.items()
    }
    assert not [letter for letter in told.values() if "my.second.self" in str(letter.message())]


def test_the_token_leaves_the_address_at_once(offer, client):
    _, token = offer()

    response = open_link(client, token)

    assert response.redirect_chain == [(reverse("accounts:invitation"), 302)]
    assert token not in response.content.decode()


def test_a_scanner_that_opens_the_letters_address_gets_a_form_and_changes_nothing(offer, client):
    made, _ = offer()
    address = re.search(r"http\S+", letter_to(NEW).body)[0]

    response = client.get(address.partition("#")[0].removeprefix(settings.SITE_URL))

    assert (response.status_code, dict(client.session)) == (200, {})
    assert made.email not in response.content.decode()


def test_without_scripts_the_whole_link_is_pasted(offer, client):
    _, token = offer()

    response = open_link(client, f" {invitations.address_of(token)} ")

    assert response.redirect_chain == [(reverse("accounts:invitation"), 302)]


def test_an_empty_field_is_said_on_the_page(db, client):
    response = client.post(reverse("accounts:invitation_link"), {"token": ""})

    assert response.status_code == 422
    assert "Paste the link from your email." in response.content.decode()


def test_from_the_letter_to_the_second_step(offer, client):
    _, token = offer()
    open_link(client, token)
    page = client.get(reverse("account_signup"), {"next": reverse("accounts:invitation")})
    assert f'value="{NEW}"' in page.content.decode()
    form = {"email": NEW, "password1": PASSWORD, "next": reverse("accounts:invitation")}
    client.post(reverse("account_signup"), form)
    duties.sweep(now=timezone.now())
    code = re.search(r"\d{4}-\d{4}", letter_to(NEW).body)[0]
    confirmed = client.post(reverse("account_email_verification_sent"), {"code": code})
    assert confirmed["Location"] == reverse("accounts:invitation")

    take_up(client)

    assert User.objects.get(email=NEW).has_role(Role.BILLING)
    assert client.get(reverse("home"))["Location"] == reverse("accounts:second_step")


def test_it_is_taken_up_once(offer, newcomer, client):
    _, token = offer()
    client = signed_in(newcomer)
    open_link(client, token)
    take_up(client)

    again = open_link(client, token)

    assert (again.status_code, Membership.objects.filter(user=newcomer).count()) == (404, 1)


def test_an_invitation_changes_nothing_of_an_account_until_its_owner_takes_it_up(
    offer, newcomer, client
):
    before = User.objects.filter(pk=newcomer.pk).values().get()
    _, token = offer()

    open_link(client, token)
    anonymous = take_up(client)
    client.post(reverse("account_signup"), {"email": NEW, "password1": "a thief's own words"})

    assert User.objects.filter(pk=newcomer.pk).values().get() == before
    assert not newcomer.memberships.exists()
    assert (anonymous.status_code, "_auth_user_id" in client.session) == (200, False)


@pytest.mark.parametrize("who", ["mallory", "carol"])
def test_somebody_else_cannot_take_it_up(offer, request, who):
    user = request.getfixturevalue(who).user
    before = set(user.memberships.values_list("role", flat=True))
    _, token = offer()
    client = signed_in(user)
    open_link(client, token)

    response = take_up(client)

    assert response.status_code == 409
    assert set(user.memberships.values_list("role", flat=True)) == before


def test_a_patient_cannot_become_staff_under_the_same_account(offer, alice):
    _, token = offer(email=alice.user.email)
    client = signed_in(alice.user)
    open_link(client, token)

    response = take_up(client)

    assert (response.status_code, alice.user.memberships.exists()) == (409, False)
    assert "Your work and your care stay apart" in response.content.decode()


@pytest.mark.parametrize(
    ("days", "status"), [(timedelta(days=7, seconds=-1), 200), (timedelta(days=7), 404)]
)
def test_it_runs_out_after_seven_days(offer, client, time_machine, days, status):
    time_machine.move_to(NOW, tick=False)
    _, token = offer(now=NOW)
    time_machine.move_to(NOW + days, tick=False)

    assert open_link(client, token).status_code == status


def test_a_withdrawn_one_is_closed(offer, admin, newcomer):
    made, token = offer()
    client = signed_in(newcomer)
    open_link(client, token)

    signed_in(admin).post(reverse("accounts:create_withdrawal", args=[made.pk]))

    assert (take_up(client).status_code, newcomer.memberships.exists()) == (404, False)


@pytest.mark.parametrize("token", ["x", "a" * 43, "0" * 300])
def test_a_guessed_token_finds_nothing(offer, client, token):
    offer()

    assert open_link(client, token).status_code == 404


def test_a_second_invitation_to_the_same_role_is_refused_while_one_is_open(offer):
    offer()

    with pytest.raises(invitations.InvitedAlready):
        offer(email="NEW@example.com")


def test_after_it_ran_out_a_new_one_replaces_it(offer, practice):
    offer(now=NOW - timedelta(days=8))

    offer(now=NOW)

    assert Invitation.objects.open(at=NOW).count() == 1


def test_taking_it_up_ends_the_other_sessions(offer, newcomer):
    _, token = offer()
    here, elsewhere = signed_in(newcomer), signed_in(newcomer)
    open_link(here, token)

    take_up(here)

    assert here.get(reverse("accounts:security")).status_code == 200
    assert elsewhere.get(reverse("accounts:security")).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_two_clicks_make_one_role(offer, newcomer):
    _, token = offer()
    clients = [signed_in(newcomer) for _ in range(4)]
    for client in clients:
        open_link(client, token)

    answers = at_once(4, lambda n: take_up(clients[n]).status_code)

    assert sorted(answers)[0] == 302
    assert newcomer.memberships.count() == 1
    assert AuditEvent.objects.filter(action="role.granted").count() == 1


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("invitation_role_known", {"role": "king"}),
        ("invitation_ends_after_start", {"expires_at": NOW}),
        ("invitation_accepted_whole", {"accepted_at": NOW}),
    ],
)
def test_the_database_refuses_what_cannot_be(practice, admin, name, fields):
    values = {
        "practice": practice, "email": NEW, "role": Role.BILLING, "invited_by": admin,
        "token_hash": "x", "invited_at": NOW, "expires_at": NOW + timedelta(days=7),
    }  # fmt: skip

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Invitation.objects.create(**values | fields)
