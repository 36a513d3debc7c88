"""Which rows of the world each person reaches, by each of the querysets that say whose rows are
whose. Written by hand, like `expected`; who is not named reaches nothing."""

from typing import Any

from accounts.care_team import CareRelationship
from accounts.models import EmergencyAccess, Invitation, Membership, Patient
from appointments import undelivered
from appointments.models import (
    Appointment,
    AppointmentResponse,
    ExternalCalendar,
    WaitlistEntry,
    WaitlistOffer,
)
from appointments.waiting import providers_for
from billing.models import Charge, FeeProposal
from care.models import (
    AmendmentRequest,
    Disclosure,
    Encounter,
    ProgressNote,
    PsychotherapyNote,
    SupervisionAgreement,
)
from messaging.models import Attachment, Message, Thread
from sessions.models import VideoSession
from tests.security.expected import (
    IN_EMERGENCY,
    OF_ADMINS,
    OF_ANSWERERS,
    OF_AUTHORS,
    OF_BILLING,
    OF_CHANGING,
    OF_DESK,
    OF_OFFICERS,
    OF_OFFICES,
    OF_PATIENTS,
    OF_PROVIDERS,
    OF_TAKERS,
    OF_THE_TWO,
    OF_THEIR_OWN,
)
from tests.security.world import EVERYBODY

SUPERVISORS = {"supervisor": "own", "supervisor elsewhere": "other practice"}
PEERS = {"peer": "own", "peer elsewhere": "other practice"}
ADMINS = {"admin": "own, other, child, ended, unassigned", "admin elsewhere": "other practice"}
PARTIES = {
    "supervisor": "own, ended",
    "own provider": "own",
    "ended provider": "ended",
    "other provider": "other",
    "admin": "other",
    "supervisor elsewhere": "other practice",
    "own provider elsewhere": "other practice",
}
CALENDAR = OF_THE_TWO | {"ended provider": "ended"}

