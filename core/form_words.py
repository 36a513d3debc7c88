"""What forms say of a field that is not right, wherever a form has no words of its own for it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

WORDS: dict[str, Any] = {
    "required": _("Fill this in to go on."),
    "invalid": _("We could not read this. Check it, and send it again."),
    "invalid_choice": _("Choose one from the list."),
    "min_value": _("Write %(limit_value)s or more."),
    "max_value": _("Write %(limit_value)s or less."),
    "max_length": _("This is too long. Keep it to %(limit_value)d characters."),
    "null_characters_not_allowed": _("We could not read this. Check it, and send it again."),
}
INVALID: dict[type[forms.Field], Any] = {
    forms.DateField: _("Write the date as month/day/year, such as 05/04/1991."),
    forms.EmailField: _("Write the whole address, such as name@example.com."),
    forms.TimeField: _("Write the time as hours and minutes, such as 09:30."),
    forms.IntegerField: _("Write a whole number, such as 120."),
}


class Worded(forms.BaseForm):
    """A form that never speaks in Django's words: mixed in before `forms.Form`."""

    def full_clean(self) -> None:
        for field in self.fields.values():
            put_words(field)
        super().full_clean()


def put_words(field: forms.Field) -> None:
    """Put ours in the place of Django's; those that the form itself has given stay."""
    djangos = defaults(field)
    for code, words in WORDS.items():
        if field.error_messages.get(code) == djangos.get(code):
            field.error_messages[code] = invalid(field) if code == "invalid" else words


def invalid(field: forms.Field) -> Any:
    return next((INVALID[kind] for kind in INVALID if isinstance(field, kind)), WORDS["invalid"])


def defaults(field: forms.Field) -> dict[str, Any]:
    """Return what the field's classes say, the nearest first."""
    messages: dict[str, Any] = {}
    for kind in reversed(type(field).__mro__):
        messages |= getattr(kind, "default_error_messages", {})
    return messages
