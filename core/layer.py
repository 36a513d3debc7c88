"""The channel layer of a single process: one queue a socket, one set of queues a group.

Channels' own in-memory layer walks all channels for each message; this one touches only those
that get it. Several web processes need REDIS_URL.
"""

import asyncio
import copy
import secrets
from collections import defaultdict
from typing import Any

from channels.layers import BaseChannelLayer

CAPACITY = 200  # a socket that is this far behind has gone; its frames are dropped


class LocalChannelLayer(BaseChannelLayer):
    extensions = ["groups"]

    def __init__(self, **_: Any) -> None:
        super().__init__(capacity=CAPACITY)
        self.queues: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self.members: dict[str, set[str]] = defaultdict(set)
        self.joined: dict[str, set[str]] = defaultdict(set)

    async def new_channel(self, prefix: str = "specific") -> str:
        channel = f"{prefix}.local!{secrets.token_urlsafe(9)}"
        self.queues[channel] = asyncio.Queue(CAPACITY)
        return channel

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        queue = self.queues.get(channel)
        if queue is not None and not queue.full():
            queue.put_nowait(copy.deepcopy(message))

    async def receive(self, channel: str) -> dict[str, Any]:
        queue = self.queues.setdefault(channel, asyncio.Queue(CAPACITY))
        try:
            return await queue.get()
        except asyncio.CancelledError:
            self.forget(channel)  # the socket has closed; nobody will read this queue again
            raise

    async def group_add(self, group: str, channel: str) -> None:
        self.members[group].add(channel)
        self.joined[channel].add(group)

    async def group_discard(self, group: str, channel: str) -> None:
        self.members[group].discard(channel)
        self.joined[channel].discard(group)
        if not self.members[group]:
            del self.members[group]

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        for channel in tuple(self.members.get(group, ())):
            await self.send(channel, message)

    def forget(self, channel: str) -> None:
        self.queues.pop(channel, None)
        for group in self.joined.pop(channel, ()):
            self.members[group].discard(channel)
            if not self.members[group]:
                del self.members[group]
