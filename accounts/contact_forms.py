"""By which channels, and when, a patient may be reached."""

from datetime import time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import ContactRules
from accounts.models.contact import MINUTES_A_DAY
from core import text_messages
from core.form_words import Worded

MAIL, TEXT = "mail", "text"


def clock() -> forms.TimeInput:
    return forms.TimeInput({"type": "time"}, format="%H:%M")


class ContactForm(Worded, forms.Form):
    """Cleans; `accounts.contact.save_rules` keeps what it has cleaned."""

    channels = forms.MultipleChoiceField(
        label=_("How may we tell you that there is news?"),
        help_text=_("About visits, messages and payments. With neither, we send nothing of these."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    safe_from = forms.TimeField(label=_("Safe from"), widget=clock(), required=False)
    safe_to = forms.TimeField(
        label=_("Safe until"),
        help_text=_(
            "A time earlier than the first one is on the next day: 10 PM to 6 AM is the night."
        ),
        widget=clock(),
        required=False,
    )
    may_leave_message = forms.BooleanField(
        label=_("You may leave a message when I do not answer the phone"), required=False
    )

    def __init__(self, data: Any = None, *, rules: ContactRules) -> None:
        super().__init__(data, initial=said(rules))
        ways = [(MAIL, _("By email"))]
        if text_messages.is_on():
            ways.append((TEXT, _("By text message to your phone")))
        self.fields["channels"].choices = ways  # type: ignore[attr-defined]  # of MultipleChoiceField

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        start, end = data.pop("safe_from", None), data.pop("safe_to", None)
        if self.errors:
            return data
        if (start is None) != (end is None):
            missing = "safe_from" if start is None else "safe_to"
            self.add_error(missing, _("Give both times, or neither."))
        elif start and end and minute_of(start) == end_minute_of(end):
            self.add_error("safe_to", _("Choose another time than the first."))
        channels = data.pop("channels", [])
        data |= {"by_mail": MAIL in channels, "by_text": TEXT in channels}
        is_given = start is not None and end is not None
        data["safe_hours"] = (minute_of(start), end_minute_of(end)) if is_given else None
        return data


def said(rules: ContactRules) -> dict[str, Any]:
    chosen = [name for name, on in ((MAIL, rules.by_mail), (TEXT, rules.by_text)) if on]
    start, end = rules.safe_hours or (None, None)
    return {
        "channels": chosen,
        "safe_from": None if start is None else at(start),
        "safe_to": None if end is None else at(end),
        "may_leave_message": rules.may_leave_message,
    }


def at(minute: int) -> time:
    return time(*divmod(minute % MINUTES_A_DAY, 60))


def minute_of(at: time) -> int:
    return at.hour * 60 + at.minute


def end_minute_of(at: time) -> int:
    """Midnight, as an end, is the end of the day."""
    return minute_of(at) or MINUTES_A_DAY
