"""Goal row 16: an erased patient stays erased, though yesterday's database is restored."""

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts import erasure, holds
from accounts.models import Erasure, LegalHold, Membership, Patient, User
from billing.models import CardOnFile
from care.models import Consent, ProgressNote, PsychotherapyNote
from core import keystore
from core.models import AuditEvent
from messaging.models import Attachment, Message
from sessions.models import CheckIn
from tests.billing import steps
from tests.factories import HOUR, NINE, NOW
from tests.security.canary import BORN, CANARY, PHONE, dump, restore


def erase(patient, by, reason="request"):
    return erasure.erase(patient=patient, reason=reason, by=by, now=NOW)


@pytest.fixture
def free(marked, dr_bob):
    """The marked patient, with no hold left."""
    holds.lift(patient=marked, by=dr_bob.user, now=NOW)
    return marked


def told(patient):
    """Every text that was told about the patient, as it reads now."""
    kept = Patient.objects.get(pk=patient.pk)
    note = ProgressNote.objects.get()
    return {
        *(kept.legal_name, kept.preferred_name, kept.phone),
        *(kept.guardian_name, kept.guardian_relation, kept.emergency_name),
        *(note.body, note.sha256, Message.objects.get().body, Consent.objects.get().signed_name),
        *(CheckIn.objects.get().address, LegalHold.objects.get().reason),
        PsychotherapyNote.objects.get().body,
        Attachment.objects.get().title,
    }  # fmt: skip


def addresses():
    """Those of patients, as they read now: what nobody can open is none."""
    patients = User.objects.filter(patient__isnull=False)
    kept = EmailAddress.objects.filter(user__in=patients)
    return {*(user.email for user in patients), *(address.email for address in kept)}


@pytest.mark.django_db(transaction=True)
def test_a_restored_backup_of_yesterday_cannot_be_read(free, dr_bob, biller):
    yesterday = dump("--clean", "--if-exists")
    erase(free, by=biller)

    restore(yesterday)

    assert Erasure.objects.count() == 0  # the database has forgotten that it forgot
    assert (told(free), addresses()) == ({"Erased"}, {""})
    assert Patient.objects.get(pk=free.pk).date_of_birth is None
    for word in (CANARY, PHONE, BORN.isoformat()):
        assert word not in dump("--data-only")


@pytest.mark.django_db(transaction=True)
def test_what_was_readable_is_emptied_again_after_a_restore(free, biller):
    email, yesterday = free.user.email, dump("--clean", "--if-exists")
    erase(free, by=biller)
    restore(yesterday)
    came_back = User.objects.filter(email=email).exists()

    call_command("erase_patient", "--restored", by=biller.email, reason="request", verbosity=0)

    assert (came_back, User.objects.filter(email=email).exists()) == (True, False)
    assert list(erasure.undone()) == []


def test_what_is_left_says_nothing_of_who_it_was(free, biller, alice):
    email = free.user.email

    erase(free, by=biller)

    user = User.objects.get(pk=free.user.pk)
    assert told(free) == {"Erased"}
    assert (user.email, user.is_active) == ("", False)
    assert not User.objects.filter(email=email).exists()
    assert not EmailAddress.objects.filter(email=email).exists()
    assert list(Patient.objects.with_phone(PHONE)) == []
    assert Patient.objects.get(pk=alice.pk).legal_name == "Alice Doe"


def test_the_key_is_gone_and_none_can_be_made(free, biller):
    erase(free, by=biller)

    for deed in (keystore.key_of, keystore.make):
        for ref in (free.ref, free.user.ref):
            with pytest.raises(keystore.Erased):
                deed(ref)


def test_an_erasure_is_in_the_trail_and_has_a_row_of_its_own(free, biller):
    row = erase(free, by=biller, reason="retention")

    event = AuditEvent.objects.get(action="patient.erased")
    assert (event.by_id, event.patient_id, event.subject_id) == (biller.pk, free.pk, str(row.pk))
    assert (row.reason, row.erased_at, row.by) == ("retention", NOW, biller)


def test_erased_twice_is_erased_once(free, biller, dr_bob):
    first = erase(free, by=biller)

    again = erase(free, by=dr_bob.user, reason="order")

    assert (again.pk, again.by) == (first.pk, biller)
    assert AuditEvent.objects.filter(action="patient.erased").count() == 1


def test_an_erasure_that_was_cut_short_is_finished(free, biller):
    """The key was destroyed, and then the machine stopped before the commit."""
    keystore.erase(free.ref)

    erase(free, by=biller)

    assert not User.objects.get(pk=free.user.pk).is_active


def test_under_a_hold_nothing_is_erased(marked, biller):
    with pytest.raises(erasure.OnHold):
        erase(marked, by=biller)

    assert Patient.objects.get(pk=marked.pk).legal_name == f"{CANARY} name"
    assert Erasure.objects.count() == 0


