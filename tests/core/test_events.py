import asyncio
import logging
import threading
from contextlib import contextmanager

import pytest
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import transaction

from core import events
from tests import live

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("live_database")]
in_database = database_sync_to_async
PATIENCE = 20  # seconds


async def join(group):
    """A channel that hears what is sent to `group`."""
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(group, channel)
    return channel


async def heard(channel):
    async with asyncio.timeout(PATIENCE):
        return await get_channel_layer().receive(channel)


async def is_silent(channel):
    try:
        async with asyncio.timeout(0.3):
            return await get_channel_layer().receive(channel) is None
    except TimeoutError:
        return True


def publish_and_roll_back(topic, **event):
    with transaction.atomic():
        events.publish(topic, **event)
        transaction.set_rollback(True)


def publish_twice_in_one(topic):
    with transaction.atomic():
        events.publish(topic, type="thing.happened", thing="1")
        events.publish(topic, type="thing.happened", thing="2")


async def test_what_is_committed_is_heard():
    async with live.listening():
        channel = await join("thread.1")

        await in_database(events.publish)("thread.1", type="thing.happened", thing="7")

        assert await heard(channel) == {"type": "thing.happened", "thing": "7"}


async def test_events_of_one_transaction_keep_their_order():
    async with live.listening():
        channel = await join("thread.1")

        await in_database(publish_twice_in_one)("thread.1")

        assert [(await heard(channel))["thing"] for _ in range(2)] == ["1", "2"]


async def test_what_is_rolled_back_is_not_heard():
    async with live.listening():
        channel = await join("thread.1")

        await in_database(publish_and_roll_back)("thread.1", type="thing.happened")

        assert await is_silent(channel)


async def test_nothing_is_heard_before_the_commit():
    async with live.listening():
        channel = await join("thread.1")
        may_commit = threading.Event()

        def publish_slowly():
            with transaction.atomic():
                events.publish("thread.1", type="thing.happened")
                may_commit.wait(PATIENCE)

        publishing = asyncio.create_task(in_database(publish_slowly)())
        assert await is_silent(channel) is True
        channel = await join("thread.1")
        may_commit.set()
        await publishing

        assert await heard(channel) == {"type": "thing.happened"}


async def test_another_topic_is_not_heard():
    async with live.listening():
        channel = await join("thread.1")

        await in_database(events.publish)("thread.2", type="thing.happened")

        assert await is_silent(channel)


@contextmanager
def short_pauses():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(events, "PAUSE_SECONDS", 0.05)
        yield


async def test_the_listener_comes_back_when_it_is_cut_off(caplog):
    caplog.set_level(logging.ERROR, "core.events")
    with short_pauses():
        async with live.listening():
            everyone = await join(events.EVERYONE)
            await in_database(live.terminate)(await in_database(live.listeners)())

            assert await heard(everyone) == {"type": "events.resumed"}

            channel = await join("thread.1")
            await in_database(events.publish)("thread.1", type="thing.happened")

            assert await heard(channel) == {"type": "thing.happened"}


async def test_an_event_that_nobody_waits_for_is_dropped():
    async with live.listening():
        await in_database(events.publish)("thread.1", type="thing.happened")
        channel = await join("thread.2")

        await in_database(events.publish)("thread.2", type="thing.happened")

        assert await heard(channel) == {"type": "thing.happened"}
