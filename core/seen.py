"""What can be seen of a text. Unicode has many characters that cannot."""

import unicodedata
from typing import Any

from django import forms

UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}  # Unicode's categories of control, format, and no character


def is_unseen(character: str) -> bool:
    return unicodedata.category(character) in UNSEEN


def is_blank(text: str) -> bool:
    """Whether nothing in the text can be seen: space and line ends, or not even those."""
    return all(character.isspace() or is_unseen(character) for character in text)


class TextField(forms.CharField):
    """Text of any number of lines, kept as it was written; with nothing to see it is not filled in.

    Unlike in a line, nothing is dropped: joiners and tags make emoji and some scripts.
    """

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return self.empty_value if is_blank(text or "") else text
