"""Which rows a copy holds, and which field of each stands where in which FHIR R4 resource.

A field that is PHI and has neither a place here nor a reason to be left out turns
`tests/security/test_row_47_export_complete.py` red.
"""

from django.db.models import Q, QuerySet

from accounts.care_team import CareRelationship
from accounts.models import ContactRules, Coverage, EmergencyAccess, Patient, User
from appointments.models import (
    Appointment,
    AppointmentMove,
    AppointmentResponse,
    AppointmentSeries,
    Attendance,
    WaitlistEntry,
    WaitlistOffer,
)
from billing.models import CardOnFile, Charge, Entry, FeeDecision, FeeProposal, Line, Payment
from care.models import (
    Addendum,
    AmendmentRequest,
    AmendmentStep,
    Consent,
    Disclosure,
    Encounter,
    ProgressNote,
)
from core.models import AuditEvent
from messaging.models import Attachment, Message, Thread
from sessions.models import CheckIn, JoinLink, Seat, VideoSession
from telehealth.record import resources
from telehealth.record.places import base64, dollars
from telehealth.record.shape import Shape, of, own, seen, within

# What no copy holds, and why.
LEFT_OUT: dict[str, str] = {
    "care.PsychotherapyNote": "psychotherapy notes, kept apart by law: 45 CFR 164.524(a)(1)(i)",
    "accounts.LegalHold": "compiled for a legal proceeding: 45 CFR 164.524(a)(1)(ii)",
    "accounts.Erasure": "an erased record has nothing left to copy",
    "accounts.Invitation": "to work here: of colleagues, and no part of anybody's record",
    "core.AuditHead": "the last link of a chain, which the copied events hold themselves",
}


def entries(patient: Patient) -> "QuerySet[Entry]":
    return Entry.objects.filter(lines__patient=patient).distinct().order_by("pk")


def decisions(patient: Patient) -> "QuerySet[FeeDecision]":
    visits = Appointment.objects.visible_to(patient.user)
    return FeeDecision.objects.filter(proposal__appointment__in=visits).order_by("pk")


def payments(patient: Patient) -> "QuerySet[Payment]":
    charges = Charge.objects.of_patient(patient.user)
    return Payment.objects.filter(charge__in=charges).order_by("pk")


def events(patient: Patient) -> "QuerySet[AuditEvent]":
    about = Q(patient_id=patient.pk) | Q(on_behalf_of_id=patient.pk)
    return AuditEvent.objects.filter(about).order_by("pk")


AT_STRIPE = "the practice's key to Stripe, which says nothing of the patient"

