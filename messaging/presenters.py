"""Threads and messages as their reader sees them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import User
from appointments.models import Appointment
from messaging import threads
from messaging.models import Message, Thread


@dataclass(frozen=True)
class Row:
    """A line of the list: with whom, and what to open. None of the words are shown there."""

    name: str
    thread: Thread


@dataclass(frozen=True)
class Opening:
    """Somebody to whom nothing was written yet."""

    name: str
    appointment: Appointment


def rows(opened: Iterable[Thread], reader: User) -> list[Row]:
    return [Row(thread.name_for(reader), thread) for thread in opened]


def openings(visits: Iterable[Appointment], reader: User) -> list[Opening]:
    return [Opening(name_in(visit, reader), visit) for visit in visits]


def name_in(visit: Appointment, reader: User) -> str:
    patient = visit.patient
    assert patient is not None  # only a hold has none
    return visit.provider.title if patient.user_id == reader.pk else patient.name


def context(thread: Thread, reader: User) -> dict[str, Any]:
    """What a page or fragment of `thread` needs to speak to `reader`."""
    return {
        "thread": thread,
        "reader": reader,
        "other_name": thread.name_for(reader),
        "is_patient": thread.is_patient(reader),
    }


def writing(thread: Thread) -> dict[str, Any]:
    """Whether one can write in `thread`, and if not, whom to call."""
    closed = threads.why_closed(thread.patient, thread.provider)
    return {
        "is_open": closed is None,
        "closed": closed,
        "practice": thread.patient.practice,
    }


def fragment(message: Message, reader: User) -> str:
    """A message as HTML, in the reader's zone, for a page that is open already."""
    thread = message.thread
    with timezone.override(thread.zone_for(reader)):
        values = {**context(thread, reader), "message": message}
        return render_to_string("messaging/_message.html", values)
