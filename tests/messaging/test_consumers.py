import re
import uuid
from contextlib import asynccontextmanager

import pytest
from channels.db import database_sync_to_async
from django.db import connection, transaction

from accounts.sockets import UNRECORDED
from core import duties, events
from core.models import AuditEvent
from messaging import messages, threads
from messaging.accepting import accept
from messaging.models import Message
from tests import live
from tests.factories import HOUR, NOW, end_all_care, make_care, make_visit
from tests.web_role import as_owner

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("live_database")]
in_database = database_sync_to_async
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@pytest.fixture
def address(thread):
    return f"/ws/thread/{thread.id}/"


@pytest.fixture
def hers(sign_in, alice):
    """Alice's browser."""
    return sign_in(alice.user)


@pytest.fixture
def his(sign_in, dr_bob):
    """Dr. Bob's browser."""
    return sign_in(dr_bob.user)


@pytest.fixture(params=["carol", "mallory"])
def strangers(request, sign_in):
    """The browser of somebody else."""
    return sign_in(request.getfixturevalue(request.param).user)


@asynccontextmanager
async def opened(address, client):
    """A socket that was let in."""
    socket = live.socket(address, client)
    assert await socket.connect(timeout=10) == (True, None)
    try:
        yield socket
    finally:
        await socket.disconnect()


async def code_of(socket):
    closing = await socket.receive_output(timeout=10)
    return closing["type"], closing.get("code")


async def test_a_message_arrives_on_the_other_page(his, write, alice, address):
    async with live.listening(), opened(address, his) as page:
        await in_database(write)(alice, "Two nights <without> waking")

        frame = await page.receive_json_from(timeout=10)

    assert frame["kind"] == "message"
    assert "Two nights &lt;without&gt; waking" in frame["html"]
    assert "Alice Doe" in frame["html"]


async def test_each_reader_gets_the_message_as_theirs(his, hers, write, alice, address):
    async with (
        live.listening(),
        opened(address, hers) as her_page,
        opened(address, his) as his_page,
    ):
        await in_database(write)(alice)
        frames = [await page.receive_json_from(timeout=10) for page in (her_page, his_page)]

    assert ["msg--mine" in frame["html"] for frame in frames] == [True, False]


async def test_a_file_that_was_checked_is_shown_on_the_other_page(
    his, write, alice, address, thread, files
):
    notes = accept(name="notes.txt", declared="text/plain", content=b"Slept well.")

    async with live.listening(), opened(address, his) as page:
        await in_database(write)(alice, uploads=[notes])
        arrived = await page.receive_json_from(timeout=10)
        await in_database(duties.sweep)(now=NOW)
        changed = await page.receive_json_from(timeout=10)

    assert (arrived["kind"], changed["kind"]) == ("message", "changed")
    assert ("Being checked" in arrived["html"], "download" in arrived["html"]) == (True, False)
    assert ("Being checked" in changed["html"], "download" in changed["html"]) == (False, True)
    assert 'id="message-1"' in changed["html"]


async def test_times_are_in_the_readers_zone(his, hers, write, alice, dr_bob, address):
    alice.zone = "America/Los_Angeles"
    await in_database(alice.save)()

    async with (
        live.listening(),
        opened(address, hers) as her_page,
        opened(address, his) as his_page,
    ):
        await in_database(write)(dr_bob)
        frames = [await page.receive_json_from(timeout=10) for page in (her_page, his_page)]

    times = [re.search(r"\d+:\d\d\s[AP]M", frame["html"]).group() for frame in frames]
    assert times == ["7:00\u202fAM", "9:00\u202fAM"]


async def test_a_frame_holds_no_ids(his, write, alice, address):
    async with live.listening(), opened(address, his) as page:
        await in_database(write)(alice)
        frame = await page.receive_from(timeout=10)

    assert ID.findall(frame) == []


async def test_a_message_of_another_thread_does_not_arrive(his, mallory, dr_bob, visit, address):
    def write_elsewhere():
        other = make_visit(dr_bob, mallory, starts_at=visit.starts_at + HOUR)
        messages.send(
            thread=threads.open_for(other, now=NOW),
            body="Of somebody else",
            message_id=uuid.uuid4(),
            by=mallory.user,
            now=NOW,
        )

    async with live.listening(), opened(address, his) as page:
        await in_database(write_elsewhere)()

        assert await live.is_silent(page)


async def test_a_rolled_back_message_does_not_arrive(his, write, alice, address):
    def change_of_mind():
        with transaction.atomic():
            write(alice)
            transaction.set_rollback(True)

    async with live.listening(), opened(address, his) as page:
        await in_database(change_of_mind)()

        assert await live.is_silent(page)
    assert await in_database(Message.objects.count)() == 0


