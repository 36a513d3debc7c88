"""How long it lasts that a practice is in force: as long as the request, the frame, the deed."""

import importlib.util
import json
import threading
from contextlib import suppress
from contextvars import copy_context
from io import StringIO
from types import SimpleNamespace

import pytest
import time_machine
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Patient
from accounts.sockets import RecordedConsumer
from appointments import notices
from core import duties, reads, tenancy
from core.models import AuditEvent, Duty
from core.tenancy import Scope
from sessions.tasks import close_abandoned_rooms
from tests.factories import NINE, NOW
from tests.security.practices import DAY, Filled
from tests.web_role import execute


@pytest.fixture
def a(db):
    return Filled("a")


@pytest.fixture
def b(db):
    return Filled("b")


def within(filled):
    return tenancy.within(Scope(practice_ids=frozenset([filled.practice.pk])))


def patients():
    return set(Patient.objects.values_list("pk", flat=True))


class Site:
    """The middleware around a view that reads patients, with or without somebody signed in."""

    def __init__(self):
        self.seen = []

    def ask(self, person=None, *, fails=False):
        tenancy.ScopeMiddleware(self.view)(SimpleNamespace(person=person, fails=fails))
        return self.seen[-1]

    def view(self, request):
        if request.person:
            tenancy.enter(request.person.pk)
        self.seen.append(patients())
        if request.fails:
            raise ZeroDivisionError


def test_what_was_in_force_does_not_outlive_the_request(a, b):
    site = Site()

    assert site.ask(a.boss) == {a.patient.pk}
    assert site.ask() == set()
    assert site.ask(b.boss) == {b.patient.pk}


def test_nor_a_request_that_fails(a):
    site = Site()
    with pytest.raises(ZeroDivisionError):
        site.ask(a.boss, fails=True)

    assert site.ask() == set()
    assert site.seen == [{a.patient.pk}, set()]


def test_nor_a_transaction_that_is_undone(a, b):
    """A setting goes back with its transaction; the next statement sets it again."""
    with within(a):
        Patient.objects.count()
        with transaction.atomic(), within(b):
            Patient.objects.count()
            transaction.set_rollback(True)
        after = Patient.objects.get().pk

    assert after == a.patient.pk


def test_a_failed_statement_in_another_scope_can_still_be_undone(a, b):
    with within(a):
        with pytest.raises(DatabaseError), transaction.atomic(), within(b):
            execute("SELECT 1 / 0")
        found = Patient.objects.get().pk

    assert found == a.patient.pk


def test_a_session_that_was_lost_gets_it_again(transactional_db, a, b):

    with within(a):
        before = patients()
        connection.close()
        after = patients()

    assert before == after == {a.patient.pk}


def test_other_threads_work_in_the_scope_of_whoever_starts_them(transactional_db, a, b):
    found = {}

    def look(name):
        found[name] = patients()
        connection.close()

    def start(name, filled):
        with within(filled):
            return threading.Thread(target=copy_context().run, args=(look, name))

    threads = [start("a", a), start("b", b)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {"a": {a.patient.pk}, "b": {b.patient.pk}}


def test_code_that_is_in_no_edge_begins_with_nobodys_rows():
    """Tests work in every practice; a process that serves begins with none."""
    found = importlib.util.find_spec("core.tenancy")
    fresh = importlib.util.module_from_spec(found)
    found.loader.exec_module(fresh)

    assert fresh.current() == fresh.NOBODY


def test_a_page_for_everybody_costs_no_statement_more(client, a, django_assert_num_queries):
    with tenancy.closed(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")  # the session is nobody's, as a fresh one is

        with django_assert_num_queries(4):
            client.get(reverse("appointments:directory"), {"state": "IL"})


def test_a_page_for_one_person_costs_one_statement_more(sign_in, a):
    browser = sign_in(a.patient.user)
    with tenancy.closed(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")

        with CaptureQueriesContext(connection) as asked_for:
            browser.get(reverse("home"))

    assert len([q for q in asked_for if "set_config" in q["sql"]]) == 1


# Sockets.


class Probe(RecordedConsumer):
    """Tells how many patients a frame can see, before and after it asks who is there."""

    page = "probe"

    async def connect(self):
        await self.accept()

    async def receive(self, text_data=None, bytes_data=None):
        before = await patients_count()
        if text_data != "nobody":
            tenancy.enter(int(text_data))
        await self.send(text_data=f"{before} {await patients_count()}")


@database_sync_to_async
def patients_count():
    return Patient.objects.count()


@pytest.mark.asyncio
async def test_each_frame_of_a_socket_begins_with_nobodys_rows(live_database):
    here = await database_sync_to_async(Filled)("a")
    await database_sync_to_async(Filled)("b")
    socket = WebsocketCommunicator(Probe.as_asgi(), "/")
    await socket.connect()

    told = []
    for frame in (str(here.boss.pk), "nobody", str(here.patient.user.pk)):
        await socket.send_to(text_data=frame)
        told.append(await socket.receive_from())
    await socket.disconnect()

    assert told == ["0 1", "0 0", "0 1"]


# What the site does by itself. Tests begin with every practice; these begin with none, as a worker
# and a shell do.


@pytest.fixture
def begun(a):
    """A room that nobody ended, of a visit that was over long ago."""
    room = a.visit.video_session
    room.status, room.waiting_at = "waiting", NINE
    room.save()
    return room


def test_the_wake_up_ends_the_rooms_of_every_practice(begun):
    with time_machine.travel(NINE + DAY), tenancy.closed():
        close_abandoned_rooms()

    begun.refresh_from_db()
    assert begun.status == "ended"


def test_a_duty_is_done_for_whichever_practice(a, mailoutbox):
    notices.enqueue_confirmation(a.visit, now=NOW)

    with tenancy.closed():
        duties.sweep(now=NOW)

    ends = Duty.objects.filter(kind="notice.confirmation").values_list("done_at", "error")
    assert (set(ends), len(mailoutbox)) == ({(NOW, "")}, len(ends))


@pytest.mark.parametrize("command", [["ledger_check", "--json"], ["audit", "verify", "--json"]])
def test_a_command_that_checks_sees_all_there_is(a, b, command):
    every = told_by(*command)

    with tenancy.closed():
        assert told_by(*command) == every


def told_by(*command):
    """What the command prints but for the time, whether it finds fault or not."""
    out = StringIO()
    with suppress(CommandError):
        call_command(*command, stdout=out, stderr=StringIO())
    told = json.loads(out.getvalue())
    return {name: value for name, value in told.items() if name not in UNLIKE}


UNLIKE = {"seconds", "at"}


def test_no_read_goes_unrecorded_whatever_is_in_force_when_it_is_told(a, b):
    """As after a look-up in every practice, which is over by then."""
    with within(b):
        reads.record({a.patient.ref, b.patient.ref}, action="page.read", by=None, at=NOW)

    told = AuditEvent.objects.filter(action="page.read").values_list("patient_id", flat=True)
    assert sorted(told) == sorted([a.patient.pk, b.patient.pk])


def test_an_operator_finds_a_patient_of_whichever_practice(a):
    with tenancy.closed():
        call_command("legal_hold", str(a.patient.ref), "--by", a.boss.email, "--lift")

    assert not a.patient.legal_holds.filter(lifted_at=None).exists()
