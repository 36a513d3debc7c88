"""Goal row 12, as far as writing goes: without its row on the trail, nothing is done or shown."""

import uuid

import pytest
from django.urls import reverse

from accounts.models import Membership
from core import audit
from core.models import AuditEvent
from messaging import messages, threads
from messaging.models import Message
from tests.factories import NOW, make_member
from tests.web_role import as_owner, execute


@pytest.fixture
def audit_down(db):
    """Return a function after which nothing can be written to the trail."""

    def refuse():
        with as_owner():
            execute("REVOKE INSERT ON core_auditevent FROM telehealth_web")

    return refuse  # taken back with the test's transaction


def test_a_deed_that_cannot_be_written_down_is_not_done(visit, alice, audit_down):
    thread = threads.open_for(visit, now=NOW)
    audit_down()

    with pytest.raises(audit.NotWritten):
        messages.send(thread=thread, body="Hello", message_id=uuid.uuid4(), by=alice.user, now=NOW)

    assert Message.objects.count() == 0


def test_a_form_that_cannot_be_written_down_is_answered_with_503(sign_in, visit, alice, audit_down):
    thread = threads.open_for(visit, now=NOW)
    client = sign_in(alice.user)
    audit_down()

    answer = client.post(
        reverse("messaging:thread", args=[thread.pk]),
        {"body": "Hello", "message_id": str(uuid.uuid4())},
    )

    assert (answer.status_code, Message.objects.count()) == (503, 0)


def test_names_are_not_shown_where_that_cannot_be_written_down(
    sign_in, practice, visit, alice, audit_down
):
    officer = make_member(practice, Membership.Role.PRIVACY_OFFICER, "privacy@example.com")
    AuditEvent.objects.create(
        action="note.read", at=NOW, patient_id=alice.pk, subject_type="x", subject_id="1"
    )
    client = sign_in(officer)
    week = {"from_day": "2026-11-25", "to_day": "2026-12-01"}
    address = reverse("accounts:access_log")
    shown = client.get(address, week)
    audit_down()

    refused = client.get(address, week)

    assert "Alice Doe" in shown.content.decode()
    assert (refused.status_code, "Alice" in refused.content.decode()) == (503, False)
