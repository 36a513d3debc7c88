"""What a FHIR R4 resource says besides the fields of its row: status, codes, who, about whom.

Each function makes one resource of one row of a patient. `shapes` says where its fields then go.
"""

from typing import Any

from accounts import trail_fhir
from accounts.models import Patient, Practice, Provider, User
from care.models import Encounter
from care.purposes import SCOPES, Label, Provision, Purpose
from core.models import AuditEvent
from telehealth.record.places import Json, id_of, reference, type_of, written

HL7 = "http://terminology.hl7.org/CodeSystem/"
ACT_CODE = f"{HL7}v3-ActCode"
PART_2 = {"system": ACT_CODE, "code": "42CFRPart2"}
FILE_STATUSES = {  # FHIR CompositionStatus
    "quarantined": "preliminary",
    "clean": "final",
    "refused": "entered-in-error",
}
ACT_REASONS: dict[str, str] = {
    Purpose.TREATMENT: "TREAT",
    Purpose.PAYMENT: "HPAYMT",
    Purpose.OPERATIONS: "HOPERAT",
}


def begun(row: Any, **elements: Any) -> Json:
    return {"resourceType": type_of(row), "id": id_of(row), **elements}


def ref(row: Any) -> Json:
    return {"reference": reference(row)}


def basic(row: Any, patient: Patient) -> Json:
    """What FHIR has no resource for, under the name we have for it."""
    name = row._meta.model_name  # noqa: SLF001 -- Django documents _meta
    return begun(row, code={"text": name})


def about_her(row: Patient, patient: Patient) -> Json:
    """The first contact is for an emergency, the second is the guardian of a child."""
    contacts = [{"relationship": [{}], "telecom": [{"system": "phone"}]}]
    if row.guardian_name:
        contacts.append({"relationship": [{}]})
    return begun(
        row,
        identifier=[{"system": "urn:telehealth:patient"}],
        name=[{"use": "official"}, {"use": "usual"}]
        if row.preferred_name
        else [{"use": "official"}],
        telecom=[{"system": "phone"}],
        contact=contacts,
        managingOrganization=ref(row.practice),
    )


def person(row: User, patient: Patient) -> Json:
    """The account: of the patient, or of the guardian of a child."""
    return begun(row, telecom=[{"system": "email"}], link=[{"target": ref(patient)}])


def care_team(row: Any, patient: Patient) -> Json:
    provider = getattr(row.person, "provider", None)
    member = ref(provider) if provider else {"display": f"user {row.person_id}"}
    return begun(row, participant=[{"member": member}])


def appointment(row: Any, patient: Patient) -> Json:
    return begun(row, participant=[{"status": "accepted"}, {"status": "accepted"}])


def consent(row: Any, patient: Patient) -> Json:
    is_permit = row.provision == Provision.PERMIT
    scope = SCOPES.get(row.kind)
    codes = [
        {"system": f"{HL7}v3-ActReason", "code": ACT_REASONS[purpose]}
        if purpose in ACT_REASONS
        else {"system": "urn:telehealth:purpose", "code": str(purpose)}
        for purpose in sorted(scope.purposes if scope else [])
    ]
    data = [{"system": "urn:telehealth:data", "code": str(scope.data)}] if scope else []
    provision = {"period": {"start": written(row.signed_at)}}
    found = {"purpose": codes, "securityLabel": data} if scope else {}
    return begun(
        row,
        status="active" if is_permit else "inactive",
        scope={"coding": [{"system": f"{HL7}consentscope", "code": "patient-privacy"}]},
        policyRule={"text": f"{row.kind} {row.version}"},
        performer=[{"display": ""}] if not is_permit else [],
        provision=provision | found,
    )


def encounter(row: Any, patient: Patient) -> Json:
    visit = row.appointment
    labels = [{"system": "urn:telehealth:label"}, PART_2] if row.label else []
    return begun(
        row,
        **({"meta": {"security": labels}} if labels else {}),
        status="finished",
        **{"class": {"system": ACT_CODE, "code": "VR", "display": "virtual"}},
        subject=ref(patient),
        appointment=[ref(visit)],
        participant=[{"individual": ref(visit.provider)}],
    )


def note(row: Any, patient: Patient) -> Json:
    return document(row, patient, row.encounter, "Progress note")


def addendum(row: Any, patient: Patient) -> Json:
    made = document(row, patient, row.note.encounter, "Addendum")
    return made | {"relatesTo": [{"code": "appends", "target": ref(row.note)}]}


def document(row: Any, patient: Patient, of_encounter: Encounter, words: str) -> Json:
    meta = {"meta": {"security": [PART_2]}} if of_encounter.label in Label.values else {}
    return begun(
        row,
        **meta,
        status="current",
        docStatus="final",
        type={"text": words},
        subject=ref(patient),
        content=[{"attachment": {"contentType": "text/plain; charset=utf-8"}}],
        context={"encounter": [ref(of_encounter)]},
    )


def communication(row: Any, patient: Patient) -> Json:
    talk = row.thread
    is_hers = talk.is_patient(row.author)
    ends = (ref(patient), ref(talk.provider))
    sender, recipient = ends if is_hers else ends[::-1]
    return begun(
        row,
        status="completed",
        subject=ref(patient),
        sender=sender,
        recipient=[recipient],
    )


def attachment(row: Any, patient: Patient) -> Json:
    """A file with a message. What was passed on lies beside the bundle, and is named here."""
    beside = {"url": f"attachments/{row.name}"} if row.status == row.Status.CLEAN else {}
    return begun(
        row,
        status="current",
        docStatus=FILE_STATUSES[row.status],
        subject=ref(patient),
        content=[{"attachment": beside}],
        context={"related": [ref(row.message)]},
    )


def coverage(row: Any, patient: Patient) -> Json:
    return begun(row, status="active", payor=[{"display": row.get_program_display()}])


def charge_item(row: Any, patient: Patient) -> Json:
    coding = {"coding": [{"system": "http://www.ama-assn.org/go/cpt"}]} if row.cpt else {}
    return begun(
        row,
        status="billable",
        code={**coding, "text": "fee" if row.proposal_id else "visit"},
        subject=ref(patient),
        occurrenceDateTime=written(row.appointment.starts_at),
        quantity={"unit": "min"},
    )


def payment_notice(row: Any, patient: Patient) -> Json:
    return begun(
        row,
        status="active",
        request=ref(row.charge),
        payment={"display": f"payment {row.pk}"},
        recipient=ref(patient.practice),
    )


def audit_event(row: AuditEvent, patient: Patient) -> Json:
    """As the officer's own copies have it, with the link of the chain as proof."""
    return trail_fhir.resource(
        row, refs={patient.pk: reference(patient)}, practice=patient.practice
    )


def practitioner(row: Provider) -> Json:
    return begun(
        row,
        identifier=[{"system": "http://hl7.org/fhir/sid/us-npi", "value": row.npi}],
        name=[{"text": row.title}],
    )


def organization(row: Practice) -> Json:
    return begun(row, name=row.name, telecom=[{"system": "phone", "value": row.phone}])
