"""Stripe's test cards: what each does when it is saved, and when it is charged.

The numbers and the `pm_card_…` names are Stripe's own, from its testing guide.
"""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.gateways.simulator.memory import Body, Refused, create, find, save


@dataclass(frozen=True)
class TestCard:
    number: str
    name: str  # Stripe's name of a ready payment method with this card
    words: str | Promise
    brand: str = "visa"
    declines_saving: str = ""  # a decline code
    declines_charge: str = ""

    __test__ = False  # pytest would take the class for a test

    @property
    def spaced(self) -> str:
        """The number as it is printed on a card: in groups of four."""
        return " ".join(self.number[start : start + 4] for start in range(0, 16, 4))


CARDS = [
    TestCard("4242424242424242", "pm_card_visa", _("Works")),
    TestCard("5555555555554444", "pm_card_mastercard", _("Works (Mastercard)"), brand="mastercard"),
    TestCard(
        "4000000000000341",
        "pm_card_chargeCustomerFail",
        _("Can be saved, is declined when charged"),
        declines_charge="generic_decline",
    ),
    TestCard(
        "4000002760003184",
        "pm_card_authenticationRequired",
        _("Can be saved, asks for approval when charged"),
        declines_charge="authentication_required",
    ),
    TestCard(
        "4000000000000002",
        "pm_card_visa_chargeDeclined",
        _("Is declined"),
        declines_saving="generic_decline",
    ),
    TestCard(
        "4000000000009995",
        "pm_card_visa_chargeDeclinedInsufficientFunds",
        _("Has not enough money on it"),
        declines_saving="insufficient_funds",
    ),
    TestCard(
        "4000000000000069",
        "pm_card_chargeDeclinedExpiredCard",
        _("Has expired"),
        declines_saving="expired_card",
    ),
]
BY_NUMBER = {card.number: card for card in CARDS}
BY_NAME = {card.name: card for card in CARDS}


class CardRefused(Exception):
    """The card cannot be saved. `code` is Stripe's decline code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def save_card(
    card: TestCard, *, customer: str, expires: tuple[int, int] | None, now: datetime
) -> Body:
    """
    Keep a payment method. Of the number only the last four digits are kept.

    :param expires: year and month; None for Stripe's ready payment methods
    :raises CardRefused: if this card declines being saved
    """
    year, month = expires or (now.year + 1, now.month)
    if card.declines_saving:
        raise CardRefused(card.declines_saving)
    if date(year, month, calendar.monthrange(year, month)[1]) < now.astimezone(UTC).date():
        raise CardRefused("expired_card")
    details = {
        "brand": card.brand,
        "last4": card.number[-4:],
        "exp_year": year,
        "exp_month": month,
        "country": "US",
        "funding": "credit",
    }
    return create(
        "payment_method",
        "pm",
        now=now,
        type="card",
        customer=customer or None,
        card=details,
        billing_details={"address": None, "email": None, "name": None, "phone": None},
        metadata={},
        simulator_card=card.name,
    )


def payment_method(ref: str, *, customer: str, now: datetime) -> Body:
    """Return a saved payment method, or make one of Stripe's ready ones for the customer."""
    if ref in BY_NAME:
        return save_card(BY_NAME[ref], customer=customer, expires=None, now=now)
    return find("payment_method", ref)


def attach(ref: str, *, customer: str, now: datetime) -> Body:
    """
    Give a payment method to a customer.

    :raises CardRefused:
    :raises Refused: if it belongs to somebody else
    """
    find("customer", customer)
    method = payment_method(ref, customer=customer, now=now)
    if method["customer"] not in (None, customer):
        message = "The payment method you provided has already been attached to a customer."
        raise Refused(400, "invalid_request_error", message)
    return save(method | {"customer": customer})


def decline(code: str) -> Body:
    """Word a decline as Stripe does: a `code` of the API and, for banks' reasons, the detail."""
    own_codes = {"expired_card", "authentication_required"}
    messages = {
        "expired_card": "Your card has expired.",
        "insufficient_funds": "Your card has insufficient funds.",
        "authentication_required": "This transaction requires authentication.",
    }
    return {
        "type": "card_error",
        "code": code if code in own_codes else "card_declined",
        "decline_code": code,
        "message": messages.get(code, "Your card was declined."),
    }
