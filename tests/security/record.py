"""A patient with a row of every kind that a copy of a record can hold, and her copy opened."""

import io
import json
import uuid
import zipfile
from datetime import timedelta
from typing import Any

from accounts import contact, coverage
from accounts.models import EmergencyAccess, Membership
from accounts.models.emergency_access import LASTS
from appointments import attendance
from appointments.models import Appointment, AppointmentMove, AppointmentResponse
from billing import charges, fees, ledger
from billing.models import Account, Charge, Entry, FeeProposal, Payment
from care import amending, consents, disclosing, labels, notes
from messaging import messages, threads
from messaging.models import Message
from sessions import arrival, opening
from sessions.models import JoinLink, Seat, VideoSession
from telehealth.record import exporting
from tests import uploads
from tests.billing import steps
from tests.factories import (
    HOUR,
    NINE,
    NOW,
    make_care,
    make_member,
    make_psychotherapy_note,
    make_series,
    make_visit,
    make_waitlist_entry,
    make_waitlist_offer,
)
from tests.security.canary import CANARY, PHONE

OVER = NINE + timedelta(hours=2)
ALONE = "alone"  # what the therapist noted for herself


def fill(patient: Any, provider: Any) -> dict[str, Any]:
    """Let everything happen that leaves a row. Return what a test needs of it."""
    biller = make_member(patient.practice, Membership.Role.BILLING, "book@example.com")
    make_care(patient, biller, "peer", ends_at=NOW, end_reason="completed")
    note = visit_with_note(patient, provider)
    for kind in ("telehealth", "substance-use"):
        sign(patient, kind)
    sign(patient, "recording", until=OVER)
    consents.take_back(patient=patient, kind="telehealth", by=patient.user, now=NOW)
    make_psychotherapy_note(patient, provider, body=f"{CANARY} {ALONE}")  # in no copy
    talk(patient, provider)
    paid(patient, note.encounter.appointment)
    ask(patient, note, provider)
    disclosing.enter(
        patient=patient,
        recipient=f"{CANARY} court",
        what=f"{CANARY} letter",
        purpose="required-by-law",
        disclosed_at=NOW,
        by=biller,
        now=NOW,
    )
    EmergencyAccess.objects.create(
        patient=patient,
        person=biller,
        reason="medical",
        circumstances=f"{CANARY} found",
        starts_at=NOW,
        ends_at=NOW + LASTS,
        ended_at=NOW + LASTS / 2,
        reviewed_at=NOW + LASTS,
        reviewed_by=provider.user,
        outcome="appropriate",
        remark=f"{CANARY} judged",
    )
    make_series(provider, patient)
    other = make_visit(provider, patient, starts_at=NINE + 9 * HOUR)
    wait(patient, provider, other)
    moved_to = {"from_starts_at": NINE + 8 * HOUR, "to_starts_at": other.starts_at}
    AppointmentMove.objects.create(
        appointment=other, version=1, moved_at=NOW, moved_by=patient.user, **moved_to
    )
    other.cancel(by=patient.user, now=NOW, reason="pat")
    missed = make_visit(provider, patient, starts_at=NINE + 10 * HOUR, status="noshow")
    owe(missed, biller)
    failed = {"status": "cancelled", "cancelled_at": NOW, "cancellation_reason": "failed"}
    make_visit(provider, patient, starts_at=NINE + 11 * HOUR, **failed)
    coverage.enter(
        patient=patient,
        program="medicare",
        starts_on=NOW.date(),
        ends_on=NINE.date(),
        by=biller,
        now=NOW,
    )
    reach(patient, note.encounter.appointment, biller)
    fill_times()
    return {"note": note}


def reach(patient: Any, visit: Any, by: Any) -> None:
    """How she may be told, and what she answered to a reminder."""
    contact.save_rules(
        patient=patient,
        by=patient.user,
        now=NOW,
        by_mail=True,
        by_text=True,
        may_leave_message=True,
        safe_hours=(9 * 60, 17 * 60),
    )
    said = {"appointment": visit, "version": 0, "responded_at": NOW}
    AppointmentResponse.objects.create(kind="accepted", **said)
    AppointmentResponse.objects.create(kind="help", settled_at=NINE, settled_by=by, **said)


def wait(patient: Any, provider: Any, visit: Any) -> None:
    """What she waited for, and what she was offered."""
    waited = make_waitlist_entry(
        provider,
        patient,
        appointment=visit,
        weekdays=[3],
        parts=["morning"],
        priority="urgent",
        priority_reason=f"{CANARY} sleepless",
        priority_by=provider.user,
        ended_at=NINE,
    )
    make_waitlist_offer(waited, status="declined", closed_at=NOW)


