import pytest
from django.core.exceptions import ValidationError

from accounts.names import LineField, is_same, tidy


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


@pytest.mark.parametrize("sign", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_what_turns_the_direction_of_a_line_is_refused_in_words(sign):
    with pytest.raises(ValidationError, match="a hidden character in this that turns"):
        LineField().clean(f"Alice Doe{sign}")


def test_a_name_from_right_to_left_needs_no_such_sign():
    assert (
        LineField().clean("\u05d3\u05e0\u05d4 \u05db\u05d4\u05df")
        == "\u05d3\u05e0\u05d4 \u05db\u05d4\u05df"
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Alice Doe", "  alice   DOE", True),
        ("Mary-Jane O\u2019Neil", "mary jane o'neil", True),
        ("Zo\u00eb Stra\u00dfe", "zoe\u0308 STRASSE", True),
        ("Alice Doe", "Alice Roe", False),
        ("Alice Doe", "Alice", False),
        ("\u0930\u093e\u092e", "\u0930\u092e", False),
    ],
)
def test_names_are_the_same_whatever_their_case_and_spaces(one, other, same):
    assert is_same(one, other) == same
