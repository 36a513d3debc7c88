"""The socket of an open day, calendar or board, which says that something changed."""

import json

from channels.db import database_sync_to_async

from accounts.models import Membership, Provider, User
from accounts.permissions import PROVIDER, policy
from accounts.revocation import topic
from accounts.sockets import RecordedConsumer, signed_in
from core import events

BAD_FRAME, NOT_FOUND = 4400, 4404  # 4000 to 4999 are ours to define


@policy(PROVIDER, Membership.Role.FRONT_DESK, Membership.Role.ADMIN)
class DayConsumer(RecordedConsumer):
    """No name and no id goes out: the page fetches the list anew, as itself."""

    page = "home"

    async def connect(self) -> None:
        user = await signed_in(self.scope)
        provider_ids = await watched_by(user) if user else []
        await self.accept()  # a browser is told our code only after the handshake
        if user is None or not provider_ids:
            await self.close(code=NOT_FOUND)
            return
        days = [f"day.{provider_id}" for provider_id in provider_ids]
        self.groups = [*days, topic(user), events.EVERYONE]  # left when the socket closes
        for group in self.groups:
            await self.channel_layer.group_add(group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.close(code=BAD_FRAME)  # nothing is to be said here

    async def day_changed(self, _event: dict[str, str]) -> None:
        if await self.may_stay():
            await self.send(text_data=json.dumps({"kind": "changed"}))
        else:
            await self.close(code=NOT_FOUND)

    async def account_changed(self, _event: dict[str, str]) -> None:
        """Who watches may have been signed out, or lost the role."""
        if not await self.may_stay():
            await self.close(code=NOT_FOUND)

    async def events_resumed(self, event: dict[str, str]) -> None:
        """Events may have been lost: the page looks again."""
        await self.day_changed(event)

    async def may_stay(self) -> bool:
        """Whether whoever is signed in at this moment, if anybody is, has a day to watch."""
        user = await signed_in(self.scope)
        return user is not None and bool(await watched_by(user))


@database_sync_to_async
def watched_by(user: User) -> list[int]:
    """Her own day, or at the front desk that of everybody: those whose hours she keeps."""
    return list(Provider.objects.kept_by(user).values_list("pk", flat=True))