def fill_times() -> None:
    """What the course of another visit would have left blank or filled."""
    Appointment.objects.filter(status="fulfilled").update(begun_at=NINE)
    VideoSession.objects.update(
        status="ended",
        waiting_at=NINE,
        admitted_at=NINE,
        live_at=NINE,
        parted_at=OVER,
        ended_at=OVER,
    )
    Seat.objects.update(left_at=OVER)
    Message.objects.update(read_at=OVER)
    Payment.objects.update(status="failed", settled_at=OVER, decline_code="expired_card")


def visit_with_note(patient: Any, provider: Any, *, starts_at: Any = NINE) -> Any:
    visit = make_visit(provider, patient, starts_at=starts_at)
    room = opening.open_room(appointment=visit, now=starts_at)
    arrival.check_in(
        session=room,
        by=patient.user,
        state="IL",
        address=f"{CANARY} street",
        is_at_home=True,
        callback_phone=PHONE,
        is_private=True,
        now=starts_at,
    )
    Seat.objects.create(session=room, user=patient.user, role="patient", has_sent_video=True)
    times = {"sent_at": NOW, "used_at": starts_at, "revoked_at": starts_at}
    JoinLink.objects.create(
        appointment=visit, token_hash=f"{visit.pk.hex:0>64}", browser_hash="b" * 64, **times
    )
    visit.refresh_from_db()
    attendance.record_arrival(appointment=visit, now=starts_at)
    attendance.record_attendance(
        appointment=visit,
        started_at=starts_at,
        ended_at=starts_at + timedelta(minutes=48),
        modality="video",
        patient_state="IL",
        is_at_home=True,
    )
    note = notes.open_note(appointment=visit, by=provider.user, now=starts_at)
    labels.put(note=note, label="substance-use", by=provider.user, now=starts_at)
    return notes.sign(note=note, body=f"{CANARY} slept.", by=provider.user, now=OVER)


def sign(patient: Any, kind: str, *, until: Any = None) -> Any:
    document = consents.text_of(kind, on=NOW.date())
    said = {"document": document, "signed_name": CANARY, "until": until}
    return consents.sign(patient=patient, by=patient.user, now=NOW, **said)


def talk(patient: Any, provider: Any) -> None:
    thread = threads.open_thread(patient=patient, provider=provider, now=NOW)
    for by in (patient.user, provider.user):
        message = messages.send(
            thread=thread, body=f"{CANARY} wrote", message_id=uuid.uuid4(), by=by, now=NOW
        )
        uploads.kept(message, at=NOW, title=f"{CANARY} photo.txt", content=b"In the file")


def paid(patient: Any, visit: Any) -> None:
    steps.save_card(patient)
    charge = Charge.objects.of_visits().get(appointment=visit)
    charges.confirm(charge=charge, by=visit.provider.user, now=OVER)
    legs = [
        ledger.Leg(Account.BANK, 100),
        ledger.Leg(Account.PATIENT_RECEIVABLE, -100, patient),
    ]
    ledger.post(kind=Entry.Kind.PAYMENT, source_id="by hand", lines=legs, by=None, now=OVER)


def owe(visit: Any, by: Any) -> None:
    """A fee for a visit that was missed, charged, and one that was waived."""
    facts = {"amount_cents": 7500, "proposed_at": NOW}
    proposal = FeeProposal.objects.create(appointment=visit, reason="noshow", **facts)
    fees.charge(proposal=proposal, amount_cents=5000, by=by, now=OVER)
    off = make_visit(visit.provider, visit.patient, starts_at=NINE + 13 * HOUR)
    other = FeeProposal.objects.create(appointment=off, reason="late-move", **facts)
    fees.waive(proposal=other, reason="goodwill", by=by, now=OVER)


def ask(patient: Any, note: Any, provider: Any) -> None:
    asked = {"change": f"{CANARY} date", "reason": f"{CANARY} wrong", "by": patient.user}
    request = amending.ask(patient=patient, note=note, **asked, now=OVER)
    amending.accept(request=request, words=f"{CANARY} added", by=provider.user, now=OVER)
    other = amending.ask(patient=patient, note=None, **asked, now=OVER)
    amending.deny(request=other, words=f"{CANARY} no", by=provider.user, now=OVER)
    amending.disagree(request=other, words=f"{CANARY} yes", by=patient.user, now=OVER)


def opened(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def bundle_of(patient: Any) -> Any:
    """Export, and return the entries of the bundle."""
    made = exporting.export(patient=patient, by=patient.user, now=OVER)
    return json.loads(opened(made.content)["record.json"])["entry"]


def copy_of(patient: Any, *, to: str = "", purpose: str = "treatment", now: Any = OVER) -> Any:
    """Export, and return the page, the resources and the manifest."""
    recipient = exporting.Recipient(to, purpose) if to else None
    made = exporting.export(patient=patient, by=patient.user, now=now, recipient=recipient)
    files = opened(made.content)
    bundle = json.loads(files["record.json"])
    return (
        files["record.html"].decode(),
        [entry["resource"] for entry in bundle["entry"]],
        json.loads(files["manifest.json"]),
    )
