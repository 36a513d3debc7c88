from datetime import timedelta

import pytest

from appointments import attendance
from care import notes
from tests.factories import NINE


@pytest.fixture
def held_visit(visit):
    """A visit in which the two met for 48 minutes."""
    attendance.record_arrival(appointment=visit, now=NINE)
    attendance.record_attendance(
        appointment=visit,
        started_at=NINE,
        ended_at=NINE + timedelta(minutes=48),
        modality="video",
        patient_state="IL",
        is_at_home=True,
    )
    return visit


@pytest.fixture
def note(held_visit, dr_bob):
    return notes.open_note(appointment=held_visit, by=dr_bob.user, now=NINE + timedelta(minutes=49))