SHAPES: list[Shape] = [
    Shape(
        Patient,
        lambda patient: Patient.objects.filter(pk=patient.pk),
        {
            "ref": "identifier.0.value",
            "legal_name": "name.0.text",
            "preferred_name": "name.1.text",
            "date_of_birth": "birthDate",
            "phone": "telecom.0.value",
            "state": "address.0.state",
            "zone": "+zone",
            "emergency_name": "contact.0.name.text",
            "emergency_relation": "contact.0.relationship.0.text",
            "emergency_phone": "contact.0.telecom.0.value",
            "guardian_name": "contact.1.name.text",
            "guardian_relation": "contact.1.relationship.0.text",
        },
        make=resources.about_her,
        left_out={
            "phone_index": "made from the phone, to find her by it",
            "identity_index": "made from name and date of birth, to find her in an emergency",
        },
    ),
    Shape(
        User,
        lambda patient: User.objects.filter(pk=patient.user_id),
        {"email": "telecom.0.value"},
        make=resources.person,
        is_hers_alone=True,
    ),
    Shape(
        ContactRules,
        of(ContactRules, "patient"),
        own("by_mail", "by_text", "may_leave_message", "safe_from_minute", "safe_to_minute"),
        is_hers_alone=True,
    ),
    Shape(
        Coverage,
        of(Coverage, "patient"),
        {
            "patient": "beneficiary.reference",
            "program": "type.text",
            "starts_on": "period.start",
            "ends_on": "period.end",
        },
        make=resources.coverage,
        related=("patient",),
    ),
    Shape(
        CareRelationship,
        of(CareRelationship, "patient"),
        {
            "patient": "subject.reference",
            "role": "participant.0.role.0.text",
            "starts_at": "period.start",
            "ends_at": "period.end",
            "reason": "reasonCode.0.text",
            "end_reason": "+end_reason",
        },
        make=resources.care_team,
        related=("patient", "person__provider"),
    ),
    Shape(
        Appointment,
        seen(Appointment),
        {
            "patient": "participant.0.actor.reference",
            "provider": "participant.1.actor.reference",
            "status": "status",
            "starts_at": "start",
            "ends_at": "end",
            "booked_at": "created",
            **own("wall_date", "wall_time", "patient_state"),
            **own("arrived_at", "begun_at", "cancelled_at", "cancellation_reason", "noshow_at"),
        },
        make=resources.appointment,
        related=("patient", "provider"),
    ),
    Shape(
        AppointmentResponse,
        within(AppointmentResponse, Appointment, "appointment"),
        own("kind", "responded_at", "settled_at"),
    ),
    Shape(
        AppointmentMove,
        within(AppointmentMove, Appointment, "appointment"),
        own("from_starts_at", "to_starts_at", "moved_at"),
    ),
    Shape(
        WaitlistEntry,
        of(WaitlistEntry, "patient"),
        own(*WaitlistEntry.Privacy.phi),
        related=("patient", "appointment"),
    ),
    Shape(
        WaitlistOffer,
        within(WaitlistOffer, WaitlistEntry, "entry"),
        own(*WaitlistOffer.Privacy.phi),
    ),
    Shape(
        AppointmentSeries,
        of(AppointmentSeries, "patient"),
        own("patient", "every_weeks", "starts_on", "wall_time", "count", "created_at"),
        related=("patient",),
    ),
    Shape(
        Attendance,
        within(Attendance, Appointment, "appointment"),
        own("appointment", *Attendance.Privacy.phi),
        related=("appointment",),
    ),
    Shape(
        VideoSession,
        seen(VideoSession),
        own(
            "appointment",
            "status",
            "waiting_at",
            "admitted_at",
            "live_at",
            "parted_at",
            "apart_seconds",
            "ended_at",
        ),
        related=("appointment",),
    ),
    Shape(
        Seat,
        within(Seat, VideoSession, "session"),
        own("session", "role", "left_at", "has_sent_video"),
        related=("session",),
    ),
    Shape(
        CheckIn,
        within(CheckIn, VideoSession, "session"),
        own(
            "session",
            "state",
            "address",
            "is_at_home",
            "callback_phone",
            "is_private",
            "checked_in_at",
        ),
        related=("session",),
    ),
    Shape(
        JoinLink,
        within(JoinLink, Appointment, "appointment"),
        own("sent_at", "used_at", "revoked_at"),
        is_hers_alone=True,
    ),
    Shape(
        Consent,
        of(Consent, "patient"),
        {
            "patient": "patient.reference",
            "kind": "category.0.text",
            "provision": "provision.type",
            "signed_name": "performer.0.display",
            "signed_at": "dateTime",
            "ends_at": "provision.period.end",
            **own("number", "version", "sha256"),
        },
        make=resources.consent,
        related=("patient",),
    ),
    Shape(
        Encounter,
        seen(Encounter),
        {"label": "meta.security.0.code", **own("opened_at")},
        make=resources.encounter,
        label="label",
        related=("appointment__provider",),
    ),
    Shape(
        ProgressNote,
        seen(ProgressNote, "of_patient"),
        {
            "author": "author.0.reference",
            "body": "content.0.attachment.data",
            "signed_at": "date",
            **own("saved_at", "sha256"),
        },
        make=resources.note,
        write={"body": base64},
        label="encounter__label",
        related=("author", "encounter"),
    ),
    Shape(
        Addendum,
        of(Addendum, "note__encounter__appointment__patient"),
        {"body": "content.0.attachment.data", "written_at": "date"},
        make=resources.addendum,
        write={"body": base64},
        label="note__encounter__label",
        related=("note__encounter", "author__provider"),
    ),
    Shape(
        AmendmentRequest,
        lambda patient: AmendmentRequest.objects.of_patient(patient.user).with_steps(),
        {"patient": "subject.reference", **own("note", "change", "reason", "asked_at")},
        label="note__encounter__label",
    ),
    Shape(
        AmendmentStep,
        of(AmendmentStep, "request__patient"),
        own("request", "kind", "words", "at"),
        label="request__note__encounter__label",
        related=("request",),
    ),
    Shape(
        Thread,
        seen(Thread),
        {"patient": "subject.reference", **own("provider", "opened_at")},
        related=("patient", "provider"),
    ),
    Shape(
        Message,
        lambda patient: Message.objects.visible_to(patient.user).with_attachments().order_by("pk"),
        {
            "body": "payload.0.contentString",
            "sent_at": "sent",
            "read_at": "received",
            **own("thread", "number"),
        },
        make=resources.communication,
        related=("thread__patient", "thread__provider", "author__provider"),
    ),
    Shape(
        Attachment,
        seen(Attachment),
        {
            "title": "content.0.attachment.title",
            "content_type": "content.0.attachment.contentType",
            "size": "content.0.attachment.size",
            "checked_at": "date",
            **own("sha256"),
        },
        make=resources.attachment,
        related=("message",),
    ),
    Shape(
        Charge,
        seen(Charge, "of_patient"),
        {
            "appointment": "supportingInformation.0.reference",
            "cpt": "code.coding.0.code",
            "minutes": "quantity.value",
            "amount_cents": "priceOverride",
            **own("modifier", "place_of_service"),
        },
        make=resources.charge_item,
        write={"amount_cents": dollars},
        related=("appointment", "proposal"),
    ),
    Shape(
        FeeProposal,
        within(FeeProposal, Appointment, "appointment"),
        own("appointment", "reason", "amount_cents", "proposed_at"),
        related=("appointment",),
    ),
    Shape(
        FeeDecision,
        decisions,
        own("kind", "amount_cents", "reason", "decided_at"),
    ),
    Shape(
        Payment,
        payments,
        {
            "amount_cents": "amount",
            "status": "paymentStatus.text",
            "started_at": "created",
            **own("settled_at", "decline_code"),
        },
        make=resources.payment_notice,
        write={"amount_cents": dollars},
        related=("charge",),
    ),
    Shape(
        CardOnFile,
        of(CardOnFile, "patient"),
        {"patient": "subject.reference", **own("brand", "last4", "expires_on", "saved_at")},
        left_out={"customer_ref": AT_STRIPE, "payment_method_ref": AT_STRIPE},
        is_hers_alone=True,
        related=("patient",),
    ),
    Shape(Entry, entries, own("kind", "posted_at"), is_hers_alone=True),
    Shape(
        Line,
        of(Line, "patient"),
        {"patient": "subject.reference", **own("entry", "account", "amount_cents")},
        is_hers_alone=True,
        related=("patient", "entry"),
    ),
    Shape(
        Disclosure,
        seen(Disclosure, "of_patient"),
        {"patient": "subject.reference", **own("disclosed_at", "recipient", "what", "purpose")},
        is_hers_alone=True,
        related=("patient",),
    ),
    Shape(
        EmergencyAccess,
        of(EmergencyAccess, "patient"),
        {
            "patient": "subject.reference",
            **own("reason", "starts_at", "ends_at", "ended_at", "outcome"),
        },
        left_out={
            "circumstances": "may name who gave information in confidence: 45 CFR 164.524(a)(2)(v)",
            "remark": "written for the privacy officer, of the staff and not of the patient",
        },
        is_hers_alone=True,
        related=("patient",),
    ),
    Shape(
        AuditEvent,
        events,
        {
            "patient_id": "entity.0.what.reference",
            "on_behalf_of_id": "agent.1.who.reference",
            "chain": "entity.1.detail.0.valueString",
        },
        make=resources.audit_event,
        is_written_whole=True,
        is_hers_alone=True,
    ),
]
