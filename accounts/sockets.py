"""Who is at the other end of a socket, at this moment, and whether the socket is for them.

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

from accounts import factors, idle, passkey_rule
from accounts.models import User
from accounts.permissions import may_enter
from core import reads, tenancy
from core.policy import policy_of

UNRECORDED, NOT_FOUND = 4503, 4404  # 4000 to 4999 are ours to define
log = logging.getLogger(__name__)


def guarded(address: Any) -> Any:
    """Put the guard in front of a consumer's address. Without a policy nobody gets through."""
    consumer = address.callback.consumer_class
    address.callback = guard(address.callback, policy_of(consumer))
    address.callback.consumer_class = consumer
    return address


def guard(behind: Any, own: Any) -> Any:
    """Who is not signed in goes on to the consumer, which has its own word for that."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        is_let_in = own is not None and await is_for(scope, own)
        await (behind if is_let_in else NoSuchSocket.as_asgi())(scope, receive, send)

    return application


async def is_for(scope: Any, own: Any) -> bool:
    user = await signed_in(scope, is_call=True)
    return user is None or await database_sync_to_async(may_enter)(user, own)


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
    scope = SimpleNamespace(session=session)
    is_missing = factors.is_missing(scope, user)
    return not (is_missing or passkey_rule.is_due(scope, user, now=timezone.now()))


class RecordedConsumer(AsyncWebsocketConsumer):
    """What every socket of the site is: the trail knows whose data a frame holds before it goes."""

    page: str  # the name of the page that the socket belongs to

    async def dispatch(self, message: Any) -> None:
        with tenancy.closed(), reads.scope():
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

    async def reader(self) -> User | None:
        return await signed_in(self.scope, is_call=True)  # who rests is still who reads

    async def _record(self, owners: set[Any]) -> None:
        reader = await self.reader()
        now = timezone.now()
        write = database_sync_to_async(reads.record)
        await write(owners, action=reads.action(self.page), by=reader, at=now)


class NoSuchSocket(RecordedConsumer):
    """An address at which nothing is: said to the browser, and not a fault of ours."""

    page = "nowhere"

    async def connect(self) -> None:
        await self.accept()  # a browser is told our code only after the handshake
        await self.close(code=NOT_FOUND)
