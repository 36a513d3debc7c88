"""Encrypted fields, on the models that have them."""

import pickle
import uuid
from datetime import date

import pytest
from django.core.exceptions import FieldError
from django.db import connection, models, transaction
from django.db.models import F
from django.test.utils import isolate_apps

from accounts.models import Patient
from core import keystore, sealing
from core.fields import SELF, EncryptedText, Sealed, is_filled
from tests.factories import make_patient


def raw(patient, column="legal_name"):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM accounts_patient WHERE id = %s", [patient.pk])
        return bytes(cursor.fetchone()[0])


def envelope(patient, column="legal_name"):
    """What the row holds in memory, unopened."""
    return patient.__dict__[column]


def test_what_is_saved_is_sealed_and_what_is_read_is_open(alice):
    kept = Patient.objects.get(pk=alice.pk)

    assert (kept.legal_name, kept.date_of_birth) == ("Alice Doe", date(1991, 5, 4))
    assert b"Alice" not in raw(alice)
    assert sealing.owner_of(raw(alice)) == alice.ref


def test_the_same_words_are_never_sealed_alike(alice):
    before = raw(alice)

    alice.save()

    assert before != raw(alice)


def test_a_blank_stays_a_blank(alice):
    assert (raw(alice, "preferred_name"), Patient.objects.get().preferred_name) == (b"", "")


def test_what_nobody_can_see_is_a_blank(alice):
    alice.preferred_name = " \u200b\n"

    alice.save()

    assert (raw(alice, "preferred_name"), is_filled(alice, "preferred_name")) == (b"", False)


def test_a_row_that_is_saved_unread_is_not_sealed_anew(alice):
    kept, before = Patient.objects.get(), raw(alice)

    kept.save()

    assert raw(alice) == before


def test_a_change_of_one_field_leaves_the_others_sealed(alice):
    kept = Patient.objects.get()
    kept.preferred_name = "Ali"
    kept.save()

    assert isinstance(envelope(kept), Sealed)
    assert Patient.objects.get().name == "Ali"


def test_a_deferred_field_is_fetched_when_it_is_read(alice, django_assert_num_queries):
    kept = Patient.objects.only("pk", "ref").get()

    with django_assert_num_queries(1):
        assert (kept.legal_name, kept.legal_name) == ("Alice Doe", "Alice Doe")


@pytest.mark.parametrize(
    "query",
    [
        lambda rows: rows.filter(legal_name="Alice Doe"),
        lambda rows: rows.filter(legal_name__icontains="Doe"),
        lambda rows: rows.exclude(preferred_name=""),
        lambda rows: rows.filter(date_of_birth__year=1991),
        lambda rows: rows.filter(user__patient__legal_name="Alice Doe"),
        lambda rows: rows.order_by("legal_name"),
        lambda rows: rows.order_by("-date_of_birth"),
        lambda rows: [rows.update(preferred_name=F("legal_name"))],
    ],
)
def test_nothing_is_looked_up_or_ordered_by_ciphertext(alice, query):
    with pytest.raises(FieldError, match="is encrypted"):
        list(query(Patient.objects.all()))


@pytest.mark.parametrize(
    "write",
    [
        lambda row: Patient.objects.update(legal_name="Mallory"),
        lambda row: Patient.objects.update(legal_name=""),
        lambda row: Patient.objects.bulk_update([row], ["legal_name"]),
        lambda row: row.save_base(raw=True),
    ],
)
def test_what_would_go_around_the_seal_is_refused(alice, write):
    before = raw(alice)

    with (
        pytest.raises(TypeError, match="is encrypted: set it on its row and save"),
        transaction.atomic(),
    ):
        write(alice)

    assert raw(alice) == before


def test_rows_that_are_made_in_bulk_are_sealed(alice, practice):
    ada, joe = (
        Patient(user=user, practice=practice, legal_name=name, date_of_birth=date(1990, 1, 1))
        for name, user in [("Ada", make_patient(practice, "A B").user), ("Joe", alice.user)]
    )
    Patient.objects.all().delete()

    Patient.objects.bulk_create([ada, joe])

    assert {p.legal_name for p in Patient.objects.all()} == {"Ada", "Joe"}
    assert b"Ada" not in raw(ada)


def test_values_hand_out_no_words(alice):
    value = Patient.objects.values_list("legal_name", flat=True).get()

    assert repr(value) == "<sealed>"
    with pytest.raises(TypeError, match="read the model"):
        str(value)


def test_a_row_is_not_copied_sealed(alice, practice):
    copy = Patient.objects.get()
    copy.pk, copy.ref = None, uuid.uuid4()

    with pytest.raises(TypeError, match="copy its words"):
        copy.save()


def test_a_row_that_travels_leaves_its_words_behind(alice):
    kept = Patient.objects.get()
    assert kept.legal_name == "Alice Doe"

    travelled = pickle.dumps(kept)

    assert b"Alice" not in travelled
    assert pickle.loads(travelled).legal_name == "Alice Doe"  # noqa: S301 -- our own bytes


def test_more_than_the_field_holds_is_refused(practice):
    with pytest.raises(ValueError, match="holds 120 characters, not 121"):
        make_patient(practice, "x" * 121)


def test_without_the_right_key_store_a_page_fails_loudly(alice, settings, tmp_path):
    settings.KEYS_DIR = tmp_path

    with pytest.raises(keystore.NoKey):
        assert Patient.objects.get().legal_name


def test_a_key_is_made_with_the_patient_and_not_later(alice, settings, tmp_path):
    settings.KEYS_DIR = tmp_path

    with pytest.raises(keystore.NoKey):
        alice.save()


def test_an_erased_patient_reads_as_erased_and_cannot_be_written(alice):
    keystore.erase(alice.ref)

    kept = Patient.objects.get()
    assert (kept.name, kept.date_of_birth) == ("Erased", None)
    kept.save()
    kept.legal_name = "Alice again"
    with pytest.raises(keystore.Erased):
        kept.save()


@isolate_apps("core")
def test_django_refuses_a_field_without_a_row_id_or_an_owner():
    class Diary(models.Model):
        words = EncryptedText(owner=SELF)

        class Meta:
            app_label = "core"

    class Letter(models.Model):
        ref = models.UUIDField(unique=True, default=uuid.uuid4)
        words = EncryptedText(owner="writer.patient")

        class Meta:
            app_label = "core"

    assert [error.id for error in Diary.check()] == ["core.E001", "core.E002"]
    assert [error.id for error in Letter.check()] == ["core.E002"]
