"""Mail about money. It says that there is something to see, never what the visit was."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils.translation import gettext as _

from appointments import delivery
from appointments.channels import MAIL
from billing.models import Charge, Payment
from core import duties, outbox
from core.policy import RECIPIENT, serves


def tell_settled(*, payment: Payment, now: datetime) -> None:
    """Tell the patient how an attempt ended."""
    _tell(charge=payment.charge, key=f"{payment.pk}:{payment.status}", now=now)


def tell_unpaid(*, charge: Charge, now: datetime) -> None:
    """Tell the patient that there is no card to charge."""
    _tell(charge=charge, key=f"{charge.pk}:unpaid", now=now)


def _tell(*, charge: Charge, key: str, now: datetime) -> None:
    outbox.enqueue("notice.payment", key=key, payload={"charge": str(charge.pk)}, due_at=now)


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