def test_a_hold_is_placed_once_and_lifted_once(alice, biller):
    hold = holds.place(patient=alice, reason="A suit", by=biller, now=NOW)
    with pytest.raises(holds.AlreadyHeld):
        holds.place(patient=alice, reason="Another", by=biller, now=NOW)
    holds.lift(patient=alice, by=biller, now=NOW)
    with pytest.raises(holds.NotHeld):
        holds.lift(patient=alice, by=biller, now=NOW)

    actions = AuditEvent.objects.filter(subject_id=str(hold.pk)).values_list("action", flat=True)
    assert sorted(actions) == ["hold.lifted", "hold.placed"]


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"reason": ""}, "legal_hold_has_reason"),
        ({"lifted_at": NOW}, "legal_hold_lifted_by_someone"),
        ({}, "legal_hold_one_open"),
    ],
)
def test_the_database_refuses_an_impossible_hold(marked, biller, fields, constraint):
    values = {"patient": marked, "reason": "Why", "placed_at": NOW, "placed_by": biller}

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        LegalHold.objects.create(**values | fields)


def test_the_database_refuses_an_erasure_for_no_known_reason(alice, biller):
    values = {"patient": alice, "reason": "whim", "erased_at": NOW, "by": biller}

    with pytest.raises(IntegrityError, match="erasure_reason_known"), transaction.atomic():
        Erasure.objects.create(**values)


@pytest.mark.parametrize("change", [{"reason": "order"}, {"erased_at": NINE}])
def test_the_database_keeps_an_erasure_as_it_was(free, biller, change):
    erase(free, by=biller)

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Erasure.objects.update(**change)


@pytest.mark.parametrize("name", ["home", "messaging:list", "messaging:thread", "care:note"])
def test_the_pages_of_her_provider_say_erased(free, biller, dr_bob, sign_in, time_machine, name):
    gaps = {"messaging:thread": [free.threads.get().pk], "care:note": [free.appointments.get().pk]}
    erase(free, by=biller)
    time_machine.move_to(NINE + 2 * HOUR, tick=False)

    response = sign_in(dr_bob.user).get(reverse(name, args=gaps.get(name)))

    assert (response.status_code, "Erased" in response.content.decode()) == (200, True)
    assert CANARY not in response.content.decode()


def test_the_ledger_says_erased(alice, biller, sign_in):
    steps.post_something(1, patient=alice)
    erase(alice, by=biller)

    page = sign_in(biller).get(reverse("billing:ledger"), {"day": "2026-12-03"})

    assert (page.status_code, "Erased" in page.content.decode()) == (200, True)


def test_writing_to_her_answers_that_she_is_gone(free, biller, dr_bob, sign_in):
    thread = free.threads.get()
    erase(free, by=biller)
    form = {"body": "Are you there?", "message_id": "00000000-0000-4000-8000-000000000009"}

    response = sign_in(dr_bob.user).post(reverse("messaging:thread", args=[thread.pk]), form)

    assert (response.status_code, Message.objects.count()) == (410, 1)
    assert "This record was erased" in response.content.decode()


def test_her_open_session_ends(alice, biller, sign_in):
    browser = sign_in(alice.user)
    before = browser.get(reverse("appointments:list")).status_code
    erase(alice, by=biller)

    assert (before, browser.get(reverse("appointments:list")).status_code) == (200, 302)


def test_her_card_is_not_charged_again(alice, biller):
    card = CardOnFile.objects.create(
        patient=alice, customer_ref="cus_1", payment_method_ref="pm_1", brand="visa",
        last4="4242", expires_on="2029-12-31", saved_at=NOW,
    )  # fmt: skip
    erase(alice, by=biller)

    card.refresh_from_db()
    assert (card.replaced_at, card.brand, card.last4) == (NOW, "erased", "0000")


def test_the_command_erases_and_says_so(alice, biller, capsys):
    call_command("erase_patient", str(alice.ref), reason="request", by=biller.email)

    assert capsys.readouterr().out == f"patient {alice.pk} is erased.\n"
    assert keystore.is_erased(alice.ref)


def test_whoever_has_several_roles_can_have_decided_it(alice, biller, practice):
    Membership.objects.create(user=biller, practice=practice, role=Membership.Role.ADMIN)

    call_command("erase_patient", str(alice.ref), reason="request", by=biller.email, verbosity=0)

    assert keystore.is_erased(alice.ref)


def test_the_command_refuses_under_a_hold_until_it_is_lifted(alice, biller):
    wanted = {"reason": "request", "by": biller.email, "verbosity": 0}
    call_command("legal_hold", str(alice.ref), reason="A suit", by=biller.email)
    with pytest.raises(CommandError, match="under a legal hold"):
        call_command("erase_patient", str(alice.ref), **wanted)
    call_command("legal_hold", str(alice.ref), "--lift", by=biller.email)

    call_command("erase_patient", str(alice.ref), **wanted)

    assert keystore.is_erased(alice.ref)


@pytest.mark.parametrize("email", ["nobody@example.com", "alice@example.com"])
def test_only_staff_can_have_decided_it(alice, biller, email):
    with pytest.raises(CommandError, match="Nobody on the staff"):
        call_command("erase_patient", str(alice.ref), reason="request", by=email)


def test_an_unknown_id_is_refused(biller):
    unknown = "00000000-0000-4000-8000-000000000000"

    with pytest.raises(CommandError, match="No patient has this id"):
        call_command("erase_patient", unknown, reason="request", by=biller.email)
