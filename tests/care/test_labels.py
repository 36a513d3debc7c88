"""What federal law protects more: the label of an encounter, and who may put it there."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse

from care import consents, labels, notes
from care.models import Encounter
from core.models import AuditEvent
from tests.factories import NINE, make_care, make_member

OVER = NINE + timedelta(minutes=55)
ADDRESS = "care:create_label"


@pytest.fixture(autouse=True)
def after_the_visit():
    with time_machine.travel(OVER, tick=False):
        yield


@pytest.fixture
def signed(note, dr_bob):
    return notes.sign(note=note, body="Drank less.", by=dr_bob.user, now=OVER)


def permit(patient, kind="substance-use"):
    document = consents.text_of(kind, on=OVER.date())
    return consents.sign(
        patient=patient, document=document, signed_name="Alice Doe", by=patient.user, now=OVER
    )


def test_the_author_labels_a_note_before_and_after_signing(note, dr_bob):
    labels.put(note=note, label="substance-use", by=dr_bob.user, now=OVER)
    notes.sign(note=note, body="Drank less.", by=dr_bob.user, now=OVER)
    labels.put(note=note, label="", by=dr_bob.user, now=OVER)

    found = AuditEvent.objects.filter(action__startswith="encounter").order_by("pk")
    assert [(event.action, event.reason) for event in found] == [
        ("encounter.labeled", "substance-use"),
        ("encounter.unlabeled", ""),
    ]
    assert Encounter.objects.get().label == ""


def test_the_same_label_again_changes_nothing(note, dr_bob):
    for _ in range(2):
        labels.put(note=note, label="substance-use", by=dr_bob.user, now=OVER)

    assert AuditEvent.objects.filter(action="encounter.labeled").count() == 1


def test_nobody_else_labels_it(note, carol):
    with pytest.raises(notes.NotTheProvider):
        labels.put(note=note, label="substance-use", by=carol.user, now=OVER)

    assert Encounter.objects.get().label == ""


def test_the_database_knows_the_labels(note):
    with pytest.raises(IntegrityError, match="encounter_label_known"), transaction.atomic():
        Encounter.objects.update(label="secret")


def test_the_page_labels_it_and_says_who_may_read(sign_in, alice, dr_bob, signed, visit):
    his = sign_in(dr_bob.user)
    page = reverse("care:note", args=[visit.pk])

    answer = his.post(reverse(ADDRESS, args=[visit.pk]), {"label": "substance-use"})
    alone = his.get(page).content.decode()
    permit(alice)

    shared = his.get(page).content.decode()
    assert answer.url == page
    assert "Nobody but you and the patient gets to see it." in alone
    assert "The patient permits sharing since" in shared


def test_a_label_that_does_not_exist_is_refused(sign_in, dr_bob, note, visit):
    answer = sign_in(dr_bob.user).post(reverse(ADDRESS, args=[visit.pk]), {"label": "secret"})

    assert (answer.status_code, Encounter.objects.get().label) == (422, "")


def test_who_stands_in_labels_nothing(sign_in, alice, carol, signed, visit):
    make_care(alice, carol, "covering")

    answer = sign_in(carol.user).post(reverse(ADDRESS, args=[visit.pk]), {"label": "substance-use"})

    assert (answer.status_code, Encounter.objects.get().label) == (404, "")


def test_a_visit_without_a_note_has_nothing_to_label(sign_in, dr_bob, held_visit):
    address = reverse(ADDRESS, args=[held_visit.pk])

    assert sign_in(dr_bob.user).post(address, {"label": "substance-use"}).status_code == 404


def test_the_copy_that_another_reads_carries_the_notice(sign_in, alice, practice, dr_bob, signed):
    sue = make_member(practice, "supervisor", "sue@example.com")
    make_care(alice, sue, "supervising")
    hers, page = sign_in(sue), reverse("care:signed_note", args=[signed.pk])
    plain = hers.get(page).content.decode()
    labels.put(note=signed, label="substance-use", by=dr_bob.user, now=OVER)
    permit(alice)

    labeled = hers.get(page).content.decode()

    assert [labels.NOTICE in text for text in (plain, labeled)] == [False, True]
    assert "consent “Sharing records of substance use treatment” of" in labeled
