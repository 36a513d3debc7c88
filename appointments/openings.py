"""The index of free time: what the directory reads in place of hours and visits (ADR 0019)."""

from datetime import UTC, datetime

from django.db import models
from django.db.models import F, Q

from accounts.codes import State
from accounts.models import Provider

NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # sorts last, and compares, which NULL would not
DERIVED = "made from public hours and from when a provider is busy; whoever takes a time renews it"


class FreeInterval(models.Model):
    """Where visits may start: at `starts_at`, and every `step_minutes` after it, before `ends_at`.

    Visit, buffers and hours have been weighed, so that a start needs nothing more but the lead
    time, the horizon and the licence, which change with the clock and with who asks.
    """

    provider = models.ForeignKey(
        Provider, models.CASCADE, related_name="free_intervals", db_index=False
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()  # half-open
    step_minutes = models.PositiveSmallIntegerField()

    class Privacy:
        phi = ()
        plain = ("provider", "starts_at", "ends_at", "step_minutes")

    class Tenancy:
        nobody = DERIVED

    class Meta:
        constraints = [
            # They lie apart, so those that end later start later: one index finds what comes next.
            models.UniqueConstraint(fields=["provider", "ends_at"], name="free_interval_once"),
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at")), name="free_interval_in_order"
            ),
            models.CheckConstraint(
                condition=Q(step_minutes__gt=0), name="free_interval_step_positive"
            ),
        ]


RANK = ("starts_at", "load", "shuffle", "provider")  # who comes first in a list


class Opening(models.Model):
    """The soonest start at which a provider may see somebody in a state; NEVER if she has none.

    A row for each state in which a licence of hers may ever count. In the order of its index a
    page of the directory is read off, however many providers there are.
    """

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="openings", db_index=False)
    state = models.CharField(max_length=2, choices=State)
    starts_at = models.DateTimeField()
    load = models.PositiveSmallIntegerField()  # fives of visits ahead; the freer one comes first
    shuffle = models.PositiveIntegerField()  # then by this, which each day deals anew

    class Privacy:
        phi = ()
        plain = ("provider", "state", "starts_at", "load", "shuffle")

    class Tenancy:
        nobody = DERIVED

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "state"], name="opening_once_a_state")
        ]
        indexes = [
            models.Index(
                fields=["state", "starts_at", "load", "shuffle", "provider"],
                name="opening_in_order",
            )
        ]


class Indexed(models.Model):
    """Until when the index is right about a provider, if nothing is changed.

    Its row is the lock under which her time is taken and the index renewed. The database makes it
    with the provider, and sets it to the past whenever something changes (appointments.triggers),
    so that a change that does not renew the index itself is found by the sweep.
    """

    provider = models.OneToOneField(
        Provider, models.CASCADE, primary_key=True, related_name="indexed"
    )
    due_at = models.DateTimeField(db_index=True)

    class Privacy:
        phi = ()
        plain = ("provider", "due_at")

    class Tenancy:
        nobody = DERIVED
