"""Words as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import spelling

WORDS = st.text("abcdefghij", min_size=5, max_size=12)


def are_one(typed, word):
    """Whether somebody who types this is taken to mean that."""
    return bool(spelling.forms_of(typed) & spelling.forms_of(word))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Tomás IBARRA", {"tomas", "ibarra"}),
        ("Łukasz Sørensen", {"lukasz", "sorensen"}),
        ("Straße", {"strasse"}),
        ("Zoë O'Neill", {"zoe", "oneill"}),
        ("trauma-focused", {"trauma", "focused"}),
        ("\uff26ull", {"full"}),  # a letter of full width, as in Japanese text
        ("张伟", {"张伟"}),
        ("… ", set()),
    ],
)
def test_words_are_read_without_case_and_marks(text, words):
    assert spelling.words(text) == words


@given(WORDS, st.data())
def test_a_slip_of_one_letter_is_forgiven(word, data):
    place = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("klm"))

    left_out = word[:place] + word[place + 1 :]
    put_in = word[:place] + letter + word[place:]
    another = word[:place] + letter + word[place + 1 :]

    assert are_one(put_in, word)
    assert are_one(another, word)
    assert len(left_out) <= spelling.SHORT or are_one(left_out, word)


@given(WORDS, st.data())
def test_two_letters_that_changed_places_are_forgiven(word, data):
    place = data.draw(st.integers(0, len(word) - 2))
    typed = word[:place] + word[place + 1] + word[place] + word[place + 2 :]

    assert are_one(typed, word)


@pytest.mark.parametrize("pair", [("grief", "chief"), ("anxiety", "society"), ("trauma", "karma")])
def test_words_that_are_two_letters_apart_are_two(pair):
    assert not are_one(*pair)


@pytest.mark.parametrize("pair", [("act", "art"), ("cbt", "cpt"), ("kim", "kit")])
def test_short_words_are_taken_as_they_are(pair):
    assert not are_one(*pair)


def test_no_word_is_kept_longer_than_the_column():
    assert max(map(len, spelling.forms("x" * 500))) == spelling.LONGEST
