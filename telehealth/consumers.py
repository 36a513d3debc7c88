"""The socket of a provider's open day, which says that something changed; and of no page."""

import json

from channels.db import database_sync_to_async

from accounts.models import Provider, User
from accounts.revocation import topic
from accounts.sockets import RecordedConsumer, signed_in
from core import events

BAD_FRAME, NOT_FOUND = 4400, 4404  # 4000 to 4999 are ours to define


class DayConsumer(RecordedConsumer):
    """No name and no id goes out: the page fetches the list anew, as itself."""

    page = "home"

    async def connect(self) -> None:
        user = await signed_in(self.scope)
        provider_id = await provider_id_of(user) if user else None
        await self.accept()  # a browser is told our code only after the handshake
        if user is None or provider_id is None:
            await self.close(code=NOT_FOUND)
            return
        self.groups = [
            f"day.{provider_id}",
            topic(user),
            events.EVERYONE,
        ]  # left when the socket closes
        for group in self.groups:
            await self.channel_layer.group_add(group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.close(code=BAD_FRAME)  # nothing is to be said here

    async def day_changed(self, _event: dict[str, str]) -> None:
        if await self.provider_id() is None:
            await self.close(code=NOT_FOUND)
        else:
            await self.send(text_data=json.dumps({"kind": "changed"}))

    async def account_changed(self, _event: dict[str, str]) -> None:
        """The provider may have been signed out, or lost the role."""
        if await self.provider_id() is None:
            await self.close(code=NOT_FOUND)

    async def events_resumed(self, event: dict[str, str]) -> None:
        """Events may have been lost: the page looks again."""
        await self.day_changed(event)

    async def provider_id(self) -> int | None:
        """The provider who is signed in at this moment, if it is one."""
        user = await signed_in(self.scope)
        return await provider_id_of(user) if user else None


class NoSuchSocket(RecordedConsumer):
    """An address at which nothing is: said to the browser, and not a fault of ours."""

    page = ""

    async def connect(self) -> None:
        await self.accept()
        await self.close(code=NOT_FOUND)


@database_sync_to_async
def provider_id_of(user: User) -> int | None:
    return Provider.objects.filter(user=user).values_list("pk", flat=True).first()
