"""Whatever the two people press, in whatever order: the room stays in one of its states."""

from contextlib import suppress
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appointments.models import Attendance
from core.models import AuditEvent
from sessions import admission, seats
from sessions.models import CheckIn, InvalidTransition, Seat, VideoSession
from tests.examples import examples
from tests.sessions.conftest import HOME, NOW

DEEDS = ["knock", "admit", "end", "connected", "leave", "drop", "take"]
A_VISIT = [
    ("take", "patient"),
    ("knock", "patient"),
    ("take", "provider"),
    ("admit", "provider"),
    ("connected", "patient"),
    ("connected", "provider"),
    ("end", "provider"),
]
# A visit as it should go up to some point, so that late states are seen; then anything.
beginnings = st.integers(0, len(A_VISIT)).map(lambda count: A_VISIT[:count])
presses = st.lists(
    st.tuples(st.sampled_from(DEEDS), st.sampled_from(["patient", "provider"])), max_size=10
)


class Player:
    """Presses what hypothesis says, and keeps what came of it."""

    def __init__(self, room, people) -> None:
        self.room, self.people = room, people
        self.seats: dict[str, Seat] = {}
        self.now = NOW
        self.history = [self.status()]

    def status(self) -> str:
        return VideoSession.objects.get(pk=self.room.pk).status

    def press(self, deed: str, role: str) -> None:
        self.now += timedelta(minutes=1)
        with suppress(admission.NotYours, InvalidTransition, seats.SeatRefused):
            self.do(deed, role)
        self.history.append(self.status())

    def do(self, deed: str, role: str) -> None:
        user, seat = self.people[role].user, self.seats.get(role)
        if deed in ("knock", "admit", "end"):
            getattr(admission, deed)(session=self.room, by=user, now=self.now)
        elif deed == "take":
            self.seats[role] = seats.take(session_id=self.room.pk, user=user, now=self.now)
        elif seat and deed == "connected":
            admission.report_connected(seat=seat, now=self.now)
        elif seat and deed == "leave":
            seats.leave(seat=seat, now=self.now)
        elif seat:
            seats.drop(seat=seat, now=self.now)


@pytest.mark.django_db
@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(beginning=beginnings, rest=presses)
def test_the_room_goes_only_forward(room, alice, dr_bob, *, beginning, rest):
    earlier = start_over(room)
    player = Player(room, {"patient": alice, "provider": dr_bob})

    for deed, role in beginning + rest:
        player.press(deed, role)

    room.refresh_from_db()
    for before, after in pairwise(player.history):
        assert before == after or after in VideoSession.NEXT[before]
    stamps = [room.waiting_at, room.admitted_at, room.live_at, room.ended_at]
    passed = [stamp for stamp in stamps if stamp]
    assert passed == sorted(passed)
    assert ("live" in player.history) == (room.live_at is not None)
    assert Attendance.objects.count() == int(bool(room.live_at and room.ended_at))
    events = AuditEvent.objects.filter(action__startswith="video.").exclude(pk__in=earlier)
    audited = list(events.values_list("action"))
    for action in ("knocked", "admitted", "live", "ended"):
        assert audited.count((f"video.{action}",)) <= 1


def start_over(room) -> list[int]:
    """Hypothesis plays many games in one test: each begins with a fresh room.

    What the audit trail holds of the earlier games stays there; return which rows they are.
    """
    Attendance.objects.all().delete()
    Seat.objects.all().delete()
    CheckIn.objects.get_or_create(session=room, defaults=HOME | {"checked_in_at": NOW})
    VideoSession.objects.filter(pk=room.pk).update(
        status="scheduled",
        waiting_at=None,
        admitted_at=None,
        live_at=None,
        parted_at=None,
        ended_at=None,
    )
    room.refresh_from_db()
    return list(AuditEvent.objects.values_list("pk", flat=True))
