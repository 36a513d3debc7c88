"""What people write on one line, such as a name: kept without what cannot be seen."""

import unicodedata
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.seen import is_unseen

JOINERS = "\u200c\u200d"  # Persian and Indic names are written with them
# Embeddings, overrides and isolates (UAX 9): with them a line reads otherwise than it is.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def tidy(text: str) -> str:
    """Return the text with single spaces; blank if there is nothing to see in it."""
    seen = "".join(_tidied(character) for character in text)
    return " ".join(seen.split()) if seen.strip(JOINERS + " ") else ""


def _tidied(character: str) -> str:
    if character.isspace() or character == "\0":
        return " "
    return "" if is_unseen(character) and character not in JOINERS else character


def is_same(one: str, other: str) -> bool:
    """Whether two names differ in nothing but case, spaces and the signs between letters."""
    return _letters(one) == _letters(other)


def _letters(name: str) -> str:
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(c for c in plain if unicodedata.category(c)[0] not in "ZPC")


def identity(legal_name: str, born_on: date | str) -> str:
    """What tells a person from all others but a rare one: her name, as letters, and birthday."""
    letters = _letters(legal_name)
    return f"{letters} {born_on}" if letters else ""


class LineField(forms.CharField):
    """One line of text; what cannot be seen counts as not written, and what turns the direction
    of the letters is refused."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and TURNING & set(value):
            raise ValidationError(
                _(
                    "There is a hidden character in this that turns the direction of the text."
                    " Type it again instead of pasting it."
                ),
                code="turned",
            )
        return super().to_python(tidy(value) if isinstance(value, str) else value)
