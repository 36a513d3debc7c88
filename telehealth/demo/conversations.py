"""Messages between visits: some read and answered, some still waiting."""

from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from accounts.models import User
from messaging import messages, threads
from messaging.models import Thread
from telehealth.demo import data
from telehealth.demo.patients import Case

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHARE = 0.25  # of the patients have written
SPAN = 12 * DAY


def write(cases: list[Case], rng: Random, *, now: datetime) -> None:
    """Let the demo patient and some of the others write to their therapists."""
    exchanges = data.read("messages")["exchanges"]
    for index, case in enumerate(cases):
        has_met = case.patient.appointments.filter(starts_at__lt=now - SPAN).exists()
        if index == 0 or (has_met and rng.random() < SHARE):
            play(case, exchanges[index % len(exchanges)], rng, now=now)


def play(case: Case, lines: list[str], rng: Random, *, now: datetime) -> None:
    """Send the lines by turns. Whoever answers has read; the last line may be unread."""
    at = now - rng.uniform(1, SPAN / DAY) * DAY
    thread = threads.open_thread(patient=case.patient, provider=case.provider, now=at)
    turns = [case.patient.user, case.provider.user]
    for line in lines:
        send(thread, line, turns[0], rng, now=at)
        turns.reverse()
        at += min(rng.uniform(0.2, 9) * HOUR, (now - at) / 2)
        if line != lines[-1] or rng.random() < 1 / 2:
            messages.read(thread=thread, by=turns[0], now=at)


def send(thread: Thread, line: str, by: User, rng: Random, *, now: datetime) -> None:
    message_id = UUID(int=rng.getrandbits(128), version=4)
    messages.send(thread=thread, body=line, message_id=message_id, by=by, now=now)
