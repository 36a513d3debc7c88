"""What people write, and how far they have read."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.form_words import Worded
from core.seen import TextField
from messaging.models import LONGEST


class Words(TextField):
    """Text whose line ends count as one character each, as they do in the browser's own count."""

    def to_python(self, value: str | None) -> str:
        return str(super().to_python((value or "").replace("\r\n", "\n")))

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """No maxlength: with it a browser cuts a pasted text short and does not say so."""
        attrs = dict(super().widget_attrs(widget))
        attrs.pop("maxlength", None)
        return attrs


class MessageForm(Worded, forms.Form):
    message_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    body = Words(
        label=_("Your message"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={
            "required": _("Write something first."),
            "max_length": _(
                "This is %(show_value)d characters long, and %(limit_value)d is the most that fits."
                " Shorten it, or send it in two parts."
            ),
        },
    )

    def again(self) -> "MessageForm":
        """Return the same words in a form of their own, to be sent as a new message."""
        return MessageForm({"message_id": uuid.uuid4(), "body": self["body"].value()})


class EarlierForm(Worded, forms.Form):
    """From where on a page shows what is older."""

    before = forms.IntegerField(min_value=1, required=False)

    def number(self) -> int | None:
        """Return the number of the message, None for the newest page."""
        return self.cleaned_data["before"] if self.is_valid() else None


class ReadingForm(Worded, forms.Form):
    number = forms.IntegerField(min_value=1)
