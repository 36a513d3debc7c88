"""The rule for passwords, said kindly."""

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

HELP = gettext_lazy("15 characters or more. A few words are best, with spaces if you like.")


class LongEnough(MinimumLengthValidator):
    """NIST SP 800-63B-4: 15 characters or more where a password stands alone, and no other rule."""

    def get_error_message(self) -> str:
        return _(
            "This is too short to be safe. Make it %(length)d characters or more."
            " A few words are best."
        ) % {"length": self.min_length}
