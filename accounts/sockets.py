"""Who is at the other end of a socket, at this moment.

A page is checked at every request; a socket may be open for hours, in which its person can sign
out, change the password or lose the account.
"""

from typing import Any

from channels.auth import get_user

from accounts.models import User


async def signed_in(scope: Any) -> User | None:
    """Return the user of the socket's session, read again, if the session still stands."""
    session = scope["session"]
    anew: Any = {"session": session.__class__(session.session_key)}
    user = await get_user(anew)
    return user if isinstance(user, User) else None
