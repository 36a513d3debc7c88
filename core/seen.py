"""What can be seen of a text. Unicode has many characters that cannot."""

import unicodedata
from typing import Any

from django import forms

UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}  # Unicode's categories of control, format, and no character
# Letters and marks that are drawn as nothing (Unicode, Default_Ignorable_Code_Point; and an empty
# pattern of Braille). In a text they join what can be seen, so they only count as unseen alone.
EMPTY = {
    *"\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u180b\u180c\u180d\u180f",
    *map(chr, range(0xFE00, 0xFE10)),
    *map(chr, range(0xE0100, 0xE01F0)),
}


def is_unseen(character: str) -> bool:
    return unicodedata.category(character) in UNSEEN


def is_blank(text: str) -> bool:
    """Whether nothing in the text can be seen: space and line ends, or not even those."""
    return all(
        character.isspace() or character in EMPTY or is_unseen(character) for character in text
    )


class TextField(forms.CharField):
    """Text of any number of lines, kept as it was written; with nothing to see it is not filled in.

    Unlike in a line, nothing is dropped: joiners and tags make emoji and some scripts.
    """

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return self.empty_value if is_blank(text or "") else text
