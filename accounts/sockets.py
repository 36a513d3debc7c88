"""Who is at the other end of a socket, at this moment.

A page is checked at every request; a socket may be open for hours, in which its person can sign
out, change the password or lose the account.
"""

import contextlib
import logging
from types import SimpleNamespace
from typing import Any

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import Error
from django.utils import timezone

from accounts import factors, idle
from accounts.models import User
from core import reads

UNRECORDED = 4503  # 4000 to 4999 are ours to define
log = logging.getLogger(__name__)


async def signed_in(scope: Any, *, is_call: bool = False) -> User | None:
    """Return the user of the socket's session, read again, if the session still stands.

    Staff who has not shown the second factor counts as nobody, as on every page; and so does who
    has rested too long, but not in a call: talking is no typing.
    """
    session = scope["session"]
    anew: Any = {"session": session.__class__(session.session_key)}
    user = await get_user(anew)
    if not isinstance(user, User):
        return None
    if not is_call and idle.is_locked(anew["session"], now=idle.clock()):
        return None
    return user if await has_shown_factor(user, anew["session"]) else None


@database_sync_to_async
def has_shown_factor(user: User, session: Any) -> bool:
    return not factors.is_missing(SimpleNamespace(session=session), user)


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
        reader = await signed_in(self.scope, is_call=True)  # who rests is still who reads
        now = timezone.now()
        write = database_sync_to_async(reads.record)
        await write(owners, action=reads.action(self.page), by=reader, at=now)
