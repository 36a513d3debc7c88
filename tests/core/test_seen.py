import pytest
from django.core.exceptions import ValidationError

from core.seen import TextField, is_blank

UNSEEN = [
    "",
    " \r\n\t",
    "\u200b",
    "\u2060\ufeff \n",
    "\u202e",
    "\u200d\u200c",
    "\x07",
    *"\u3164\u115f\u1160\uffa0\u2800\u034f\ufe0f",
]
SEEN = [
    "a",
    "\u200b.",
    "\u06cc\u200c\u0631",
    "\U0001f469\u200d\U0001f680",
    "one\n\ttwo",
    "\u2764\ufe0f",
    "\u1112\u1160",
]


@pytest.mark.parametrize("text", UNSEEN, ids=ascii)
def test_what_nobody_can_see_is_blank(text):
    assert is_blank(text)


@pytest.mark.parametrize("text", SEEN, ids=ascii)
def test_a_text_with_something_to_see_is_not_and_is_kept_as_it_is(text):
    assert not is_blank(text)
    assert TextField().clean(text) == text


@pytest.mark.parametrize("text", UNSEEN, ids=ascii)
def test_a_text_that_nobody_can_see_is_not_filled_in(text):
    assert TextField(required=False).clean(text) == ""
    with pytest.raises(ValidationError) as refusal:
        TextField().clean(text)
    assert refusal.value.code == "required"
