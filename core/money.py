"""Money is integer cents. This module words it."""

from decimal import Decimal

from babel.numbers import format_currency
from django.utils.translation import get_language, to_locale

CURRENCY = "USD"


def dollars(cents: int) -> str:
    """Word an amount for a reader: 12050 -> "$120.50", -1420 -> "-$14.20"."""
    locale = to_locale(get_language() or "en-us")
    text: str = format_currency(Decimal(cents) / 100, CURRENCY, locale=locale)
    return text
