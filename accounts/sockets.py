"""Who is at the other end of a socket, at this moment.

A page is checked at every request; a socket may be open for hours, in which its person can sign
out, change the password or lose the account.
"""

from types import SimpleNamespace
from typing import Any

from channels.auth import get_user
from channels.db import database_sync_to_async

from accounts import factors, idle
from accounts.models import User


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
