"""The register: a model says of each of its fields whether it is PHI (`phi`) or not (`plain`)."""

import pytest
from django.db import models
from django.db.models import CharField
from django.test.utils import isolate_apps

from core.fields import SealedField
from tests.house.repository import models as all_models

TEXTS = (models.CharField, models.TextField, models.JSONField)
# PHI in words that is readable in the database all the same, and why.
READABLE = {
    "accounts.Patient.zone": "asked for on each page, to show times; says less than the state",
    "billing.CardOnFile.customer_ref": "a token that means something at Stripe alone",
    "billing.CardOnFile.payment_method_ref": "as above, and unique",
    "billing.CardOnFile.brand": "says little of anybody; the duty that charges reads it",
    "billing.CardOnFile.last4": "a constraint keeps it to four digits",
    "billing.Charge.cpt": "a code, which a constraint and the claims ask for",
    "billing.Charge.modifier": "as above",
    "billing.Charge.place_of_service": "as above",
    "billing.Payment.decline_code": "one of Stripe's codes",
}
MODELS = all_models()


def faults(model):
    """What the model's register leaves out, says twice, or says of a field that it has not."""
    declared = getattr(model, "Privacy", None)
    if declared is None:
        return ["has no register"]
    said = [*declared.phi, *declared.plain]
    known = {f.name for f in model._meta.local_concrete_fields if not f.auto_created}
    return [
        *(f"{name} is not declared" for name in sorted(known - set(said))),
        *(f"{name} is declared twice" for name in sorted({n for n in said if said.count(n) > 1})),
        *(f"{name} is no field" for name in sorted(set(said) - known)),
    ]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_field_is_declared_phi_or_not(model):
    assert faults(model) == []


@isolate_apps("core")
def test_the_rule_finds_what_is_missing_doubled_or_made_up():
    class Diary(models.Model):
        words = CharField(max_length=9)
        mood = CharField(max_length=9)

        class Meta:
            app_label = "core"

        class Privacy:
            phi = ("words", "color")
            plain = ("words",)

    assert faults(Diary) == [
        "mood is not declared", "words is declared twice", "color is no field",
    ]  # fmt: skip


def readable(model):
    """The PHI of a model that is words, and not encrypted. A choice among codes is no words."""
    for field in model._meta.local_concrete_fields:
        is_words = isinstance(field, TEXTS) and not field.choices
        if field.name in model.Privacy.phi and is_words and not isinstance(field, SealedField):
            yield f"{model._meta.label}.{field.name}"


def test_phi_in_words_is_encrypted_or_has_a_reason_not_to_be():
    assert {name for model in MODELS for name in readable(model)} == set(READABLE)


def test_what_is_encrypted_is_phi():
    wrongly = [
        str(field)
        for model in MODELS
        for field in model._meta.local_concrete_fields
        if isinstance(field, SealedField) and field.name not in model.Privacy.phi
    ]

    assert wrongly == []


def test_there_are_models_to_look_at():
    assert {"accounts.Patient", "messaging.Message"} <= {model._meta.label for model in MODELS}
