from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from billing import cards, gateways
from billing.models import CardOnFile, SimulatedObject
from core.models import AuditEvent
from tests.billing import steps
from tests.factories import NOW
from tests.threads import at_once

LATER = NOW + timedelta(days=30)


def begin(patient):
    return cards.begin_setup(patient=patient, return_url=steps.RETURN_URL, now=NOW)


def finish(patient, setup_ref, *, now=NOW):
    return cards.finish_setup(patient=patient, setup_ref=setup_ref, by=patient.user, now=now)


def test_without_a_card_none_is_in_use(alice):
    assert cards.in_use(alice) is None


def test_a_card_that_was_typed_is_on_file(alice):
    card = finish(alice, steps.type_card(begin(alice)))

    assert cards.in_use(alice) == card
    assert (card.brand, card.last4, card.expires_on) == ("visa", "4242", date(2030, 1, 31))
    assert (card.customer_ref[:4], card.payment_method_ref[:3]) == ("cus_", "pm_")


def test_the_number_is_kept_nowhere(alice):
    steps.save_card(alice)

    everything = str(list(SimulatedObject.objects.values_list("body", flat=True)))
    assert "4242424242424242" not in everything


def test_the_card_network_learns_nothing_about_the_person(alice):
    steps.save_card(alice)

    everything = str(list(SimulatedObject.objects.values_list("body", flat=True)))
    for secret in [alice.legal_name, alice.user.email, alice.phone]:
        assert secret not in everything


def test_finishing_twice_is_one_card(alice):
    setup_ref = steps.type_card(begin(alice))

    first = finish(alice, setup_ref)
    again = finish(alice, setup_ref)

    assert (again, CardOnFile.objects.count()) == (first, 1)
    assert AuditEvent.objects.filter(action="card.saved").count() == 1


def test_the_browser_and_the_webhook_at_once_make_one_card(transactional_db, alice):
    setup_ref = steps.type_card(begin(alice))

    saved = at_once(6, lambda _: finish(alice, setup_ref).pk)

    assert (len(set(saved)), CardOnFile.objects.count()) == (1, 1)


def test_another_card_replaces_the_former(alice):
    former = steps.save_card(alice)
    card = steps.save_card(alice, "5555555555554444", now=LATER)

    former.refresh_from_db()
    assert (cards.in_use(alice), former.replaced_at) == (card, LATER)


def test_a_patient_stays_one_customer(alice):
    former = steps.save_card(alice)
    card = steps.save_card(alice, now=LATER)

    assert card.customer_ref == former.customer_ref


def test_going_back_to_an_old_return_address_changes_nothing(alice):
    old = steps.type_card(begin(alice))
    finish(alice, old)
    card = steps.save_card(alice, now=LATER)

    finish(alice, old)

    assert cards.in_use(alice) == card


def test_a_page_left_without_a_card_saves_none(alice):
    setup_ref = begin(alice).rstrip("/").rpartition("/")[2]

    with pytest.raises(gateways.CardNotSaved):
        finish(alice, setup_ref)

    assert cards.in_use(alice) is None


def test_an_unknown_page_saves_none(alice):
    with pytest.raises(gateways.CardNotSaved):
        finish(alice, "cs_test_unknown")


def test_the_card_of_another_patient_is_refused(alice, mallory):
    setup_ref = steps.type_card(begin(alice))

    with pytest.raises(cards.SomebodyElses):
        finish(mallory, setup_ref)

    assert CardOnFile.objects.count() == 0


def make_card(patient, **fields):
    values = {
        "patient": patient,
        "customer_ref": "cus_a",
        "payment_method_ref": "pm_other",
        "brand": "visa",
        "last4": "4242",
        "expires_on": date(2030, 1, 31),
        "saved_at": NOW,
    }
    return CardOnFile.objects.create(**values | fields)


def test_the_database_refuses_two_cards_in_use(alice, card):
    with pytest.raises(IntegrityError, match="card_one_in_use"), transaction.atomic():
        make_card(alice)


def test_the_database_refuses_a_payment_method_on_file_twice(mallory, card):
    with pytest.raises(IntegrityError, match="card_once"), transaction.atomic():
        make_card(mallory, payment_method_ref=card.payment_method_ref)


def test_the_database_refuses_more_of_the_number_than_four_digits(alice):
    with pytest.raises(IntegrityError, match="card_last4_digits"), transaction.atomic():
        make_card(alice, last4="x242")
