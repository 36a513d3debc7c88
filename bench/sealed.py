"""
Time what encryption and the audit of reads add to a page: `python -m bench.sealed [ROUNDS]`.

all   the site as it is
open  without encryption: sealed values are handed out with no key asked for and no cipher run
mute  without the audit: whose data was opened is noted, and not written down

Each round asks for each page in each of the three ways, in turn, so that a busy machine slows all
alike. A request goes through Django's test client, on the embedded database, with a commit for the
rows of the trail. `ms` is a median of the clock, `cpu` of this process's own time, which a busy
machine disturbs less; what is added is the median of the differences within a round. Bars: an
audited read adds at most 3 ms; encryption at most 5 % to the directory and the day.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from statistics import median
from uuid import UUID

from tests import server

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telehealth.settings")
server.prepare_environment()

import django

django.setup()

import time_machine
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.test.utils import get_runner
from django.urls import reverse

from accounts.models import Provider, User
from core import reads, sealing
from messaging import messages, threads
from tests import factories
from tests.factories import HOUR, NINE, NOW
from tests.signing_in import signed_in

ROUNDS = 120
PROVIDERS, VISITS, MESSAGES = 12, 8, 50
WAYS = ("all", "open", "mute")


@dataclass(frozen=True)
class Place:
    reader: User | None
    address: str


def run(rounds: int) -> dict[str, object]:
    prepare()
    with time_machine.travel(NINE, tick=True):
        pages = make_pages()
        times = {name: measure(place, rounds) for name, place in pages.items()}
    return {name: figures(of) for name, of in times.items()} | {
        "load_average": round(os.getloadavg()[0], 2)
    }


def prepare() -> None:
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    runner = get_runner(settings)(verbosity=0, interactive=False)
    runner.setup_test_environment()
    runner.setup_databases()


def make_pages() -> dict[str, Place]:
    """A practice with a full day, a long thread and a directory."""
    practice = factories.make_practice()
    bob, *_ = [factories.make_provider(practice, f"Bob{n} Ray") for n in range(PROVIDERS)]
    for number in range(VISITS):
        patient = factories.make_patient(practice, f"Alice{number} Doe")
        factories.make_visit(bob, patient, starts_at=NINE + number * HOUR)
    thread = threads.open_thread(patient=patient, provider=bob, now=NOW)
    for number in range(MESSAGES):
        messages.send(
            thread=thread,
            body="Two nights without waking. " * 8,
            message_id=UUID(int=number + 1),
            by=patient.user,
            now=NOW,
        )
    return {
        "directory": Place(None, reverse("appointments:directory") + "?state=IL"),
        "day": Place(bob.user, reverse("home")),
        "visit": Place(bob.user, reverse("appointments:detail", args=[visit_of(bob)])),
        "thread": Place(bob.user, reverse("messaging:thread", args=[thread.pk])),
    }


def visit_of(provider: Provider) -> UUID:
    return provider.appointments.values_list("id", flat=True)[0]


Taken = tuple[float, float]  # milliseconds of the clock, and of the processor


def measure(place: Place, rounds: int) -> dict[str, list[Taken]]:
    client = signed_in(place.reader) if place.reader else Client()
    for way in WAYS * 3:  # what is done once a process is not counted
        ask(client, place, way)
    times: dict[str, list[Taken]] = {way: [] for way in WAYS}
    for number in range(rounds):
        turn = number % len(WAYS)
        for way in WAYS[turn:] + WAYS[:turn]:
            times[way].append(ask(client, place, way))
    return times


def ask(client: Client, place: Place, way: str) -> Taken:
    with {"all": as_it_is, "open": unencrypted, "mute": unaudited}[way]():
        started, begun = time.perf_counter(), time.process_time()
        response = client.get(place.address)
        ended, done = time.perf_counter(), time.process_time()
    assert response.status_code == HTTPStatus.OK, response.status_code
    return (ended - started) * 1000, (done - begun) * 1000


@contextmanager
def as_it_is() -> Iterator[None]:
    yield


WORDS: dict[bytes, bytes] = {}  # what is in the envelopes that were opened before


@contextmanager
def unencrypted() -> Iterator[None]:
    unseal = sealing.unseal

    def handed_out(envelope: bytes, *, place: str) -> bytes:
        if envelope not in WORDS:
            WORDS[envelope] = unseal(envelope, place=place)
        return WORDS[envelope]

    with replaced(sealing, "unseal", handed_out):
        yield


@contextmanager
def unaudited() -> Iterator[None]:
    with replaced(reads, "record", lambda *_args, **_kwargs: None):
        yield


@contextmanager
def replaced(module: object, name: str, function: Callable[..., object]) -> Iterator[None]:
    kept = getattr(module, name)
    setattr(module, name, function)
    try:
        yield
    finally:
        setattr(module, name, kept)


def figures(times: dict[str, list[Taken]]) -> dict[str, float]:
    told: dict[str, float] = {"n": len(times["all"])}
    for kind, unit in enumerate(("ms", "cpu")):
        whole, plain, mute = ([taken[kind] for taken in times[way]] for way in WAYS)
        encryption = median(a - b for a, b in zip(whole, plain, strict=True))
        told[f"all_{unit}"] = round(median(whole), 2)
        told[f"encryption_{unit}"] = round(encryption, 2)
        told[f"encryption_{unit}_percent"] = round(100 * encryption / median(plain), 1)
        told[f"audit_{unit}"] = round(median(a - b for a, b in zip(whole, mute, strict=True)), 2)
    return told


if __name__ == "__main__":
    rounds = int(sys.argv[1]) if sys.argv[1:] else ROUNDS
    sys.stdout.write(json.dumps(run(rounds), indent=2) + "\n")
