"""How a charge stands, for the pages that show it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing import cards
from billing.models import CardOnFile, Charge, Payment


class State(StrEnum):
    DRAFT = "draft"
    FREE = "free"  # too short for a code
    PENDING = "pending"
    PAID = "paid"
    DECLINED = "declined"
    UNPAID = "unpaid"  # nothing has been tried: there was no card


STATE_WORDS: dict[State, Promise] = {
    State.DRAFT: _("To confirm"),
    State.FREE: _("Nothing to pay"),
    State.PENDING: _("In progress"),
    State.PAID: _("Paid"),
    State.DECLINED: _("Declined"),
    State.UNPAID: _("Not paid yet"),
}


@dataclass(frozen=True)
class Standing:
    state: State
    payment: Payment | None  # the latest
    card: CardOnFile | None  # in use

    @property
    def reason(self) -> str | Promise:
        """Why the card was declined, as a kind person would say it."""
        return decline_words(self.payment.decline_code if self.payment else "")

    @property
    def has_new_card(self) -> bool:
        """Whether there is a card that has not been declined for this charge."""
        return self.card is not None and (self.payment is None or self.payment.card != self.card)


def standing_of(charge: Charge) -> Standing:
    payment = charge.latest_payment()
    return Standing(state_of(charge, payment), payment, cards.in_use(charge.owed_by()))


def rows(charges: Iterable[Charge]) -> list[tuple[Charge, State, Promise]]:
    """How each stands, and that in words. They come with their payments, so nothing is asked."""
    states = [(charge, state_of(charge, _latest(charge))) for charge in charges]
    return [(charge, state, STATE_WORDS[state]) for charge, state in states]


def _latest(charge: Charge) -> Payment | None:
    return max(charge.payments.all(), key=attrgetter("started_at"), default=None)


def state_of(charge: Charge, payment: Payment | None) -> State:
    if charge.status == Charge.Status.DRAFT:
        return State.DRAFT
    if not charge.amount_cents:
        return State.FREE
    if payment is None:
        return State.UNPAID
    return {
        Payment.Status.PENDING.value: State.PENDING,
        Payment.Status.SUCCEEDED.value: State.PAID,
        Payment.Status.FAILED.value: State.DECLINED,
    }[payment.status]


def decline_words(code: str) -> str | Promise:
    words = {
        "insufficient_funds": _("The bank said that there was not enough money on the card."),
        "expired_card": _("The card has expired."),
        "authentication_required": _(
            "The bank wants you to approve each payment with this card yourself, and we cannot"
            " ask you for that yet."
        ),
        "invalid_request": _(
            "The card could not be used. The fault may be ours, and nothing was taken."
        ),
    }
    return words.get(code, _("The bank did not allow the payment. It did not tell us why."))
