"""Two practices with everybody in them, for the matrix: who may reach which row by which address.

The second practice is the mirror of the first. Every patient's family name is a canary: it must not
stand on a page for somebody who has nothing to do with her.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Coverage, EmergencyAccess, Invitation, Membership, Patient
from accounts.models.emergency_access import LASTS
from appointments import delivery
from appointments.models import AppointmentResponse, Attendance
from billing.models import Charge, FeeProposal
from care.models import (
    AmendmentRequest,
    Disclosure,
    Encounter,
    ProgressNote,
    SupervisionAgreement,
)
from core.models import Duty
from messaging.models import Message, Thread
from sessions.models import VideoSession
from tests import factories, uploads
from tests.signing_in import keep_proof, signed_in

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
Role = Membership.Role
STAFF = {
    "supervisor": Role.SUPERVISOR,
    "supervisor without agreement": Role.SUPERVISOR,
    "billing": Role.BILLING,
    "front desk": Role.FRONT_DESK,
    "admin": Role.ADMIN,
    "privacy officer": Role.PRIVACY_OFFICER,
    "peer": Role.PEER,
}
PROVIDERS = ["own provider", "other provider", "ended provider", "unassigned provider"]
PATIENTS = ["patient", "other patient", "guardian"]
ACTORS = [*PATIENTS, *PROVIDERS, *STAFF]
AWAY = [f"{actor} elsewhere" for actor in ACTORS]
EVERYBODY = ["visitor", *ACTORS, *AWAY]
ALONE = "Reminds me of my own brother"  # in each psychotherapy note
OBJECTS = ["own", "other", "child", "ended", "unassigned", "other practice"]


@dataclass
class World:
    """The browsers of all, and the ids of each object, by the names that addresses use."""

    browsers: dict[str, Client] = field(default_factory=dict)
    ids: dict[str, dict[str, Any]] = field(default_factory=dict)
    people: dict[str, Any] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # object: the family name in it
    addresses: dict[str, str] = field(default_factory=dict)  # e-mail: the patient whose it is

    def ask(
        self,
        actor: str,
        method: str,
        path: str,
        data: Any = None,
        *,
        then: Callable[[], Any] = lambda: None,
    ) -> tuple[Any, Any]:
        """Let somebody ask for something, and undo it: rows and cookies.

        Return the answer, and what `then` saw before it was undone.
        """
        client = self.browsers[actor]
        cookies = dict(client.cookies)
        with transaction.atomic():
            answer = client.generic(method, path) if data is None else client.post(path, data)
            seen = then()
            transaction.set_rollback(True)
        client.cookies.clear()
        client.cookies.update(cookies)
        return answer, seen


def build() -> World:
    world = World(browsers={"visitor": Client()})
    here = Practice("", world)
    here.open()
    there = Practice(" elsewhere", world)
    there.open()
    world.ids["other practice"] = world.ids.pop("own elsewhere")
    world.names["other practice"] = world.names.pop("own elsewhere")
    world.names = {thing: world.names[thing] for thing in OBJECTS}
    world.ids = {thing: world.ids[thing] for thing in OBJECTS}
    return world


class Practice:
    """One practice: its people, and one object of each kind for each pair of them."""

    def __init__(self, suffix: str, world: World) -> None:
        self.suffix, self.world, self.now = suffix, world, timezone.now()
        self.tag = "B" if suffix else "A"
        self.row = factories.make_practice(name=f"Practice {self.tag}")

    def open(self) -> None:
        for actor in [*PATIENTS, "nobody's patient"]:
            child = {"guardian_name": "Mary", "guardian_relation": "mother"}
            family = f"{actor.title().replace(' ', '').replace(chr(39), '')}{self.tag}"
            self.add(actor, self.patient(family, **(child if actor == "guardian" else {})))
        for actor in [*PROVIDERS, "provider who left"]:
            self.add(actor, factories.make_provider(self.row, f"{actor.title()} {self.tag}"))
        for actor, role in STAFF.items():
            email = f"{actor.replace(' ', '-')}-{self.tag}@example.com"
            self.add(actor, factories.make_member(self.row, role, email))
        self.fill()

    def patient(self, family: str, **fields: Any) -> Any:
        user = factories.make_user(f"{family.lower()}@example.com")
        return factories.make_patient(self.row, f"Pat Canary{family}", user=user, **fields)

    def add(self, actor: str, person: Any) -> None:
        self.world.people[actor + self.suffix] = person
        if isinstance(person, Patient):
            self.world.addresses[person.user.email] = actor + self.suffix
        client = signed_in(getattr(person, "user", person))
        keep_proof(client)
        self.world.browsers[actor + self.suffix] = client

    def who(self, actor: str) -> Any:
        return self.world.people[actor + self.suffix]

    def fill(self) -> None:
        self.object("own", "patient", "own provider", starts_in=-HOUR / 2)
        self.object("other", "other patient", "other provider", starts_in=-HOUR / 2)
        self.object("child", "guardian", "other provider", starts_in=-3 * HOUR)
        self.object("ended", "patient", "ended provider", starts_in=-9 * DAY, is_over=True)
        self.object("unassigned", "nobody's patient", "provider who left", starts_in=-DAY)
        left = self.who("provider who left").user
        left.memberships.all().delete()
        factories.make_care(self.who("patient"), self.who("peer"), "peer")
        own, supervisor = self.who("own provider").user, self.who("supervisor")
        self.open_in_emergency()
        self.agree("own", supervisor, own, until=DAY)
        self.agree("ended", supervisor, self.who("ended provider").user, until=-DAY)
        self.agree("other", self.who("admin"), self.who("other provider").user, until=DAY)

    def object(
        self, name: str, patient: str, provider: str, *, starts_in: timedelta, is_over: bool = False
    ) -> None:
        her, cares = self.who(patient), self.who(provider)
        starts_at = self.now + starts_in
        care = factories.make_care(
            her,
            cares,
            starts_at=self.now - 30 * DAY,
            ends_at=self.now - DAY if is_over else None,
            end_reason="completed" if is_over else "",
        )
        visit = factories.make_visit(
            cares, her, starts_at=starts_at, status="fulfilled", arrived_at=starts_at
        )
        found = self.paper(visit, starts_at) | {"care_id": care.pk, "patient_ref": her.ref}
        found["member_id"] = cares.user.memberships.get().pk
        found["invitation_id"] = self.invitation(f"{name}-{self.tag}@example.com").pk
        found |= self.desk(visit)
        entry = factories.make_waitlist_entry(cares, her, asked_at=self.now)
        offer = factories.make_waitlist_offer(
            entry,
            starts_at=self.now + DAY,
            ends_at=self.now + DAY + HOUR,
            offered_at=self.now,
            expires_at=self.now + HOUR,
        )
        found |= {"entry_ref": entry.ref, "offer_id": offer.pk}
        found["coverage_id"] = Coverage.objects.create(
            patient=her,
            program="commercial",
            starts_on=starts_at.date(),
            entered_at=self.now,
            entered_by=cares.user,
        ).pk
        found |= {"appointment_id": visit.pk, "slug": cares.slug, "ref": "cs_none", "kind": "ai"}
        found["calendar_id"] = factories.make_external_calendar(cares).pk
        found["licence_id"] = cares.licences.get().pk
        found |= {"on": "2026-12-03", "first_on": "2026-12-03"}
        self.world.ids[name + self.suffix] = found | {"after": 0}
        self.world.names[name + self.suffix] = her.legal_name.split()[1]

    def desk(self, visit: Any) -> dict[str, Any]:
        """What waits for the front desk: a call for help, and a notice that did not arrive."""
        call = AppointmentResponse.objects.create(
            appointment=visit, version=0, kind="help", responded_at=self.now
        )
        duty = Duty.objects.create(
            kind="notice.reminder-days",
            key=delivery.key(visit, "mail", "patient"),
            payload=delivery.payload(visit, "mail", "patient"),
            due_at=self.now,
            dead_at=self.now,
        )
        return {"response_id": call.pk, "duty_id": duty.pk}

    def paper(self, visit: Any, at: Any) -> dict[str, Any]:
        """What a visit leaves behind: attendance, room, note, charge, thread with a message."""
        cares = visit.provider
        facts = {"started_at": at, "ended_at": at + HOUR / 2, "patient_state": "IL"}
        Attendance.objects.create(appointment=visit, modality="video", is_at_home=True, **facts)
        room = VideoSession.objects.create(
            appointment=visit, status="live", live_at=at, waiting_at=at, admitted_at=at
        )
        encounter = Encounter.objects.create(appointment=visit, opened_at=at)
        note = ProgressNote.objects.create(
            encounter=encounter, author=cares, body="Slept.", saved_at=at, signed_at=at, sha256="x"
        )
        codes = {"cpt": "90834", "modifier": "95", "place_of_service": "10", "minutes": 45}
        charge = Charge.objects.create(
            appointment=visit,
            amount_cents=0,
            drafted_at=at,
            status="confirmed",
            confirmed_at=at,
            confirmed_by=cares.user,
            **codes,
        )
        proposal = FeeProposal.objects.create(
            appointment=visit, reason="late-move", amount_cents=7500, proposed_at=at
        )
        thread = Thread.objects.create(patient=visit.patient, provider=cares, opened_at=at)
        message = Message.objects.create(
            id=uuid.uuid4(), thread=thread, number=1, author=cares.user, body="Hello", sent_at=at
        )
        return {
            "note_id": note.pk,
            "charge_id": charge.pk,
            "proposal_id": proposal.pk,
            "thread_id": thread.pk,
            "attachment_id": uploads.kept(message, at=at).pk,
            "session_id": room.pk,
            "request_id": self.request(visit.patient, note).pk,
            "psychotherapy_note_id": factories.make_psychotherapy_note(
                visit.patient, cares, body=ALONE
            ).pk,
        }

    def open_in_emergency(self) -> None:
        """An access to each patient: two are open, one has ended early, two are long over."""
        self.emergency("own", "patient", "unassigned provider")
        if self.suffix:
            return
        self.emergency("other", "other patient", "supervisor without agreement")
        self.emergency("child", "guardian", "unassigned provider", ago=HOUR)
        self.emergency("ended", "patient", "ended provider", ended_at=self.now)
        self.emergency("unassigned", "nobody's patient", "other provider", ago=DAY)

    def emergency(
        self, name: str, patient: str, person: str, *, ago: timedelta = timedelta(), **fields: Any
    ) -> None:
        who, starts_at = self.who(person), self.now - ago
        access = EmergencyAccess.objects.create(
            patient=self.who(patient),
            person=getattr(who, "user", who),
            reason="medical",
            circumstances="Found unconscious.",
            starts_at=starts_at,
            ends_at=starts_at + LASTS,
            **fields,
        )
        self.world.ids[name + self.suffix]["access_id"] = access.pk

    def request(self, patient: Any, note: Any) -> AmendmentRequest:
        asked = {"change": "The date", "reason": "It is wrong", "asked_at": self.now}
        said = {"recipient": "A court", "what": "A letter", "purpose": "required-by-law"}
        Disclosure.objects.create(
            patient=patient, disclosed_at=self.now, recorded_at=self.now, **said
        )
        return AmendmentRequest.objects.create(patient=patient, note=note, **asked)

    def invitation(self, email: str) -> Invitation:
        return Invitation.objects.create(
            practice=self.row,
            email=email,
            role=Role.BILLING,
            invited_by=self.who("admin"),
            token_hash=email,
            invited_at=self.now,
            expires_at=self.now + DAY,
        )

    def agree(self, name: str, supervisor: Any, supervisee: Any, *, until: timedelta) -> None:
        signed_at = self.now - 20 * DAY
        agreement = SupervisionAgreement.objects.create(
            practice=self.row,
            supervisor=supervisor,
            supervisee=supervisee,
            starts_at=signed_at,
            ends_at=self.now + until,
            supervisor_signed_at=signed_at,
            signed_at=signed_at,
        )
        self.world.ids[name + self.suffix]["agreement_id"] = agreement.pk
