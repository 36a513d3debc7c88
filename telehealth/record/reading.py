"""The copy that a person reads: one page that needs nothing else, and prints well."""

from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils import timezone

from accounts import trail
from appointments.models import Appointment, Attendance
from billing.models import Charge, Payment
from care import consents
from care.labels import NOTICE
from care.models import Addendum, Encounter, ProgressNote
from sessions.models import CheckIn, VideoSession
from telehealth.record.contents import Contents

STYLE = Path(__file__).parent / "record.css"


@dataclass(frozen=True)
class Visit:
    """All that the copy holds of one visit."""

    appointment: Appointment
    attendance: Attendance | None
    room: VideoSession | None
    check_in: CheckIn | None
    encounter: Encounter | None
    note: ProgressNote | None
    addenda: list[Addendum]
    charge: Charge | None
    fees: list[Charge]  # for times that were kept in vain
    payments: list[Payment]


def page(contents: Contents) -> str:
    patient, rows = contents.patient, contents.rows
    with timezone.override(ZoneInfo(patient.zone)):
        return render_to_string(
            "record/record.html",
            {
                "patient": patient,
                "is_hers": contents.terms.is_hers,
                "made_at": contents.terms.at,
                "style": style(),
                "lost": contents.lost,
                "notice": NOTICE if contents.is_labeled else "",
                "visits": visits(contents),
                "consents": consents.with_texts(rows["care.Consent"]),
                "lines": trail.lines_for_patient(rows["core.AuditEvent"], patient),
                **{name: rows[label] for name, label in NAMES.items()},
            },
        )


NAMES = {
    "accounts": "accounts.User",
    "team": "accounts.CareRelationship",
    "requests": "care.AmendmentRequest",
    "disclosures": "care.Disclosure",
    "talk": "messaging.Message",
    "cards": "billing.CardOnFile",
    "book": "billing.Line",
}


def style() -> str:
    """The style sheet as an address: the page is one file, and has no style within its words."""
    return "data:text/css;base64," + b64encode(STYLE.read_bytes()).decode()


def visits(contents: Contents) -> list[Visit]:
    """By time, the latest first. From what the copy holds, and nothing that it leaves out."""
    rows = contents.rows
    attendances = by(rows["appointments.Attendance"], "appointment_id")
    rooms = by(rows["video.VideoSession"], "appointment_id")
    check_ins = by(rows["video.CheckIn"], "session_id")
    encounters = by(rows["care.Encounter"], "appointment_id")
    notes = by(rows["care.ProgressNote"], "encounter_id")
    charges = by([c for c in rows["billing.Charge"] if c.proposal_id is None], "appointment_id")
    fees = [charge for charge in rows["billing.Charge"] if charge.proposal_id]
    found = sorted(rows["appointments.Appointment"], key=lambda row: row.starts_at, reverse=True)
    return [
        Visit(
            appointment=appointment,
            attendance=attendances.get(appointment.pk),
            room=(room := rooms.get(appointment.pk)),
            check_in=check_ins.get(room.pk) if room else None,
            encounter=(encounter := encounters.get(appointment.pk)),
            note=(note := notes.get(encounter.pk) if encounter else None),
            addenda=[row for row in rows["care.Addendum"] if note and row.note_id == note.pk],
            charge=(charge := charges.get(appointment.pk)),
            fees=(owed := [fee for fee in fees if fee.appointment_id == appointment.pk]),
            payments=[
                payment
                for payment in rows["billing.Payment"]
                if payment.charge_id in {one.pk for one in [charge, *owed] if one}
            ],
        )
        for appointment in found
    ]


def by(rows: list[Any], name: str) -> dict[Any, Any]:
    return {getattr(row, name): row for row in rows}
