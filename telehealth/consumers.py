"""The sockets of open days, a provider's and the front desk's, which say that something changed."""

import json

from channels.db import database_sync_to_async
from django.http import Http404

from accounts.models import Provider, User
from accounts.permissions import PROVIDER, policy, practice_of
from accounts.revocation import topic
from accounts.sockets import RecordedConsumer, signed_in
from appointments.responses import DESK
from core import events

BAD_FRAME, NOT_FOUND = 4400, 4404  # 4000 to 4999 are ours to define


class ChangesConsumer(RecordedConsumer):
    """No name and no id goes out: the page fetches the list anew, as itself."""

    page = "home"

    async def connect(self) -> None:
        user = await signed_in(self.scope)
        own = await self.topic_of(user) if user else None
        await self.accept()  # a browser is told our code only after the handshake
        if user is None or own is None:
            await self.close(code=NOT_FOUND)
            return
        self.groups = [own, topic(user), events.EVERYONE]  # left when the socket closes
        for group in self.groups:
            await self.channel_layer.group_add(group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.close(code=BAD_FRAME)  # nothing is to be said here

    async def day_changed(self, _event: dict[str, str]) -> None:
        if await self.is_still_hers():
            await self.send(text_data=json.dumps({"kind": "changed"}))
        else:
            await self.close(code=NOT_FOUND)

    async def account_changed(self, _event: dict[str, str]) -> None:
        """Who listens may have been signed out, or lost the role."""
        if not await self.is_still_hers():
            await self.close(code=NOT_FOUND)

    async def events_resumed(self, event: dict[str, str]) -> None:
        """Events may have been lost: the page looks again."""
        await self.day_changed(event)

    async def is_still_hers(self) -> bool:
        """Whether what is listened to is that of whoever is signed in at this moment."""
        user = await signed_in(self.scope)
        return user is not None and await self.topic_of(user) in self.groups

    async def topic_of(self, user: User) -> str | None:
        raise NotImplementedError


@policy(PROVIDER)
class DayConsumer(ChangesConsumer):
    """A provider's day."""

    @database_sync_to_async
    def topic_of(self, user: User) -> str | None:
        found = Provider.objects.filter(user=user).values_list("pk", flat=True).first()
        return f"day.{found}" if found else None


@policy(*DESK)
class DeskConsumer(ChangesConsumer):
    """The day of a whole practice, as its front desk has it."""

    @database_sync_to_async
    def topic_of(self, user: User) -> str | None:
        try:
            return f"desk.{practice_of(user, *DESK).pk}"
        except Http404:
            return None
