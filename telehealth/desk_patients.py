"""A patient as the front desk sees her: how she is reached, her visits, what is still to do."""

from dataclasses import dataclass
from datetime import date, datetime

from accounts.models import Patient
from appointments.models import Appointment
from billing import cards
from care import consents


@dataclass(frozen=True)
class Missing:
    """What she is asked for before a visit. It keeps nobody from booking one for her."""

    to_sign: list[str]  # titles of texts
    has_card: bool

    def __bool__(self) -> bool:
        return bool(self.to_sign or not self.has_card)


@dataclass(frozen=True)
class DeskPatient:
    patient: Patient
    visits: list[Appointment]  # ahead, the soonest first
    missing: Missing


def desk_patient_of(patient: Patient, *, on: date, now: datetime) -> DeskPatient:
    """Gather it. Four queries. Nothing clinical."""
    ahead = Appointment.objects.upcoming(now=now).filter(patient=patient)
    return DeskPatient(patient, list(ahead.select_related("provider")), missing_of(patient, on=on))


def missing_of(patient: Patient, *, on: date) -> Missing:
    titles = [text.title for text in consents.missing(patient, on=on)]
    return Missing(titles, has_card=cards.in_use(patient) is not None)
