"""What is sent twice at the same moment happens once."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import Patient, User
from care import consents
from care.models import Consent
from core.models import AuditEvent, Duty
from tests.factories import NOW, PASSWORD, make_user
from tests.threads import at_once

CLICKS = 4
ABOUT_YOU = {
    "who": "me",
    "legal_name": "New Doe",
    "date_of_birth": "1991-05-04",
    "phone": "312-555-0123",
    "state": "IL",
    "zone": "America/Chicago",
    "emergency_name": "Sam Doe",
    "emergency_relation": "Brother",
    "emergency_phone": "312-555-0199",
}

pytestmark = pytest.mark.django_db(transaction=True)


def test_signing_up_makes_one_account():
    cache.clear()
    form = {"email": "new@example.com", "password1": PASSWORD}

    answers = at_once(CLICKS, lambda _: Client().post(reverse("account_signup"), form).status_code)

    assert answers == [302] * CLICKS
    assert User.objects.count() == 1
    assert Duty.objects.filter(payload__has_key="send_before").count() == 1  # a code


def test_about_you_makes_one_patient(practice):
    user = make_user("new@example.com")

    def click(_):
        client = Client()
        client.force_login(user)
        return client.post(reverse("accounts:about_you"), ABOUT_YOU).status_code

    answers = at_once(CLICKS, click)

    assert answers == [302] * CLICKS
    assert Patient.objects.count() == 1


def test_signing_keeps_one_signature_a_text(alice):
    documents = consents.in_force(on=NOW.date())

    def click(_):
        for document in documents:
            consents.sign(patient=alice, document=document, signed_name="A", by=alice.user, now=NOW)

    answers = at_once(CLICKS, click)

    assert answers == [None] * CLICKS
    assert Consent.objects.count() == len(documents)
    assert AuditEvent.objects.filter(action="consent.signed").count() == len(documents)
