"""The people of a practice as its admin sees them. Nothing of patients."""

from dataclasses import dataclass

from accounts import factors
from accounts.models import Membership, Practice, User


@dataclass(frozen=True)
class Member:
    """One person, with every role in the practice."""

    user: User
    name: str
    memberships: list[Membership]
    has_factor: bool

    @property
    def may_lose_a_role(self) -> bool:
        return len(self.memberships) > 1


def practice_of(admin: User) -> Practice:
    """The practice that an admin looks after."""
    return Practice.objects.get(memberships__user=admin, memberships__role=Membership.Role.ADMIN)


def members(user: User) -> list[Member]:
    """Everybody in the practices that `user` looks after. Two queries."""
    rows = Membership.objects.visible_to(user).select_related("user__provider", "practice")
    by_person: dict[int, list[Membership]] = {}
    for row in sorted(rows, key=lambda row: (row.user.email, row.role)):  # sealed in the database
        by_person.setdefault(row.user_id, []).append(row)
    with_factor = factors.those_with_one(by_person)
    return [member(held, with_factor) for held in by_person.values()]


def member(held: list[Membership], with_factor: set[int]) -> Member:
    user = held[0].user
    provider = getattr(user, "provider", None)
    return Member(user, provider.title if provider else "", held, user.pk in with_factor)
