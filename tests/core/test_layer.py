import asyncio
import gc
from functools import partial

import pytest
from channels.exceptions import StopConsumer
from channels.utils import await_many_dispatch

from core.layer import CAPACITY, LocalChannelLayer

pytestmark = [pytest.mark.journey, pytest.mark.asyncio]


@pytest.fixture
def layer():
    return LocalChannelLayer()


async def received(layer, channel):
    async with asyncio.timeout(5):
        return await layer.receive(channel)


def nothing_is_left_in(layer):
    gc.collect()
    return (layer.queues, dict(layer.members), dict(layer.joined)) == ({}, {}, {})


class Socket:
    """A socket as Channels runs it: it waits for its browser and for its channel."""

    async def open(self, layer, *groups):
        self.channel, self.frames = await layer.new_channel(), asyncio.Queue()
        for group in groups:
            await layer.group_add(group, self.channel)
        waiting = [self.frames.get, partial(layer.receive, self.channel)]
        self.running = asyncio.create_task(await_many_dispatch(waiting, self.dispatch))
        await asyncio.sleep(0.001)
        return self

    async def dispatch(self, message):
        if message == "close":
            raise StopConsumer

    async def close(self):
        self.frames.put_nowait("close")
        await asyncio.wait([self.running])
        assert isinstance(self.running.exception(), StopConsumer)


async def test_what_is_sent_is_received_in_order(layer):
    channel = await layer.new_channel()

    for number in range(3):
        await layer.send(channel, {"type": "note", "number": number})

    assert [(await received(layer, channel))["number"] for _ in range(3)] == [0, 1, 2]


async def test_channels_have_names_of_their_own(layer):
    names = [await layer.new_channel() for _ in range(100)]

    assert (len(set(names)), len(layer.queues)) == (100, 100)
    for name in names:
        layer.require_valid_channel_name(name)


async def test_a_message_is_a_copy(layer):
    channel, message = await layer.new_channel(), {"type": "note", "ids": [1]}

    await layer.send(channel, message)
    message["ids"].append(2)

    assert await received(layer, channel) == {"type": "note", "ids": [1]}


async def test_a_group_gets_a_message_each(layer):
    first, second, other = [await layer.new_channel() for _ in range(3)]
    await layer.group_add("room", first)
    await layer.group_add("room", second)

    await layer.group_send("room", {"type": "note"})

    assert [await received(layer, channel) for channel in (first, second)] == [{"type": "note"}] * 2
    assert layer.queues[other].empty()


async def test_joining_twice_is_joining_once(layer):
    channel = await layer.new_channel()
    await layer.group_add("room", channel)
    await layer.group_add("room", channel)

    await layer.group_send("room", {"type": "note"})

    assert layer.queues[channel].qsize() == 1


async def test_who_left_a_group_gets_nothing(layer):
    channel = await layer.new_channel()
    await layer.group_add("room", channel)
    await layer.group_discard("room", channel)

    await layer.group_send("room", {"type": "note"})

    assert layer.queues[channel].empty()


async def test_leaving_a_group_one_is_not_in_does_nothing(layer):
    await layer.group_discard("room", await layer.new_channel())

    assert nothing_is_left_in(layer)


async def test_sending_to_nobody_does_nothing(layer):
    await layer.send("specific.local!gone", {"type": "note"})
    await layer.group_send("room", {"type": "note"})

    assert (layer.queues, dict(layer.members)) == ({}, {})


async def test_a_socket_that_does_not_read_keeps_no_more_than_the_capacity(layer):
    channel = await layer.new_channel()

    for number in range(CAPACITY + 50):
        await layer.send(channel, {"type": "note", "number": number})

    assert layer.queues[channel].qsize() == CAPACITY
    assert (await received(layer, channel))["number"] == 0


async def test_a_slow_socket_does_not_hold_up_the_others(layer):
    slow, quick = [await layer.new_channel() for _ in range(2)]
    for channel in (slow, quick):
        await layer.group_add("room", channel)
    for _ in range(CAPACITY):
        await layer.send(slow, {"type": "note"})

    await layer.group_send("room", {"type": "latest"})

    assert await received(layer, quick) == {"type": "latest"}


async def test_a_closed_socket_is_forgotten(layer):
    socket = await Socket().open(layer, "room", "day")

    await socket.close()
    del socket

    assert nothing_is_left_in(layer)


async def test_a_socket_that_closes_while_a_message_comes_in_is_forgotten(layer):
    socket = await Socket().open(layer, "room")

    await layer.group_send("room", {"type": "note"})
    await socket.close()
    del socket

    assert nothing_is_left_in(layer)


async def test_a_thousand_sockets_come_and_go_without_growth(layer):
    stays = await Socket().open(layer, "room")
    for _ in range(1000):
        socket = await Socket().open(layer, "room")
        await layer.group_send("room", {"type": "note"})
        await socket.close()
    del socket
    gc.collect()

    assert list(layer.queues) == [stays.channel]
    assert (layer.members, layer.joined) == ({"room": {stays.channel}}, {stays.channel: {"room"}})
    stays.running.cancel()
