from hashlib import sha1

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts.models import User
from core import hash_list
from tests import factories

pytestmark = pytest.mark.django_db  # the names of the practices are no secret


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


def test_the_form_says_so(client):
    form = {"email": "new@example.com", "password1": "passwordpassword"}

    response = client.post(reverse("account_signup"), form)

    assert (response.status_code, User.objects.count()) == (422, 0)
    assert "This would be guessed soon." in response.content.decode()


@pytest.mark.parametrize("password", ["kartoffelpuffer", "somanypickles27", "SomanyPickles27 "])
def test_what_is_common_is_refused_though_it_looks_hard(password):
    [words] = refusals(password)

    assert words.startswith("This would be guessed soon.")


def test_the_names_of_practice_and_site_are_no_secret(settings):
    settings.SITE_URL = "https://quillwort.example"
    assert refusals("harborlight quillwort") == []

    factories.make_practice(name="Harborlight Practice")

    assert refusals("harborlight quillwort") != []


def test_what_leaked_elsewhere_is_refused_where_there_is_a_list(settings, tmp_path):
    path = tmp_path / "hashes.txt"
    path.write_text(
        sha1(b"blue house by the lake", usedforsecurity=False).hexdigest().upper() + ":3\r\n"
    )
    assert refusals("blue house by the lake") == []

    settings.BREACHED_PASSWORDS = hash_list.opened(path)

    [words] = refusals("blue house by the lake")
    assert words.startswith("This password was stolen from another site once")
    assert refusals("blue house by the sea") == []
