"""Whom a door is for. What has no policy is shut: nobody gets to it until somebody decides.

Views and sockets are marked by `accounts.permissions.policy`, which knows the roles. What runs
without a request, a duty, a task or a command, says with `serves` whom it acts or speaks for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

SYSTEM = "system"  # works on its own, and tells nobody outside anything
OPERATOR = "operator"  # who has a shell on the machine
RECIPIENT = "recipient"  # the one person whom a letter is for
CARD_NETWORK = "card-network"
SERVED = frozenset({SYSTEM, OPERATOR, RECIPIENT, CARD_NETWORK})

ATTRIBUTE = "policy"
T = TypeVar("T")


class Unclassified(Exception):
    """Nobody has said whom this is for, so it is for nobody."""


class UnknownAudience(Exception):
    """A policy names somebody who does not exist, or nobody at all."""


@dataclass(frozen=True)
class Policy:
    """Who may come, and how the one row that an address names is found for them."""

    audience: frozenset[str]
    finds: Callable[..., Any] | None = None


def serves(*audience: str) -> Callable[[T], T]:
    """Mark a duty's handler, a task or a command.

    :raises UnknownAudience:
    """
    if not audience or set(audience) - SERVED:
        raise UnknownAudience(audience)

    def mark(door: T) -> T:
        setattr(door, ATTRIBUTE, Policy(frozenset(audience)))
        return door

    return mark


def policy_of(door: object) -> Policy | None:
    """Return the door's own policy. A class has none by its parent."""
    return vars(door).get(ATTRIBUTE)


def required(door: object) -> Policy:
    """
    :raises Unclassified:
    """
    if policy := policy_of(door):
        return policy
    raise Unclassified(repr(door))
