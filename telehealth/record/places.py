"""Where a field of a row stands in a FHIR resource, and how its value is written there.

A place is a path such as "name.0.text". "+label" is an extension of ours at the resource's root,
for what FHIR has no element for. Whoever reads the copy finds the value by the same path.
"""

from base64 import b64encode
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db.models import Model

from accounts.care_team import CareRelationship
from accounts.models import Coverage, Patient, Practice, Provider, User
from appointments.models import Appointment
from billing.models import Charge, Payment
from care.models import Addendum, Consent, Encounter, ProgressNote
from core.models import AuditEvent
from messaging.models import Attachment, Message

Json = dict[str, Any]

EXTENSION = "urn:telehealth:"
# What FHIR R4 has a resource for. All else is Basic, which is FHIR's own word for it.
TYPES: dict[type[Model], str] = {
    Addendum: "DocumentReference",
    Appointment: "Appointment",
    Attachment: "DocumentReference",
    AuditEvent: "AuditEvent",
    CareRelationship: "CareTeam",
    Coverage: "Coverage",
    Charge: "ChargeItem",
    Consent: "Consent",
    Encounter: "Encounter",
    Message: "Communication",
    Patient: "Patient",
    Payment: "PaymentNotice",
    Practice: "Organization",
    ProgressNote: "DocumentReference",
    Provider: "Practitioner",
    User: "Person",
}


def put(resource: Json, place: str, value: Any) -> None:
    """Write a value at its place. What is blank is left out, as FHIR wants it."""
    if value is None or value == "":
        return
    if place.startswith("+"):
        part = {"url": EXTENSION + place[1:], **extension_value(value)}
        resource.setdefault("extension", []).append(part)
        return
    *way, last = place.split(".")
    inside(resource, way, last)[last] = value


def inside(resource: Json, way: list[str], last: str) -> Any:
    """Go down the path to what holds its last word. What is not there yet is made: a list where
    a number follows."""
    found: Any = resource
    for word, following in zip(way, [*way, last][1:], strict=True):
        if word.isdecimal():
            found.extend({} for _ in range(len(found), int(word) + 1))
            found = found[int(word)]
        else:
            found = found.setdefault(word, [] if following.isdecimal() else {})
    return found


def extension_value(value: Any) -> Json:
    if isinstance(value, bool):
        return {"valueBoolean": value}
    if isinstance(value, int):
        return {"valueInteger": value}
    return {"valueString": value}


def written(value: Any) -> Any:
    """Return a value of a row as JSON has it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Model):
        return reference(value)
    return str(value) if isinstance(value, UUID) else value


def dollars(cents: int) -> Json:
    return {"value": cents / 100, "currency": "USD"}


def base64(words: str) -> str:
    return b64encode(words.encode()).decode()


def reference(row: Model) -> str:
    """Name a row the way the copy does: by the address of its entry in the bundle."""
    return address(type_of(row), id_of(row))


def address(kind: str, known_as: str) -> str:
    """Where a resource stands: nowhere but in copies, and under the same name in each."""
    return uuid5(NAMESPACE_URL, f"urn:telehealth:{kind}/{known_as}").urn


def type_of(row: Model) -> str:
    return TYPES.get(type(row), "Basic")


def id_of(row: Model) -> str:
    """A patient by the id that addresses know her by; all others by their own."""
    if isinstance(row, Patient):
        return str(row.ref)
    if isinstance(row.pk, UUID) or isinstance(row, AuditEvent):
        return str(row.pk)
    return f"{row._meta.model_name}-{row.pk}"  # noqa: SLF001 -- Django documents _meta