# name: (what is asked, the column it is told by, the name of the id in the world, who: objects)
RIGHTS: dict[str, tuple[Any, str, str, dict[str, str]]] = {
    "Patient.visible_to": (
        Patient.objects.visible_to,
        "ref",
        "patient_ref",
        OF_PATIENTS | OF_PROVIDERS | PEERS,
    ),
    "Patient.kept_by": (Patient.objects.kept_by, "ref", "patient_ref", OF_OFFICES),
    "Patient.in_clinical_care_of": (
        Patient.objects.in_clinical_care_of,
        "ref",
        "patient_ref",
        OF_PROVIDERS,
    ),
    "Appointment.visible_to": (
        Appointment.objects.visible_to,
        "pk",
        "appointment_id",
        OF_THE_TWO,
    ),
    "Patient.at_desk_of": (Patient.objects.at_desk_of, "ref", "patient_ref", OF_DESK),
    "Appointment.at_desk_of": (
        Appointment.objects.at_desk_of,
        "pk",
        "appointment_id",
        OF_DESK,
    ),
    "Appointment.changed_by": (
        Appointment.objects.changed_by,
        "pk",
        "appointment_id",
        OF_CHANGING,
    ),
    "Appointment.in_calendar_of": (
        Appointment.objects.in_calendar_of,
        "pk",
        "appointment_id",
        CALENDAR,
    ),
    "Appointment.in_calendar_of, open": (
        lambda user: Appointment.objects.in_calendar_of(user).filter(is_open_to_me=True),
        "pk",
        "appointment_id",
        OF_THE_TWO,
    ),
    "Appointment.kept_by": (
        Appointment.objects.kept_by,
        "pk",
        "appointment_id",
        OF_PROVIDERS | OF_DESK,
    ),
    "AppointmentResponse.at_desk_of": (
        AppointmentResponse.objects.at_desk_of,
        "pk",
        "response_id",
        OF_DESK,
    ),
    "WaitlistEntry.visible_to": (
        WaitlistEntry.objects.visible_to,
        "ref",
        "entry_ref",
        OF_THE_TWO,
    ),
    "WaitlistEntry.kept_by": (
        WaitlistEntry.objects.kept_by,
        "ref",
        "entry_ref",
        OF_PROVIDERS | OF_DESK,
    ),
    "WaitlistEntry.changed_by": (WaitlistEntry.objects.changed_by, "ref", "entry_ref", OF_CHANGING),
    "WaitlistOffer.visible_to": (
        WaitlistOffer.objects.visible_to,
        "pk",
        "offer_id",
        OF_PATIENTS,
    ),
    "WaitlistOffer.at_desk_of": (WaitlistOffer.objects.at_desk_of, "pk", "offer_id", OF_DESK),
    "waiting.providers_for": (providers_for, "slug", "slug", OF_TAKERS),
    "ExternalCalendar.kept_by": (
        ExternalCalendar.objects.kept_by,
        "pk",
        "calendar_id",
        OF_THEIR_OWN,
    ),
    "undelivered.at_desk_of": (undelivered.at_desk_of, "pk", "duty_id", OF_DESK),
    "VideoSession.visible_to": (
        VideoSession.objects.visible_to,
        "pk",
        "session_id",
        OF_THE_TWO,
    ),
    "Encounter.visible_to": (
        Encounter.objects.visible_to,
        "appointment_id",
        "appointment_id",
        OF_THE_TWO,
    ),
    "ProgressNote.visible_to": (
        ProgressNote.objects.visible_to,
        "pk",
        "note_id",
        OF_PROVIDERS | SUPERVISORS,
    ),
    "ProgressNote.readable_by": (
        ProgressNote.objects.readable_by,
        "pk",
        "note_id",
        SUPERVISORS,
    ),
    "ProgressNote.of_patient": (
        ProgressNote.objects.of_patient,
        "pk",
        "note_id",
        OF_PATIENTS,
    ),
    "PsychotherapyNote.visible_to": (
        PsychotherapyNote.objects.visible_to,
        "pk",
        "psychotherapy_note_id",
        OF_AUTHORS,
    ),
    "AmendmentRequest.of_patient": (
        AmendmentRequest.objects.of_patient,
        "pk",
        "request_id",
        OF_PATIENTS,
    ),
    "AmendmentRequest.answered_by": (
        AmendmentRequest.objects.answered_by,
        "pk",
        "request_id",
        OF_ANSWERERS,
    ),
    "Disclosure.of_patient": (
        Disclosure.objects.of_patient,
        "patient__ref",
        "patient_ref",
        OF_PATIENTS,
    ),
    "Disclosure.kept_by": (
        Disclosure.objects.kept_by,
        "patient__ref",
        "patient_ref",
        OF_ADMINS | OF_OFFICERS,
    ),
    "SupervisionAgreement.visible_to": (
        SupervisionAgreement.objects.visible_to,
        "pk",
        "agreement_id",
        PARTIES,
    ),
    "SupervisionAgreement.reading": (
        SupervisionAgreement.objects.reading,
        "pk",
        "agreement_id",
        SUPERVISORS,
    ),
    "OfPractice.visible_to": (
        Membership.objects.visible_to,
        "pk",
        "member_id",
        {"admin": "own, other, child, ended", "admin elsewhere": "other practice"},
    ),
    "Invitation.visible_to": (Invitation.objects.visible_to, "pk", "invitation_id", ADMINS),
    "Thread.visible_to": (Thread.objects.visible_to, "pk", "thread_id", OF_THE_TWO),
    "Attachment.visible_to": (
        Attachment.objects.visible_to,
        "pk",
        "attachment_id",
        OF_THE_TWO,
    ),
    "Message.visible_to": (Message.objects.visible_to, "thread_id", "thread_id", OF_THE_TWO),
    "Charge.of_provider": (Charge.objects.of_provider, "pk", "charge_id", OF_PROVIDERS),
    "Charge.of_patient": (Charge.objects.of_patient, "pk", "charge_id", OF_PATIENTS),
    "FeeProposal.visible_to": (
        FeeProposal.objects.visible_to,
        "pk",
        "proposal_id",
        OF_PROVIDERS | OF_OFFICES,
    ),
    "FeeProposal.answered_by": (
        FeeProposal.objects.answered_by,
        "pk",
        "proposal_id",
        OF_PROVIDERS | OF_BILLING,
    ),
    "EmergencyAccess.open_to": (
        EmergencyAccess.objects.open_to,
        "pk",
        "access_id",
        IN_EMERGENCY,
    ),
    "EmergencyAccess.watched_by": (
        EmergencyAccess.objects.watched_by,
        "pk",
        "access_id",
        OF_OFFICERS,
    ),
    "CareRelationship.managed_by": (
        lambda user: CareRelationship.objects.managed_by(user).filter(role="treating"),
        "pk",
        "care_id",
        ADMINS,
    ),
}


def differences(world: Any, name: str) -> list[str]:
    """What somebody reaches and should not, or the other way round."""
    asked, column, key, objects = RIGHTS[name]
    wrong = []
    for who in EVERYBODY[1:]:  # a visitor is nobody whom rows could be visible to
        user = getattr(world.people[who], "user", world.people[who])
        things = [thing for thing in objects.get(who, "").split(", ") if thing]
        wanted = {world.ids[thing][key] for thing in things}
        found = set(asked(user).values_list(column, flat=True)) & known(world, key)
        if found != wanted:
            wrong.append(f"{name}: {who} reaches {len(found)} rows, not {len(wanted)}")
    return wrong


def known(world: Any, key: str) -> set[Any]:
    return {ids[key] for ids in world.ids.values() if key in ids}
