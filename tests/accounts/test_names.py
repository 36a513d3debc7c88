import pytest
from django.core.exceptions import ValidationError

from accounts.names import LineField, tidy


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Alice Doe", "Alice Doe"),
        ("  Alice\r\nDoe\t", "Alice Doe"),
        ("Alice\u00a0\u2003Doe", "Alice Doe"),
        ("Ali\u200bce \u202eDoe\ufeff", "Alice Doe"),
        ("Al\0ice", "Al ice"),
        ("\u06cc\u200c\u0631", "\u06cc\u200c\u0631"),
        ("\u200b\u200b", ""),
        ("\u200d \u200c", ""),
    ],
)
def test_what_cannot_be_seen_is_not_kept(written, kept):
    assert tidy(written) == kept


@pytest.mark.parametrize("written", ["\u200b", "\r\n", "\u2060\ufeff"])
def test_a_line_with_nothing_to_see_is_not_filled_in(written):
    with pytest.raises(ValidationError):
        LineField().clean(written)
