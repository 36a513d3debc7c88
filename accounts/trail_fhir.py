"""Rows of the audit trail as FHIR R4 AuditEvent resources. Ids only, as in the rows."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from accounts.models import Practice
from core.models import AuditEvent

Json = dict[str, Any]

HL7 = "http://terminology.hl7.org/CodeSystem/"
DICOM = "http://dicom.nema.org/resources/ontology/DCM"
OURS = "urn:telehealth:"
PURPOSES = {
    "treatment": "TREAT",
    "payment": "HPAYMT",
    "operations": "HOPERAT",
    "patient-request": "PATRQT",
    "emergency": "BTG",  # "break the glass", of ETREAT
}
LINKS = ("chain", "number", "previous", "hash", "request_id", "reason")
# The last word of an action says what was done to the object; what is not here was carried out.
DEEDS = {
    "R": {"read", "searched", "exported"},
    "C": {"created", "opened", "sent", "booked"},
    "U": {"updated", "saved", "signed", "confirmed", "cancelled", "fulfilled", "ended"},
}


def bundle(
    events: Iterable[AuditEvent], *, refs: Mapping[int, str], practice: Practice, now: datetime
) -> Json:
    """
    :param refs: of the patients that occur, the references that name them
    """
    resources = [resource(event, refs=refs, practice=practice) for event in events]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": instant(now),
        "entry": [{"resource": one} for one in resources],
    }


def resource(event: AuditEvent, *, refs: Mapping[int, str], practice: Practice) -> Json:
    patient = patient_entity(event, refs) if event.patient_id else []
    return {
        "resourceType": "AuditEvent",
        "id": str(event.pk),
        "type": event_type(event),
        "subtype": [{"system": f"{OURS}action", "code": event.action}],
        "action": next((c for c, deeds in DEEDS.items() if last_word(event) in deeds), "E"),
        "recorded": instant(event.at),
        "outcome": "0",
        **purpose(event),
        "agent": agents(event, refs),
        "source": {"observer": identified("practice", practice.pk)},
        "entity": [*patient, object_entity(event)],
    }


def last_word(event: AuditEvent) -> str:
    return event.action.rpartition(".")[2]


def event_type(event: AuditEvent) -> Json:
    if event.patient_id:
        return coding(DICOM, "110110", "Patient Record")
    return coding(DICOM, "110100", "Application Activity")


def purpose(event: AuditEvent) -> Json:
    if not event.purpose:
        return {}
    if event.purpose in PURPOSES:
        code = {"system": f"{HL7}v3-ActReason", "code": PURPOSES[event.purpose]}
        return {"purposeOfEvent": [{"coding": [code]}]}
    return {"purposeOfEvent": [{"text": event.purpose}]}


def agents(event: AuditEvent, refs: Mapping[int, str]) -> list[Json]:
    """Who did it, and for whom if for somebody else."""
    role = {"role": [{"text": event.role}]} if event.role else {}
    who = identified("user", event.by_id) if event.by_id else {"display": "system"}
    found: list[Json] = [{**role, "who": who, "requestor": event.by_id is not None}]
    if event.on_behalf_of_id:
        child = reference(event.on_behalf_of_id, refs)
        found.append({"role": [{"text": "on behalf of"}], "who": child, "requestor": False})
    return found


def patient_entity(event: AuditEvent, refs: Mapping[int, str]) -> list[Json]:
    assert event.patient_id is not None  # asked by the caller
    return [
        {
            "what": reference(event.patient_id, refs),
            "type": coding(f"{HL7}audit-entity-type", "1", "Person"),
            "role": coding(f"{HL7}object-role", "1", "Patient"),
        }
    ]


def object_entity(event: AuditEvent) -> Json:
    """What was looked at or done, with the row's place in its chain as proof."""
    links = [(name, str(getattr(event, name))) for name in LINKS]
    return {
        "what": identified(event.subject_type or "nothing", event.subject_id or "none"),
        "type": coding(f"{HL7}audit-entity-type", "2", "System Object"),
        "detail": [{"type": name, "valueString": text} for name, text in links if text],
    }


def reference(patient_id: int, refs: Mapping[int, str]) -> Json:
    if patient_id in refs:
        return {"reference": refs[patient_id]}
    return identified("patient", patient_id)


def identified(kind: str, value: object) -> Json:
    return {"identifier": {"system": f"{OURS}{kind}", "value": str(value)}}


def coding(system: str, code: str, display: str) -> Json:
    return {"system": system, "code": code, "display": display}


def instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
