"""Cards, charges and payments, through the simulator."""

from datetime import datetime

from accounts.models import Patient
from appointments.models import Appointment


def save_card(patient: Patient, *, now: datetime) -> None:
    """"""


def save_failing_card(patient: Patient, *, now: datetime) -> None:
    """"""


def collect(visit: Appointment, *, now: datetime) -> None:
    """"""
