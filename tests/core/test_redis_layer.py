"""The same live events where the site runs several web processes."""

import asyncio

import pytest
import pytest_asyncio
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer

from core import events
from tests import live
from tests.redis import running_redis

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("live_database")]
in_database = database_sync_to_async
PATIENCE = 20  # seconds


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory):
    with running_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest_asyncio.fixture
async def layer(redis_url, settings):
    settings.REDIS_URL = redis_url
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [redis_url]},
        }
    }
    layer = get_channel_layer()
    yield layer
    await layer.flush()


async def heard(layer, channel):
    async with asyncio.timeout(PATIENCE):
        return await layer.receive(channel)


async def is_silent(layer, channel):
    try:
        async with asyncio.timeout(0.5):
            return await layer.receive(channel) is None
    except TimeoutError:
        return True


async def test_a_group_spans_processes(layer, redis_url):
    other = RedisPubSubChannelLayer(hosts=[redis_url])
    channel = await other.new_channel()
    await other.group_add("thread.1", channel)

    await layer.group_send("thread.1", {"type": "thing.happened"})

    assert await heard(other, channel) == {"type": "thing.happened"}
    await other.flush()


async def test_two_listening_processes_forward_an_event_once(layer):
    channel = await layer.new_channel()
    await layer.group_add("thread.1", channel)

    async with live.listening(), live.listening():
        await in_database(events.publish)("thread.1", type="thing.happened")

        assert await heard(layer, channel) == {"type": "thing.happened"}
        assert await is_silent(layer, channel)


async def test_when_one_listener_is_cut_off_the_next_takes_over(layer):
    channel = await layer.new_channel()
    await layer.group_add("thread.1", channel)

    async with live.listening(), live.listening():
        first = await in_database(live.listeners)("hears")
        second = await in_database(live.listeners)("waits")
        await in_database(live.terminate)(first)
        await live.until(lambda: live.listeners("hears") == second)

        await in_database(events.publish)("thread.1", type="thing.happened")

        assert await heard(layer, channel) == {"type": "thing.happened"}
