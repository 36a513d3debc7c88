import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts.models import User


def refusals(password, email="new@example.com"):
    """The words of all that speaks against the password."""
    try:
        validate_password(password, user=User(email=email))
    except ValidationError as error:
        return error.messages
    return []


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaaaaaa",
        "passwordpassword",
        "qwertyuiopasdfgh",
        "123456789012345",
        "Summer2026Summer2026",
        "telehealthtelehealth",
        "mytherapyaccount",
        "telehealth password",
        "depression and anxiety",
        "a" * 200,
    ],
)
def test_what_is_guessed_soon_is_refused(password):
    [words] = refusals(password)

    assert words.startswith("This would be guessed soon.")


@pytest.mark.parametrize(
    "password",
    [
        "four calm words here",
        "blue house by the lake",
        "we moved in march",
        "kT9#vQ2m!xR7pLw",
        "Ελληνικά και λίγο τσάι",
        "blue house by the lake, " + "and on and on " * 20,
    ],
)
def test_a_few_words_or_what_nobody_could_remember_pass(password):
    assert refusals(password) == []


def test_parts_of_the_own_email_are_no_secret():
    assert refusals("mallory mulligan moe", email="mallory.mulligan@moe.example") != []
    assert refusals("mallory mulligan moe") == []


def test_the_email_itself_is_refused_in_our_words():
    words = refusals("alice.doe@example.com", email="alice.doe@example.com")

    assert words[0] == (
        "This is too much like your email. Choose words that have nothing to do with it."
    )


def test_the_form_says_so(db, client):
    form = {"email": "new@example.com", "password1": "passwordpassword"}

    response = client.post(reverse("account_signup"), form)

    assert (response.status_code, User.objects.count()) == (422, 0)
    assert "This would be guessed soon." in response.content.decode()
