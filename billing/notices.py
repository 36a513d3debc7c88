"""Mail about money. It says that there is something to see, never what the visit was."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from appointments import delivery
from appointments.channels import MAIL
from billing.models import Charge, FeeDecision, FeeProposal, Payment
from core import duties, outbox
from core.policy import RECIPIENT, serves

OPEN, WAIVED = "open", FeeDecision.Kind.WAIVED.value
FEE_WORDS = {
    OPEN: (
        _lazy("About your appointment"),
        _lazy(
            "A fee is proposed for an appointment that was missed. Nothing has been charged. If"
            " something came between, tell us. Sign in to see it:"
        ),
    ),
    WAIVED: (
        _lazy("No fee for your appointment"),
        _lazy("There is no fee, and there is nothing to do. Sign in if you want to look at it:"),
    ),
}


class Overtaken(duties.Moot):
    """The fee was charged or waived before the letter had left."""


def tell_settled(*, payment: Payment, now: datetime) -> None:
    """Tell the patient how an attempt ended."""
    _tell(charge=payment.charge, key=f"{payment.pk}:{payment.status}", now=now)


def tell_unpaid(*, charge: Charge, now: datetime) -> None:
    """Tell the patient that there is no card to charge."""
    _tell(charge=charge, key=f"{charge.pk}:unpaid", now=now)


def _tell(*, charge: Charge, key: str, now: datetime) -> None:
    outbox.enqueue("notice.payment", key=key, payload={"charge": str(charge.pk)}, due_at=now)


def tell_fee(*, proposal: FeeProposal, now: datetime) -> None:
    """Tell the patient that there is a fee to look at, before anything is charged."""
    _tell_of_fee(proposal, OPEN, now=now)


def tell_waived(*, proposal: FeeProposal, now: datetime) -> None:
    _tell_of_fee(proposal, WAIVED, now=now)


def _tell_of_fee(proposal: FeeProposal, stage: str, *, now: datetime) -> None:
    payload = {"proposal": str(proposal.pk), "stage": stage}
    outbox.enqueue("notice.fee", key=f"{proposal.pk}:{stage}", payload=payload, due_at=now)


@duties.handler("notice.fee")
@serves(RECIPIENT)
def send_fee(payload: dict[str, Any], now: datetime) -> None:
    """
    :raises Overtaken: if it stands otherwise by now: that has a letter of its own
    :raises Moot: as `delivery` says; so is NotYet
    """
    related = ("appointment__patient__user", "decision")
    proposal = FeeProposal.objects.select_related(*related).get(pk=payload["proposal"])
    stage = proposal.decision.kind if hasattr(proposal, "decision") else OPEN
    if stage != payload["stage"]:
        raise Overtaken
    patient = proposal.appointment.patient
    assert patient is not None  # of a hold there is no fee
    delivery.wait_for_her(patient, MAIL, until=None, now=now)
    address = settings.SITE_URL + reverse("appointments:detail", args=[proposal.appointment_id])
    subject, words = FEE_WORDS[stage]
    send_mail(
        subject=str(subject),
        message=f"{words}\n\n{address}\n",
        from_email=None,
        recipient_list=[patient.user.email],
    )


@duties.handler("notice.payment")
@serves(RECIPIENT)
def send(payload: dict[str, Any], now: datetime) -> None:
    """Mail what is true now: by the time a declined card's mail goes out she may have paid.

    :raises Moot: as `delivery` says; so is NotYet
    """
    charge = Charge.objects.select_related("appointment__patient__user").get(pk=payload["charge"])
    is_paid = charge.payments.filter(status=Payment.Status.SUCCEEDED).exists()
    delivery.wait_for_her(charge.owed_by(), MAIL, until=None, now=now)
    address = settings.SITE_URL + reverse("billing:receipt", args=[charge.pk])
    send_mail(
        subject=_("Your receipt is ready") if is_paid else _("A payment needs your attention"),
        message=paid_words(address) if is_paid else unpaid_words(address),
        from_email=None,
        recipient_list=[charge.owed_by().user.email],
    )


def paid_words(address: str) -> str:
    return _("Your receipt is ready. Sign in to see it:\n\n%(address)s\n") % {"address": address}


def unpaid_words(address: str) -> str:
    return _(
        "We could not take a payment. Nothing else has changed, and there is no hurry today."
        " Sign in to see what happened and to choose how to pay:\n\n%(address)s\n"
    ) % {"address": address}
