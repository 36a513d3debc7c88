"""The channel layer of a single process: one queue a socket, one set of queues a group.

Channels' own in-memory layer walks all channels for each message; this one touches only those
that get it. Several web processes need REDIS_URL.
"""

import asyncio
import copy
import secrets
import weakref
from collections import defaultdict
from typing import Any

from channels.layers import BaseChannelLayer

CAPACITY = 200  # a socket that is this far behind has gone; its frames are dropped


class ChannelName(str):
    """A name that its socket alone keeps: the channel is forgotten with it.

    Nothing else tells reliably that a socket has closed. Cancelling its `receive` does not, where
    a message came in at the same moment.
    """


class LocalChannelLayer(BaseChannelLayer):
    extensions = ["groups"]

    def __init__(self, **_: Any) -> None:
        super().__init__(capacity=CAPACITY)
        # Keyed by plain strings, so that nothing in here keeps a ChannelName alive.
        self.queues: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self.members: dict[str, set[str]] = defaultdict(set)
        self.joined: dict[str, set[str]] = defaultdict(set)

    async def new_channel(self, prefix: str = "specific") -> str:
        name = ChannelName(f"{prefix}.local!{secrets.token_urlsafe(9)}")
        self.queues[str(name)] = asyncio.Queue(CAPACITY)
        weakref.finalize(name, self.forget, str(name)).atexit = False
        return name

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        queue = self.queues.get(channel)
        if queue is not None and not queue.full():
            queue.put_nowait(copy.deepcopy(message))

    async def receive(self, channel: str) -> dict[str, Any]:
        return await self.queues[channel].get()

    async def group_add(self, group: str, channel: str) -> None:
        self.members[group].add(str(channel))
        self.joined[str(channel)].add(group)

    async def group_discard(self, group: str, channel: str) -> None:
        self._leave(group, channel)
        if channel in self.joined:
            self.joined[channel].discard(group)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        for channel in tuple(self.members.get(group, ())):
            await self.send(channel, message)

    def forget(self, channel: str) -> None:
        self.queues.pop(channel, None)
        for group in self.joined.pop(channel, ()):
            self._leave(group, channel)

    def _leave(self, group: str, channel: str) -> None:
        members = self.members.get(group, set())
        members.discard(channel)
        if not members:
            self.members.pop(group, None)
