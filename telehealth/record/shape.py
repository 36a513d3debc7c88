"""How the rows of one model become resources of a copy, and the ways from a patient to her rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, QuerySet

from accounts.models import Patient
from telehealth.record import resources
from telehealth.record.places import TYPES, Json

Rows = Callable[[Patient], "QuerySet[Any]"]


@dataclass(frozen=True)
class Shape:
    """How the rows of one model become resources."""

    model: type[Model]
    rows: Rows
    places: Mapping[str, str]
    make: Callable[[Any, Patient], Json] = (
        resources.basic
    )  # what the resource says besides the fields
    write: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    related: tuple[str, ...] = ()  # what is read with the rows, so as not to be asked for by each
    label: str = ""  # the way to the label of the encounter, where a row belongs to one
    is_written_whole: bool = False  # `make` has put the fields where `places` says
    is_hers_alone: bool = False  # not for the copy that goes to somebody else

    @property
    def resource(self) -> str:
        return TYPES.get(self.model, "Basic")

    @property
    def name(self) -> str:
        return self.model._meta.label  # noqa: SLF001 -- Django documents _meta


def own(*names: str) -> dict[str, str]:
    """Fields for which FHIR has no element: extensions of ours under their own names."""
    return {name: f"+{name}" for name in names}


def of(model: Any, way: str) -> Rows:
    """The rows that lead to the patient by `way`."""
    return lambda patient: model.objects.filter(**{way: patient}).order_by("pk")


def seen(model: Any, accessor: str = "visible_to") -> Rows:
    """The rows that the patient's own account reaches: the policy decides, not the copy."""
    return lambda patient: getattr(model.objects, accessor)(patient.user).order_by("pk")


def within(model: Any, outer: Any, way: str) -> Rows:
    """The rows that belong to rows the patient's account reaches."""
    return lambda patient: model.objects.filter(
        **{f"{way}__in": outer.objects.visible_to(patient.user)}
    ).order_by("pk")
