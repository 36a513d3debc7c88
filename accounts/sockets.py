"""Who is at the other end of a socket, at this moment, and whether the socket is for them.

A page is checked at every request; a socket may be open for hours, in which its person can sign
out, change the password or lose the account.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from accounts.models import User
from accounts.permissions import may_enter
from core.policy import policy_of

NOT_FOUND = 4404  # 4000 to 4999 are ours to define
Application = Callable[..., Awaitable[None]]


class NoSuchSocket(AsyncWebsocketConsumer):
    """An address at which nothing is: said to the browser, and not a fault of ours."""

    async def connect(self) -> None:
        await self.accept()  # a browser is told our code only after the handshake
        await self.close(code=NOT_FOUND)


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
    user = await signed_in(scope)
    return user is None or await database_sync_to_async(may_enter)(user, own)


async def signed_in(scope: Any) -> User | None:
    """Return the user of the socket's session, read again, if the session still stands."""
    session = scope["session"]
    anew: Any = {"session": session.__class__(session.session_key)}
    user = await get_user(anew)
    return user if isinstance(user, User) else None
