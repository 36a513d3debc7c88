"""Row 45, at the entrance: every field of the models is posted to every form, and changes nothing
that the form does not ask for."""

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse
from django.utils import timezone

from accounts import invitations
from accounts.models import Invitation, Membership, Practice, User
from tests import factories
from tests.factories import PASSWORD
from tests.signing_in import signed_in

MODELS = [User, Membership, Invitation, Practice, EmailAddress]


@pytest.fixture
def everything(practice):
    """Something in every field of every model of the entrance."""
    names = {field.name for model in MODELS for field in model._meta.get_fields()}
    values = {"is_active": "", "verified": "on", "primary": "on", "role": "practice-admin"}
    return dict.fromkeys(names, "1") | values | {"roles": "practice-admin", "is_staff": "on"}


def state(user):
    rows = [User.objects.filter(pk=user.pk), user.memberships.all(), user.emailaddress_set.all()]
    return [list(each.values()) for each in rows]


def test_signing_up(everything, client):
    form = everything | {"email": "new@example.com", "password1": PASSWORD}

    client.post(reverse("account_signup"), form)

    user = User.objects.get(email="new@example.com")
    assert (user.is_active, user.sessions_epoch, user.works_here) == (True, 0, False)
    assert [a.verified for a in user.emailaddress_set.all()] == [False]


@pytest.mark.parametrize(
    "name",
    ["account_email", "account_change_password", "account_reauthenticate", "mfa_activate_totp",
     "mfa_add_webauthn", "mfa_generate_recovery_codes", "accounts:activity", "accounts:lock",
     "accounts:end_other_devices"],
)  # fmt: skip
def test_the_pages_of_the_account(everything, alice, name):
    user = alice.user
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    client = signed_in(user)
    before = state(user)

    client.post(reverse(name), everything | {"email": "1"})

    assert state(user) == before


def test_taking_up_an_invitation(everything, practice):
    boss = factories.make_member(practice, Membership.Role.ADMIN, "boss@example.com")
    user = factories.make_user("new@example.com")
    offer = {"practice": practice, "email": user.email, "role": "billing"}
    made = invitations.invite(by=boss, now=timezone.now(), **offer)
    client = signed_in(user)
    session = client.session
    session["invitation"] = made.pk
    session.save()

    client.post(reverse("accounts:invitation"), everything)

    assert list(user.memberships.values_list("role", "practice")) == [("billing", practice.pk)]
