"""Goal row 14: a dump of the database tells nothing, and ciphertexts cannot be swapped."""

import hashlib
import uuid

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.db import connection
from django.urls import reverse

from accounts.models import LegalHold, Patient, User
from care.models import Consent, ProgressNote, PsychotherapyNote
from core import sealing
from core.fields import SealedField
from core.models import Duty
from messaging import messages
from messaging.models import Message
from sessions.models import CheckIn
from tests.factories import NOW, PASSWORD
from tests.house.repository import models as all_models
from tests.security import sinks
from tests.security.canary import BORN, CANARY, PHONE, dump


def sealed_columns():
    return {
        (field.model._meta.db_table, field.column): field
        for model in [*all_models(), EmailAddress]
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
    tables = ["accounts_patient", "accounts_user", "account_emailaddress", "core_duty"]
    assert [table for table in tables if f"COPY public.{table} (" not in text] == []
    assert [word for word in words + hidden if word in text.lower()] == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("page", ["account_signup", "account_reset_password", "account_login"])
def test_a_dump_in_the_middle_of_the_entrance_has_no_address(client, page):
    """While a code is on its way the address is in a session, a letter and a count of tries."""
    address = f"{CANARY}@example.com"
    form = {"email": address, "login": address, "password": PASSWORD, "password1": PASSWORD}

    client.post(reverse(page), form)

    text, hashed = dump("--data-only"), hashlib.sha256(address.encode()).hexdigest()
    assert (Session.objects.exists(), Duty.objects.exists()) == (page != "account_login",) * 2
    assert sinks.found([CANARY, hashed], text) == []


# What stands in my row, made of both.
SPOILED = {
    "the rows": lambda mine, hers: hers,
    "the index": lambda mine, hers: mine[:17] + hers[17:49] + mine[49:],
    "the owner": lambda mine, hers: mine[:1] + hers[1:17] + mine[17:],
    "the version": lambda mine, hers: b"\1" + mine[1:],
    "one bit": lambda mine, hers: mine[:-1] + bytes([mine[-1] ^ 1]),
    "its end": lambda mine, hers: mine[:50],
}


@pytest.mark.parametrize("model", [User, EmailAddress])
@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_an_address_that_was_moved_or_changed_does_not_open(marked, alice, model, spoil):
    """Nor is an account opened by the address of another, which was put into its row."""
    EmailAddress.objects.create(user=alice.user, email=alice.user.email)
    place, people = model._meta.db_table, [marked.user, alice.user]
    rows = [model.objects.get(email=person.email).pk for person in people]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT email FROM {place} WHERE id = ANY(%s) ORDER BY id", [rows])
        mine, hers = (bytes(email) for (email,) in cursor.fetchall())
        change = f"UPDATE {place} SET email = %s WHERE id = %s"
        cursor.execute(change, [b"", rows[1]])
        cursor.execute(change, [spoil(mine, hers), rows[0]])

    with pytest.raises(sealing.Tampered):
        assert model.objects.get(pk=rows[0]).email


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
    assert EmailAddress.objects.get().email == f"{CANARY}@example.com"
    assert Consent.objects.get().signed_name == CANARY
    assert CheckIn.objects.get().address == f"{CANARY} street"
    assert ProgressNote.objects.get().body == f"{CANARY} slept"
    assert PsychotherapyNote.objects.get().body == f"{CANARY} alone"
    assert Message.objects.get().body == f"{CANARY} wrote"
    assert LegalHold.objects.get().reason == f"{CANARY} suit"
