"""Who is at the other end of a socket, at this moment.

A page is checked at every request; a socket may be open for hours, in which its person can sign
out, change the password or lose the account.
"""

import contextlib
import logging
from typing import Any

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import Error
from django.utils import timezone

from accounts.models import User
from core import reads

UNRECORDED = 4503  # 4000 to 4999 are ours to define
log = logging.getLogger(__name__)


async def signed_in(scope: Any) -> User | None:
    """Return the user of the socket's session, read again, if the session still stands."""
    session = scope["session"]
    anew: Any = {"session": session.__class__(session.session_key)}
    user = await get_user(anew)
    return user if isinstance(user, User) else None


class RecordedConsumer(AsyncWebsocketConsumer):
    """What every socket of the site is: the trail knows whose data a frame holds before it goes."""

    page: str  # the name of the page that the socket belongs to

    async def dispatch(self, message: Any) -> None:
        with reads.scope():
            await super().dispatch(message)

    async def send(self, *args: Any, **kwargs: Any) -> None:
        if owners := reads.take():
            try:
                await self._record(owners)
            except Error:
                log.exception("a read could not be recorded")
                with contextlib.suppress(OSError):
                    await self.close(code=UNRECORDED)
                return
        await super().send(*args, **kwargs)

    async def _record(self, owners: set[Any]) -> None:
        reader = await signed_in(self.scope)
        now = timezone.now()
        write = database_sync_to_async(reads.record)
        await write(owners, action=reads.action(self.page), by=reader, at=now)
