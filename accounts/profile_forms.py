"""What a therapist says of herself."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import profiles
from accounts.codes import AgeGroup, Concern, Gender, Identity, Language, Method
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
    age_groups = forms.MultipleChoiceField(
        label=_("Whom do you see?"),
        choices=AgeGroup.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )
    methods = forms.MultipleChoiceField(
        label=_("Which kinds of therapy have you trained in?"),
        choices=Method.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    gender = forms.ChoiceField(
        label=_("Your gender"),
        help_text=_("Some people ask for it. You may leave it out."),
        choices=[("", _("I leave it out")), *Gender.choices],
        required=False,
    )
    identities = forms.MultipleChoiceField(
        label=_("Is there something about you that may help people to choose you? (optional)"),
        help_text=_("Some people look for it. Say what you like to say, or nothing."),
        choices=Identity.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    class Meta:
        model = Provider
        fields = (
            "name", "credentials", "profession", "pronouns", "approach", "concerns", "languages",
            "age_groups", "methods", "gender", "identities",
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
