import pytest
from django import forms

from core.form_words import Worded


class Everything(Worded, forms.Form):
    name = forms.CharField(max_length=5)
    day = forms.DateField()
    count = forms.IntegerField(min_value=1, max_value=9)
    email = forms.EmailField()
    state = forms.ChoiceField(choices=[("IL", "Illinois")])
    own = forms.CharField(error_messages={"required": "Say it."})


GOOD = {"name": "Ann", "day": "2026-12-01", "count": "3", "email": "a@b.example", "state": "IL"}


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("name", "", "Fill this in to go on."),
        ("name", "Annabel", "This is too long. Keep it to 5 characters."),
        ("name", "A\0n", "We could not read this. Check it, and send it again."),
        ("day", "soon", "Write the date as month/day/year, such as 05/04/1991."),
        ("count", "0", "Write 1 or more."),
        ("count", "10", "Write 9 or less."),
        ("count", "many", "Write a whole number, such as 120."),
        ("email", "ann", "Write the whole address, such as name@example.com."),
        ("state", "x", "Choose one from the list."),
        ("own", "", "Say it."),
    ],
)
def test_what_is_wrong_is_said_in_our_words(field, typed, words):
    form = Everything(GOOD | {"own": "x", field: typed})

    assert dict(form.errors) == {field: [words]}
