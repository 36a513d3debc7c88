import pytest
from django.utils import translation

from core.money import dollars


@pytest.mark.parametrize(
    ("cents", "words"),
    [
        (0, "$0.00"),
        (1, "$0.01"),
        (12050, "$120.50"),
        (-1420, "-$14.20"),
        (123456789, "$1,234,567.89"),
        (10**16 + 1, "$100,000,000,000,000.01"),  # no float on the way
    ],
)
def test_cents_are_worded_as_dollars(cents, words):
    assert dollars(cents) == words


def test_the_readers_language_words_them():
    with translation.override("es"):
        assert dollars(12050) == "120,50\u00a0US$"


def test_without_a_language_they_are_american():
    with translation.override(None):
        assert dollars(12050) == "$120.50"
