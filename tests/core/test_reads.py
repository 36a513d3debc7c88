import uuid

import pytest

from accounts.models import Patient
from core import keystore, reads
from core.models import AuditEvent
from tests.factories import NOW


def test_what_is_noted_in_a_scope_is_told_once():
    owner = uuid.uuid4()
    with reads.scope():
        reads.note(owner)
        reads.note(owner)

        assert [reads.take(), reads.take()] == [{owner}, set()]


def test_an_inner_scope_keeps_its_notes_to_itself():
    """A duty that is done while a page is made is the system's own read."""
    inner, outer = uuid.uuid4(), uuid.uuid4()
    with reads.scope():
        reads.note(outer)
        with reads.scope():
            reads.note(inner)
            assert reads.take() == {inner}

        assert reads.take() == {outer}


def test_what_failed_is_not_recorded(alice):
    """It is tried again, and recorded then."""

    def fail():
        return Patient.objects.get().legal_name / 2

    with pytest.raises(TypeError), reads.recorded(action="x.read", by=None, at=NOW):
        fail()

    assert AuditEvent.objects.count() == 0


def test_a_page_and_a_duty_have_codes():
    assert reads.action("billing:card_return") == "billing.card-return.read"


def test_an_erasure_bites_at_the_next_scope(alice):
    """Within one request a key is fetched once; no key outlives the request."""

    def name():
        return Patient.objects.get().legal_name

    with reads.scope():
        before = name()
        keystore.erase(alice.ref)
        same_request = name()
    with reads.scope():
        next_request = name()

    assert (before, same_request, next_request) == ("Alice Doe", "Alice Doe", "Erased")
    assert name() == "Erased"
