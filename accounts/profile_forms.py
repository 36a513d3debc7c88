"""What a therapist says of herself."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import profiles
from accounts.codes import Concern, Language
from accounts.models import Provider
from accounts.names import LineField
from core.form_words import Worded
from core.seen import TextField


class ProfileForm(Worded, forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Cleans; `accounts.profiles.write` keeps what it has cleaned."""

    concerns = forms.MultipleChoiceField(
        label=_("What do you help with?"),
        choices=Concern.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )
    languages = forms.MultipleChoiceField(
        label=_("Which languages do you speak with patients?"),
        choices=Language.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )

    class Meta:
        model = Provider
        fields = (
            "name", "credentials", "profession", "pronouns", "approach", "concerns", "languages",
        )  # fmt: skip
        field_classes: ClassVar[dict[str, Any]] = {
            "approach": TextField,
            **dict.fromkeys(("name", "credentials", "profession", "pronouns"), LineField),
        }
        labels: ClassVar[dict[str, Any]] = {
            "name": _("Your name, as people should read it"),
            "credentials": _("Your credentials"),
            "profession": _("Your profession"),
            "pronouns": _("Your pronouns"),
            "approach": _("How you work, in your words"),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "credentials": _("The letters after your name, such as PsyD or LCSW."),
            "profession": _("In words, such as Psychologist."),
            "approach": _("To a person who is looking for help. A few sentences."),
        }
        widgets: ClassVar[dict[str, Any]] = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "approach": forms.Textarea(attrs={"rows": 6}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """A profile may begin empty; who writes it says all of it."""
        super().__init__(*args, **kwargs)
        for name in profiles.OWN:
            self.fields[name].required = True
