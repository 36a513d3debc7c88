"""The socket of an open thread: messages go out, nothing but a ping comes in."""

import asyncio
import json
from typing import Any

from channels.db import database_sync_to_async

from accounts.models import User
from accounts.permissions import PATIENT, PROVIDER, policy
from accounts.revocation import topic
from accounts.sockets import RecordedConsumer, signed_in
from core import events
from messaging import presenters
from messaging.models import Message, Thread

BAD_FRAME, NOT_FOUND, TOO_MANY = 4400, 4404, 4429  # 4000 to 4999 are ours to define
PING = "ping"
PING_PAUSE = 1.0  # seconds


@policy(PATIENT, PROVIDER, finds=Thread.objects.visible_to)
class ThreadConsumer(RecordedConsumer):
    """Bring new messages to one reader.

    No rule lives here: `visible_to` says who may read, and is asked again for every frame, so that
    whoever signs out or loses the thread gets nothing more.
    """

    page = "messaging:thread"
    pinged_at = float("-inf")

    async def connect(self) -> None:
        self.thread_id = self.scope["url_route"]["kwargs"]["thread_id"]
        reader = await signed_in(self.scope)
        if reader is None or not await self.may_read(reader):
            await self.accept()  # a browser is told our code only after the handshake
            await self.close(code=NOT_FOUND)
            return
        self.groups = [
            f"thread.{self.thread_id}",
            topic(reader),
            events.EVERYONE,
        ]  # left when the socket closes
        for group in self.groups:
            await self.channel_layer.group_add(group, self.channel_name)
        await self.accept()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        now = asyncio.get_running_loop().time()
        if text_data != PING:
            await self.close(code=BAD_FRAME)
        elif now - self.pinged_at < PING_PAUSE:
            await self.close(code=TOO_MANY)
        else:
            self.pinged_at = now
            await self.send_frame(kind="pong")

    async def message_sent(self, event: dict[str, str]) -> None:
        await self.show(event["message"], kind="message")

    async def attachment_checked(self, event: dict[str, str]) -> None:
        await self.show(event["message"], kind="changed")

    async def show(self, message_id: str, *, kind: str) -> None:
        reader = await signed_in(self.scope)
        html = reader and await self.fragment(message_id, reader)
        if html:
            await self.send_frame(kind=kind, html=html)
        else:
            await self.close(code=NOT_FOUND)

    async def account_changed(self, _event: dict[str, str]) -> None:
        """The reader may have been signed out, or lost the role."""
        reader = await signed_in(self.scope)
        if reader is None or not await self.may_read(reader):
            await self.close(code=NOT_FOUND)

    async def events_resumed(self, _event: dict[str, str]) -> None:
        """Events may have been lost: let the page ask for what it missed, as itself."""
        await self.send_frame(kind="resumed")

    async def send_frame(self, **frame: Any) -> None:
        await self.send(text_data=json.dumps(frame))

    @database_sync_to_async
    def may_read(self, reader: User) -> bool:
        return Thread.objects.visible_to(reader).filter(id=self.thread_id).exists()

    @database_sync_to_async
    def fragment(self, message_id: str, reader: User) -> str:
        """Return the message as HTML, or "" if `reader` may not see it."""
        visible = Message.objects.visible_to(reader).with_people().with_attachments()
        message = visible.filter(id=message_id, thread=self.thread_id).first()
        return presenters.fragment(message, reader) if message else ""
