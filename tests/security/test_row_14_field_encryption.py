"""Goal row 14: a dump of the database tells nothing, and ciphertexts cannot be swapped."""

import uuid

import pytest
from django.db import connection

from accounts.models import LegalHold, Patient
from care.models import Consent, ProgressNote, PsychotherapyNote
from core import sealing
from core.fields import SealedField
from messaging import messages
from messaging.models import Message
from sessions.models import CheckIn
from tests.factories import NOW
from tests.house.repository import models as all_models
from tests.security.canary import BORN, CANARY, PHONE, dump


def sealed_columns():
    return {
        (field.model._meta.db_table, field.column): field
        for model in all_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, SealedField)
    }


def test_every_encrypted_column_is_filled_by_this_story(marked):
    """Else the dump would prove nothing about the column that is empty."""
    with connection.cursor() as cursor:
        for table, column in sealed_columns():
            cursor.execute(f"SELECT count(*) FROM {table} WHERE octet_length({column}) > 0")
            assert cursor.fetchone()[0] > 0, f"{table}.{column}"


@pytest.mark.django_db(transaction=True)
def test_a_dump_has_no_word_of_hers(marked):
    text = dump("--data-only")

    words = [CANARY, PHONE, PHONE.replace("-", ""), BORN.isoformat()]
    hidden = [word.encode().hex() for word in words]
    assert "COPY public.accounts_patient" in text
    assert [word for word in words + hidden if word in text.lower()] == []


# What the other of two patients has in the column.
OTHER = "(SELECT p.legal_name FROM accounts_patient p WHERE p.id <> accounts_patient.id)"
SWAPS = {
    "the rows": OTHER,
    "the columns": "emergency_name",
    "one bit": "set_byte(legal_name, 40, get_byte(legal_name, 40) # 1)",
    "the owner": f"overlay(legal_name placing substring({OTHER} from 2 for 16) from 2 for 16)",
    "the version": "set_byte(legal_name, 0, 3)",
    "its end": "substring(legal_name for 30)",
}


@pytest.mark.parametrize("swap", SWAPS.values(), ids=SWAPS)
def test_a_ciphertext_that_was_moved_or_changed_does_not_open(alice, mallory, swap):
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE accounts_patient SET legal_name = {swap}")

    for patient in Patient.objects.all():
        with pytest.raises(sealing.Tampered):
            assert patient.legal_name


def test_a_message_does_not_pass_for_another_of_the_same_patient(marked, dr_bob):
    thread = marked.threads.get()
    second = messages.send(
        thread=thread, body="Other", message_id=uuid.uuid4(), by=dr_bob.user, now=NOW
    )
    first = Message.objects.get(number=1)
    second.__dict__["body"] = Message.objects.get(pk=second.pk).__dict__["body"]
    first.__dict__["body"] = second.__dict__["body"]

    with pytest.raises(sealing.Tampered):
        assert first.body


def test_with_the_keys_it_all_opens(marked):
    assert Patient.objects.get(pk=marked.pk).legal_name == f"{CANARY} name"
    assert Consent.objects.get().signed_name == CANARY
    assert CheckIn.objects.get().address == f"{CANARY} street"
    assert ProgressNote.objects.get().body == f"{CANARY} slept"
    assert PsychotherapyNote.objects.get().body == f"{CANARY} alone"
    assert Message.objects.get().body == f"{CANARY} wrote"
    assert LegalHold.objects.get().reason == f"{CANARY} suit"
