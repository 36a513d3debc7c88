"""Two practices, each with a row of every kind that belongs to one."""

import uuid
from datetime import timedelta
from typing import Any

from django.db import transaction

from accounts.models import (
    ContactRules,
    Coverage,
    EmergencyAccess,
    Erasure,
    Invitation,
    LegalHold,
    Membership,
)
from accounts.models.emergency_access import LASTS
from appointments.models import (
    AppointmentMove,
    AppointmentResponse,
    Attendance,
    AvailabilityException,
    ExternalBusy,
    ExternalEvent,
    Leave,
)
from billing.models import (
    Account,
    CardOnFile,
    Charge,
    Entry,
    FeeDecision,
    FeeProposal,
    Line,
    Payment,
)
from care.models import (
    Addendum,
    AmendmentRequest,
    AmendmentStep,
    Consent,
    Disclosure,
    Encounter,
    ProgressNote,
    SupervisionAgreement,
)
from core import audit
from messaging.models import Attachment, Message, Thread
from sessions.models import CheckIn, JoinLink, Seat, VideoSession
from tests import factories
from tests.factories import HOUR, NINE, NOW

DAY = timedelta(days=1)


class Filled:
    """A practice, its people, and what a visit leaves behind."""

    @transaction.atomic
    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.practice = factories.make_practice(name=f"Practice {tag}")
        self.provider = factories.make_provider(self.practice, f"Bob {tag}")
        self.boss = factories.make_member(self.practice, Membership.Role.ADMIN, f"boss@{tag}.test")
        user = factories.make_user(f"alice@{tag}.test")
        self.patient = factories.make_patient(self.practice, f"Alice {tag}", user=user)
        self.visit = factories.make_visit(
            self.provider, self.patient, status="fulfilled", arrived_at=NINE
        )
        self.employ()
        self.record()
        self.meet()
        self.write()
        self.bill()

    def employ(self) -> None:
        AvailabilityException.objects.create(provider=self.provider, on=NINE.date())
        elsewhere = factories.make_external_calendar(self.provider)
        ExternalBusy.objects.create(calendar=elsewhere, starts_at=NINE, ends_at=NINE + HOUR)
        ExternalEvent.objects.create(calendar=elsewhere, appointment=self.visit)
        away = {"first_on": NINE.date(), "last_on": NINE.date()}
        Leave.objects.create(provider=self.provider, reason="away", **away)
        factories.make_series(self.provider, self.patient)
        AppointmentMove.objects.create(
            appointment=self.visit,
            version=1,
            from_starts_at=NINE - HOUR,
            to_starts_at=NINE,
            moved_at=NOW,
            moved_by=self.boss,
        )
        times = {"invited_at": NOW, "expires_at": NOW + DAY, "token_hash": self.tag}
        Invitation.objects.create(
            practice=self.practice, email="x@x.test", role="peer", invited_by=self.boss, **times
        )
        SupervisionAgreement.objects.create(
            practice=self.practice,
            supervisor=self.boss,
            supervisee=self.provider.user,
            starts_at=NOW,
            ends_at=NOW + DAY,
            supervisor_signed_at=NOW,
        )

    def record(self) -> None:
        Consent.objects.create(
            patient=self.patient,
            kind="telehealth",
            number=1,
            version="1",
            sha256="x",
            signed_name="A",
            signed_at=NOW,
        )
        encounter = Encounter.objects.create(appointment=self.visit, opened_at=NINE)
        note = ProgressNote.objects.create(
            encounter=encounter, author=self.provider, body="Slept.", saved_at=NINE
        )
        factories.make_psychotherapy_note(self.patient, self.provider)
        self.ask(note)
        EmergencyAccess.objects.create(
            patient=self.patient,
            person=self.boss,
            reason="medical",
            circumstances="Found unconscious.",
            starts_at=NOW,
            ends_at=NOW + LASTS,
        )
        held = {"reason": "suit", "placed_at": NOW, "placed_by": self.boss}
        LegalHold.objects.create(patient=self.patient, **held)
        Erasure.objects.create(patient=self.patient, reason="order", erased_at=NOW, by=self.boss)
        audit.record("visit.read", subject=self.visit, by=None, at=NOW, patient_id=self.patient.pk)

    def ask(self, note: Any) -> None:
        said = {"recipient": "A court", "what": "A letter", "purpose": "required-by-law"}
        Disclosure.objects.create(patient=self.patient, disclosed_at=NOW, recorded_at=NOW, **said)
        asked = {"change": "The date", "reason": "It is wrong", "asked_at": NOW}
        request = AmendmentRequest.objects.create(patient=self.patient, note=note, **asked)
        AmendmentStep.objects.create(
            request=request, kind="accepted", words="Added.", by=self.boss, at=NOW
        )
        added = {"author": self.boss, "body": "Another date.", "written_at": NOW}
        Addendum.objects.create(note=note, request=request, **added)

    def meet(self) -> None:
        entered = {"entered_at": NOW, "entered_by": self.boss}
        Coverage.objects.create(
            patient=self.patient, program="medicaid", starts_on=NINE.date(), **entered
        )
        waiting = factories.make_waitlist_entry(self.provider, self.patient)
        factories.make_waitlist_offer(waiting)
        ContactRules.objects.create(patient=self.patient, by_text=True)
        AppointmentResponse.objects.create(
            appointment=self.visit, version=0, kind="accepted", responded_at=NOW
        )
        facts = {"started_at": NINE, "ended_at": NINE + HOUR, "patient_state": "IL"}
        Attendance.objects.create(
            appointment=self.visit, modality="video", is_at_home=True, **facts
        )
        room = VideoSession.objects.create(appointment=self.visit)
        JoinLink.objects.create(appointment=self.visit, token_hash=self.tag, sent_at=NOW)
        Seat.objects.create(session=room, user=self.patient.user, role="patient")
        where = {"state": "IL", "address": "1 Elm St", "callback_phone": "312-555-0123"}
        CheckIn.objects.create(
            session=room, is_at_home=True, is_private=True, checked_in_at=NINE, **where
        )

    def write(self) -> None:
        thread = Thread.objects.create(patient=self.patient, provider=self.provider, opened_at=NOW)
        said = {"id": uuid.uuid4(), "number": 1, "author": self.patient.user}
        message = Message.objects.create(thread=thread, body="Hello", sent_at=NOW, **said)
        Attachment.objects.create(
            message=message,
            number=1,
            title="photo.jpg",
            content_type="image/jpeg",
            size=1,
            sha256="x",
            file=uuid.uuid4(),
        )

    def bill(self) -> None:
        charge = Charge.objects.create(
            appointment=self.visit,
            cpt="90834",
            modifier="95",
            place_of_service="10",
            minutes=45,
            amount_cents=15000,
            drafted_at=NOW,
        )
        proposal = FeeProposal.objects.create(
            appointment=self.visit, reason="late-move", amount_cents=7500, proposed_at=NOW
        )
        FeeDecision.objects.create(
            proposal=proposal, kind="waived", reason="goodwill", decided_at=NOW, by=self.boss
        )
        card = CardOnFile.objects.create(
            patient=self.patient,
            customer_ref="cus_1",
            payment_method_ref=f"pm_{self.tag}",
            brand="visa",
            last4="4242",
            expires_on=NINE.date(),
            saved_at=NOW,
        )
        Payment.objects.create(charge=charge, card=card, amount_cents=15000, started_at=NOW)
        self.post(charge)

    def post(self, charge: Any) -> None:
        entry = Entry.objects.create(
            kind="charge", source_id=str(charge.pk), lines_count=2, posted_at=NOW
        )
        owed = {"account": Account.PATIENT_RECEIVABLE, "patient": self.patient}
        Line.objects.create(entry=entry, amount_cents=15000, **owed)
        Line.objects.create(entry=entry, amount_cents=-15000, account=Account.REVENUE)
