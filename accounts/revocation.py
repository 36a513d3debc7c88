"""The end of what a user was let into: pages at the next request, open sockets at once."""

from accounts.models import User
from core import events


def topic(user: User) -> str:
    """The group of live events that every socket of the user joins."""
    return f"account.{user.pk}"


def announce(user: User) -> None:
    """Let every open socket of the user ask again whether it may stay."""
    events.publish(topic(user), type="account.changed")


def revoke(user: User) -> None:
    """End every session of the user, on pages and sockets, whoever made it. Saved by the caller."""
    user.sessions_epoch += 1
    user.save(update_fields=["sessions_epoch"])
    announce(user)
