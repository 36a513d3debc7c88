"""The register: each model says of each of its fields whether it is PHI (`phi`) or not (`plain`)."""

import pytest
from django.db import models
from django.db.models import CharField
from django.test.utils import isolate_apps

from tests.house.repository import models as all_models

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


def test_there_are_models_to_look_at():
    assert {"accounts.Patient", "messaging.Message"} <= {model._meta.label for model in MODELS}
