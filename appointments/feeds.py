"""The secret addresses from which people's own calendar programs fetch their visits (ADR 0025)."""

from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models import User


class CalendarFeedQuerySet(models.QuerySet["CalendarFeed"]):
    def open(self) -> Self:
        return self.filter(revoked_at=None)

    def of_user(self, user: User) -> "CalendarFeed | None":
        """The one that `user` has now."""
        return self.open().filter(user=user).first()


class CalendarFeed(models.Model):
    """That somebody has such an address. It is shown once; kept is its hash."""

    user = models.ForeignKey(User, models.PROTECT, related_name="calendar_feeds")
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Privacy:
        phi = ()
        plain = ("user", "token_hash", "made_at", "revoked_at")

    class Tenancy:
        nobody = "of a user, who is found by the secret before any practice is known"

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(revoked_at=None), name="calendar_feed_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"calendar feed {self.pk}"
