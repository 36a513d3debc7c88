"""The card on file: typed on the card network's own page, kept here by its name only."""

from datetime import datetime

from django.db import transaction

from accounts.models import Patient, User
from billing import gateways
from billing.models import CardOnFile
from core import audit


class SomebodyElses(Exception):
    """The page on which the card was typed was opened for another patient."""


def in_use(patient: Patient) -> CardOnFile | None:
    return CardOnFile.objects.filter(patient=patient, replaced_at=None).first()


def forget(*, patient: Patient, now: datetime) -> None:
    """The patient was erased: no card of hers is charged or named again."""
    cards = CardOnFile.objects.filter(patient=patient)
    cards.filter(replaced_at=None).update(replaced_at=now)
    cards.update(brand="erased", last4="0000")


def begin_setup(*, patient: Patient, return_url: str, now: datetime) -> str:
    """
    Open a page of the card network for a new card. Return its address.

    :param return_url: where the browser comes back to; with a card, `setup=…` is added to it
    :raises gateways.NoGateway:
    """
    gateway = gateways.connect(now=now)
    patient_ref = str(patient.ref)
    former = CardOnFile.objects.filter(patient=patient).order_by("-saved_at").first()
    setup = gateway.begin_card_setup(
        customer_ref=(
            former.customer_ref if former else gateway.create_customer(patient_ref=patient_ref)
        ),
        patient_ref=patient_ref,
        return_url=return_url,
    )
    return setup.url


@transaction.atomic
def finish_setup(*, patient: Patient, setup_ref: str, by: User | None, now: datetime) -> CardOnFile:
    """
    Put the card that was typed on file, in the place of the former one. Repeating it is harmless.

    :raises gateways.CardNotSaved: if the page was left without a card
    :raises SomebodyElses:
    """
    saved = gateways.connect(now=now).finish_card_setup(setup_ref=setup_ref)
    if saved.patient_ref != str(patient.ref):
        raise SomebodyElses
    # The browser's return and the webhook may come at once: one of them waits here.
    Patient.objects.select_for_update().get(pk=patient.pk)
    known = CardOnFile.objects.filter(payment_method_ref=saved.payment_method_ref).first()
    if known:
        return known
    CardOnFile.objects.filter(patient=patient, replaced_at=None).update(replaced_at=now)
    card = CardOnFile.objects.create(
        patient=patient,
        customer_ref=saved.customer_ref,
        payment_method_ref=saved.payment_method_ref,
        brand=saved.brand,
        last4=saved.last4,
        expires_on=saved.expires_on,
        saved_at=now,
    )
    audit.record("card.saved", subject=card, by=by, at=now, patient_id=patient.pk)
    return card