async def test_a_stranger_is_closed_out(strangers, address):
    socket = live.socket(address, strangers)

    await socket.connect(timeout=10)

    assert await code_of(socket) == ("websocket.close", 4404)


async def test_a_visitor_is_closed_out(address):
    socket = live.socket(address)

    await socket.connect(timeout=10)

    assert await code_of(socket) == ("websocket.close", 4404)


async def test_another_site_is_not_let_in(hers, address):
    socket = live.socket(address, hers, origin="https://evil.example")

    assert (await socket.connect(timeout=10))[0] is False


def sign_out(client, user):
    client.logout()


def deactivate(client, user):
    user.is_active = False
    user.save()


def change_password(client, user):
    user.set_password("five other calm words here")
    user.save()


def tell_again(message):
    """To a closed account nobody writes any more, but an event may be on its way."""
    topic = message.thread.topic
    events.publish(topic, type="message.sent", message=str(message.id))


@pytest.mark.parametrize("loss", [sign_out, deactivate, change_password])
async def test_who_loses_access_gets_nothing_more(his, write, alice, dr_bob, address, loss):
    message = await in_database(write)(alice, "Not for him")

    async with live.listening(), opened(address, his) as page:
        await in_database(loss)(his, dr_bob.user)
        await in_database(tell_again)(message)

        assert await code_of(page) == ("websocket.close", 4404)


async def test_who_is_no_longer_in_the_thread_gets_nothing_more(
    his, write, alice, carol, thread, address
):
    def hand_over():
        make_care(alice, carol)
        thread.provider = carol
        thread.save()

    async with live.listening(), opened(address, his) as page:
        await in_database(hand_over)()
        await in_database(write)(alice, "For Carol")

        assert await code_of(page) == ("websocket.close", 4404)


async def test_a_ping_is_answered(hers, address):
    async with opened(address, hers) as page:
        await page.send_to(text_data="ping")

        assert await page.receive_json_from(timeout=10) == {"kind": "pong"}


@pytest.mark.parametrize(
    "frame",
    [
        {"text_data": "hello"},
        {"text_data": '{"kind": "message", "html": "x"}'},
        {"text_data": "ping" * 300_000},
        {"bytes_data": b"ping"},
    ],
)
async def test_nothing_but_a_ping_comes_in(hers, address, frame):
    async with opened(address, hers) as page:
        await page.send_to(**frame)

        assert await code_of(page) == ("websocket.close", 4400)


async def test_pings_come_one_at_a_time(hers, address):
    async with opened(address, hers) as page:
        await page.send_to(text_data="ping")
        await page.send_to(text_data="ping")
        await page.receive_json_from(timeout=10)

        assert await code_of(page) == ("websocket.close", 4429)


async def test_a_page_is_told_when_events_may_have_been_lost(hers, address):
    async with opened(address, hers) as page, live.listening():
        assert await page.receive_json_from(timeout=10) == {"kind": "resumed"}


def reads_of(patient):
    read = AuditEvent.objects.filter(action="messaging.thread.read", patient_id=patient.pk)
    return list(read.values_list("by_id", flat=True))


async def test_a_message_that_arrives_is_a_read_of_who_sees_it(his, write, alice, dr_bob, address):
    async with live.listening(), opened(address, his) as page:
        await in_database(write)(alice, "Hello")

        assert (await page.receive_json_from(timeout=10))["kind"] == "message"
        assert await in_database(reads_of)(alice) == [dr_bob.user.pk]


@pytest.fixture
def full_disk(live_database):
    """The database refuses each row of a read."""
    name = "ALTER TABLE core_auditevent {} CONSTRAINT full_disk"
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(name.format("ADD") + " CHECK (action NOT LIKE '%.read') NOT VALID")
    yield
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(name.format("DROP"))


async def test_a_message_that_cannot_be_recorded_does_not_arrive(
    his, write, alice, address, full_disk
):
    async with live.listening(), opened(address, his) as page:
        await in_database(write)(alice, "Hello")

        assert await code_of(page) == ("websocket.close", UNRECORDED)


async def test_when_care_ends_an_open_page_gets_nothing_more(his, write, alice, address):
    def end_care():
        write(alice, "Not for him any more")
        end_all_care()

    async with live.listening(), opened(address, his) as page:
        await in_database(transaction.atomic(end_care))()

        assert await code_of(page) == ("websocket.close", 4404)
