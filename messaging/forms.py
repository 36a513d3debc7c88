"""What people write, and how far they have read."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.form_words import Worded
from core.seen import TextField
from messaging.accepting import Upload, accept, seen
from messaging.kinds import ACCEPT, Reason, Refused
from messaging.limits import MOST_BYTES, MOST_FILES
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


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class Files(forms.Field):
    """Some files. Each that cannot be taken is named, with the reason: people send many at once."""

    widget = FilesInput(attrs={"accept": ACCEPT})

    def clean(self, value: Sequence[UploadedFile]) -> list[Upload]:
        if len(value) > MOST_FILES:
            words = _("These are %(count)d files, and %(most)d is the most for one message.")
            raise forms.ValidationError(words, params={"count": len(value), "most": MOST_FILES})
        taken, refused = [], []
        for file in value:
            try:
                taken.append(taken_in(file))
            except Refused as why:
                refused.append(f"“{seen(file.name or '')}”: {Reason(why.reason).label}")
        if refused:
            raise forms.ValidationError(" ".join(refused))
        return taken


def taken_in(file: UploadedFile) -> Upload:
    """
    :raises Refused:
    """
    file.seek(0)  # a form that is made again reads it again
    content = file.read(MOST_BYTES + 1)  # one more than fits is enough to know
    return accept(name=file.name or "", declared=file.content_type or "", content=content)


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

    uploads = Files(
        label=_("Photos or files"),
        required=False,
        help_text=_("Up to 5, each up to 10 MB: JPEG, PNG, WebP, PDF or plain text."),
    )

    def choose_again(self) -> None:
        """Say that a page which is loaded anew has lost the files that were chosen."""
        if self.files and "uploads" not in self.errors:
            words = gettext("Choose your files again; the page could not keep them.")
            self.add_error("uploads", words)

    def again(self) -> "MessageForm":
        """Return the same words in a form of their own, to be sent as a new message."""
        said = {"message_id": uuid.uuid4(), "body": self["body"].value()}
        return MessageForm(said, self.files)

    def with_known_id(self) -> "MessageForm":
        """Return the form, or one with a new id where the hidden one was broken on its way."""
        if "message_id" not in self.errors:
            return self
        form = self.again()
        form.add_error("body", gettext("This could not be taken as it came. Send it again."))
        return form


class EarlierForm(Worded, forms.Form):
    """From where on a page shows what is older."""

    before = forms.IntegerField(min_value=1, required=False)

    def number(self) -> int | None:
        """Return the number of the message, None for the newest page."""
        return self.cleaned_data["before"] if self.is_valid() else None


class ReadingForm(Worded, forms.Form):
    number = forms.IntegerField(min_value=1)
