from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from appointments import attendance
from appointments.models import Appointment
from appointments.signals import appointment_fulfilled
from billing import cards, charges
from billing.models import Charge, Entry, Line, Payment
from core.models import AuditEvent, Duty
from tests.billing import steps
from tests.factories import NINE
from tests.threads import at_once


def coded(charge):
    return (charge.cpt, charge.modifier, charge.place_of_service, charge.minutes)


def test_a_visit_of_50_minutes_by_video_at_home(visit):
    steps.attend(visit, minutes=50)

    charge = charges.draft(appointment=visit, now=NINE)

    assert coded(charge) == ("90834", "95", "10", 50)
    assert (charge.amount_cents, charge.status) == (15000, "draft")


def test_a_long_visit_by_sound_only_elsewhere(visit):
    steps.attend(visit, minutes=60, modality="audio", is_at_home=False)

    charge = charges.draft(appointment=visit, now=NINE)

    assert coded(charge) == ("90837", "93", "02", 60)


def test_a_visit_too_short_for_a_code_costs_nothing(visit):
    steps.attend(visit, minutes=15)

    charge = charges.draft(appointment=visit, now=NINE)

    assert (charge.cpt, charge.amount_cents) == ("", 0)


def test_the_fee_is_the_one_that_was_shown_at_the_booking(visit, dr_bob):
    dr_bob.fee_cents = 99900
    dr_bob.save()
    steps.attend(visit)

    assert charges.draft(appointment=visit, now=NINE).amount_cents == 15000


def test_drafting_twice_is_one_charge(visit):
    steps.attend(visit)

    first = charges.draft(appointment=visit, now=NINE)
    again = charges.draft(appointment=visit, now=NINE)

    assert (again, Charge.objects.count()) == (first, 1)


def test_a_visit_that_nothing_is_known_of_is_not_charged(visit):
    assert charges.draft(appointment=visit, now=NINE) is None


def test_a_fulfilled_visit_is_drafted(visit, dr_bob):
    steps.attend(visit)

    appointment_fulfilled.send(Appointment, appointment=visit, by=dr_bob.user, now=NINE)

    assert Charge.objects.get().appointment == visit


def test_completing_a_visit_drafts_its_charge(visit, dr_bob):
    attendance.record_arrival(appointment=visit, now=NINE)
    attendance.record_attendance(
        appointment=visit,
        started_at=NINE,
        ended_at=NINE + timedelta(minutes=40),
        modality="video",
        patient_state="IL",
        is_at_home=True,
    )

    attendance.complete(appointment=visit, by=dr_bob.user, now=NINE)

    assert coded(Charge.objects.get()) == ("90834", "95", "10", 40)


def test_confirming_enters_the_charge_in_the_books(charge, card, confirm, dr_bob):
    confirm()

    entry = Entry.objects.get()
    lines = sorted(entry.lines.values_list("account", "amount_cents"))
    assert lines == [("patient-receivable", 15000), ("revenue", -15000)]
    assert (entry.kind, entry.source_id, entry.by) == ("charge", str(charge.pk), dr_bob.user)


def test_confirming_begins_a_payment_with_the_card_in_use(charge, card, confirm):
    payment = confirm()

    assert (payment.card, payment.amount_cents, payment.status) == (card, 15000, "pending")
    assert Duty.objects.get(kind="payment.collect").payload == {"payment": str(payment.pk)}


def test_confirming_is_on_the_audit_trail(charge, card, confirm, dr_bob, alice):
    confirm()

    event = AuditEvent.objects.get(action="charge.confirmed")
    assert (event.by_id, event.patient_id, event.subject_id) == (
        dr_bob.user.pk,
        alice.pk,
        str(charge.pk),
    )


def test_confirming_twice_has_one_effect(card, confirm):
    first = confirm()
    again = confirm()

    assert again == first
    assert (Entry.objects.count(), Payment.objects.count()) == (1, 1)


def test_two_confirmations_at_once_have_one_effect(transactional_db, charge, card, dr_bob):
    by = User.objects.get(pk=dr_bob.user.pk)

    results = at_once(4, lambda _: charges.confirm(charge=charge, by=by, now=NINE).pk)

    assert len(set(results)) == 1
    assert (Entry.objects.count(), Line.objects.count(), Payment.objects.count()) == (1, 2, 1)


def test_without_a_card_the_charge_is_owed_and_the_patient_is_told(charge, confirm, mailoutbox):
    payment = confirm()
    steps.do("notice.payment")

    assert (payment, Entry.objects.count(), Payment.objects.count()) == (None, 1, 0)
    assert [mail.subject for mail in mailoutbox] == ["A payment needs your attention"]


def test_nothing_to_charge_posts_nothing_and_asks_for_nothing(visit, card, dr_bob):
    steps.attend(visit, minutes=10)
    charge = charges.draft(appointment=visit, now=NINE)

    assert charges.confirm(charge=charge, by=dr_bob.user, now=NINE) is None

    charge.refresh_from_db()
    assert charge.status == "confirmed"
    assert (Entry.objects.count(), Payment.objects.count()) == (0, 0)


def test_a_draft_is_not_the_patients_to_see(charge, alice):
    assert list(Charge.objects.of_patient(alice.user)) == []


def test_a_confirmed_charge_is_seen_by_its_patient_alone(charge, card, confirm, alice, mallory):
    confirm()

    assert list(Charge.objects.of_patient(alice.user)) == [charge]
    assert list(Charge.objects.of_patient(mallory.user)) == []


def test_a_charge_is_the_business_of_its_own_provider_alone(charge, dr_bob, carol):
    assert list(Charge.objects.of_provider(dr_bob.user)) == [charge]
    assert list(Charge.objects.of_provider(carol.user)) == []


def test_the_card_in_use_pays_and_not_a_former_one(charge, card, confirm, alice):
    steps.save_card(alice, "5555555555554444")

    assert confirm().card == cards.in_use(alice)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("charge_confirmed_by_someone", {"status": "confirmed"}),
        ("charge_confirmed_by_someone", {"confirmed_at": NINE}),
        ("charge_place_known", {"place_of_service": "11"}),
        ("charge_modifier_known", {"modifier": "GT"}),
        ("charge_amount_needs_code", {"cpt": "", "amount_cents": 1}),
    ],
)
def test_the_database_refuses_an_impossible_charge(charge, name, fields):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Charge.objects.update(**fields)
