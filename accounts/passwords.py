"""The rules for passwords, said kindly."""

import re
from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.password_validation import (
    CommonPasswordValidator,
    MinimumLengthValidator,
    UserAttributeSimilarityValidator,
)
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from zxcvbn import zxcvbn

from accounts.models import Practice, User

HELP = gettext_lazy("15 characters or more. A few words are best, with spaces if you like.")
HARD = 4  # zxcvbn's highest score: ten thousand million guesses and more
LOOKED_AT = 72  # characters; zxcvbn takes no more, and they are enough to tell
# What comes to mind first to somebody who signs up here, and so to somebody who guesses.
OUR_WORDS = [
    *("telehealth", "therapy", "therapist", "counseling", "counselor", "psychologist", "clinic"),
    *("practice", "patient", "visit", "session", "appointment", "doctor", "health", "mental"),
    *("anxiety", "depression", "trauma", "grief", "healing", "recovery"),
]


class LongEnough(MinimumLengthValidator):
    """NIST SP 800-63B-4: 15 characters or more where a password stands alone, and no other rule."""

    def get_error_message(self) -> str:
        return _(
            "This is too short to be safe. Make it %(length)d characters or more."
            " A few words are best."
        ) % {"length": self.min_length}


class NotTheEmail(UserAttributeSimilarityValidator):
    def __init__(self) -> None:
        super().__init__(user_attributes=("email",))

    def get_error_message(self) -> str:
        return _("This is too much like your email. Choose words that have nothing to do with it.")


class HardToGuess(CommonPasswordValidator):
    """Refuses what guessers try first, such as a word over and over, or a known password.

    The same document asks for such a list, and for none of the rules about signs and numbers.
    Django's list of common passwords holds some that zxcvbn takes for good ones.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        """
        :raises ValidationError:
        """
        known = [*OUR_WORDS, *words_of_this_site(), *words_in(user.email if user else "")]
        is_common = password.lower().strip() in self.passwords
        if is_common or zxcvbn(password[:LOOKED_AT], known)["score"] < HARD:
            raise ValidationError(
                _(
                    "This would be guessed soon. Put a few words together that do not belong"
                    " together, and no name or date of yours."
                ),
                code="password_easy",
            )

    def get_help_text(self) -> str:
        return str(HELP)


def words_of_this_site() -> Iterator[str]:
    """The names that stand on its pages: of the practices, and its own."""
    yield from words_in(settings.SITE_URL)
    for name in Practice.objects.values_list("name", flat=True):
        yield name
        yield from words_in(name)


def words_in(text: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", text) if word]


class NeverLeaked:
    """Refuses what leaked elsewhere, where the operator has the list (BREACHED_PASSWORDS)."""

    def validate(self, password: str, user: User | None = None) -> None:
        """
        :raises ValidationError:
        """
        if settings.BREACHED_PASSWORDS and password in settings.BREACHED_PASSWORDS:
            raise ValidationError(
                _(
                    "This password was stolen from another site once, so thieves try it. It says"
                    " nothing about your account here. Choose one that you use nowhere else."
                ),
                code="password_leaked",
            )

    def get_help_text(self) -> str:
        return str(HELP)
