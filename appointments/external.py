"""Calendars that a provider keeps elsewhere, and when they say that she is busy."""

from datetime import datetime, timedelta
from typing import Self
from urllib.parse import urlsplit

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Provider, User
from core.closed import ClosedText

STALE = timedelta(days=3)
LONGEST_ETAG, LONGEST_DATE = 200, 60  # characters


class ExternalCalendarQuerySet(models.QuerySet["ExternalCalendar"]):
    def kept_by(self, user: User) -> Self:
        """Those that `user` has named: where else she is busy is nobody's business."""
        return self.filter(provider__user=user).order_by("added_at", "pk")

    def in_use(self) -> Self:
        """Those of providers who work here: whoever has left is told of no visit any more."""
        works = Membership.objects.filter(
            user=OuterRef("provider__user"),
            practice=OuterRef("provider__practice"),
            role=Membership.Role.PROVIDER,
        )
        return self.filter(Exists(works), provider__user__is_active=True)

    def two_way(self) -> Self:
        """Those in which visits are put as well."""
        kind = ExternalCalendar.Kind.CALDAV
        return self.in_use().filter(kind=kind).select_related("provider")

    def due(self, *, now: datetime) -> Self:
        return self.in_use().filter(due_at__lte=now).order_by("due_at")


class ExternalCalendar(models.Model):
    """A calendar that is fetched from the address which its provider has given.

    The address is a secret: with most makers of calendars, whoever knows it reads everything.
    """

    class Kind(models.TextChoices):
        FEED = "feed", _("Read only")  # an iCalendar file
        CALDAV = "caldav", _("Your visits are put there, too")

    class Failure(models.TextChoices):
        ADDRESS = "address", _("This is not an address that we can fetch.")
        INSIDE = "inside", _("The address does not lead to a public server.")
        UNREACHABLE = "unreachable", _("Nobody answers there.")
        SLOW = "slow", _("The answer takes too long.")
        LARGE = "large", _("The calendar is too large: 2 MiB at most.")
        LEADS_ON = "leads-on", _("The address leads on too often.")
        GONE = "gone", _("There is no calendar at the address any more. Copy its address anew.")
        REFUSED = "refused", _("The server does not let us in.")
        FAULT = "fault", _("The server has a fault.")
        NOT_A_CALENDAR = "not-a-calendar", _("What is there is not a calendar.")
        NO_CALDAV = "no-caldav", _("The server does not speak CalDAV. Name the calendar itself.")
        TOO_MUCH = "too-much", _("The calendar holds more than we can work through.")

    provider = models.ForeignKey(Provider, models.PROTECT, related_name="external_calendars")
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.FEED)
    address = ClosedText()
    username = ClosedText(null=True)
    password = ClosedText(null=True)
    added_at = models.DateTimeField()
    due_at = models.DateTimeField()  # when it is fetched next
    fetched_at = models.DateTimeField(null=True)  # the last time that went well
    expanded_at = models.DateTimeField(null=True)  # the last time that it was read as a whole
    failure = models.CharField(max_length=14, choices=Failure, blank=True)  # of the last try
    failures_count = models.PositiveSmallIntegerField(default=0)  # in a row
    unread_count = models.PositiveIntegerField(default=0)  # entries that nobody could read
    etag = models.CharField(max_length=LONGEST_ETAG, blank=True)
    last_modified = models.CharField(max_length=LONGEST_DATE, blank=True)
    sync_token = models.TextField(blank=True)  # CalDAV's name of the state we have (RFC 6578)

    class Privacy:
        phi = ()
        plain = (
            "provider", "kind", "address", "username", "password", "sync_token", "added_at",
            "due_at", "fetched_at", "expanded_at", "failure", "failures_count", "unread_count",
            "etag", "last_modified",
        )  # fmt: skip

    class Tenancy:
        of = "provider"

    objects = ExternalCalendarQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    failure__in=[
                        "",
                        "address",
                        "inside",
                        "unreachable",
                        "slow",
                        "large",
                        "leads-on",
                        "gone",
                        "refused",
                        "fault",
                        "not-a-calendar",
                        "no-caldav",
                        "too-much",
                    ]
                ),
                name="external_calendar_failure_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind="feed", username__isnull=True, password__isnull=True, sync_token=""
                )
                | Q(kind="caldav", username__isnull=False, password__isnull=False),
                name="external_calendar_signs_in_iff_caldav",
            ),
            models.CheckConstraint(
                condition=Q(failure="", failures_count=0)
                | ~Q(failure="") & Q(failures_count__gt=0),
                name="external_calendar_failures_counted",
            ),
            models.CheckConstraint(
                condition=Q(expanded_at=None)
                | Q(fetched_at__isnull=False, expanded_at__lte=F("fetched_at")),
                name="external_calendar_expanded_when_fetched",
            ),
        ]
        indexes = [models.Index(fields=["due_at"], name="external_calendar_due")]

    def __str__(self) -> str:
        return f"external calendar {self.pk}"

    @property
    def host(self) -> str:
        """What may be shown of the address."""
        try:
            return urlsplit(self.address).hostname or ""
        except ValueError:
            return ""

    def is_stale(self, *, now: datetime) -> bool:
        """Whether what we know of it is so old that she should hear of it."""
        return (self.fetched_at or self.added_at) <= now - STALE


class ExternalBusy(models.Model):
    """A time in which a provider is busy elsewhere. Nothing is kept of what with."""

    calendar = models.ForeignKey(ExternalCalendar, models.CASCADE, related_name="busy_times")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()  # half-open

    class Privacy:
        phi = ()
        plain = ("calendar", "starts_at", "ends_at")

    class Tenancy:
        of = "calendar"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at")), name="external_busy_in_order"
            ),
            models.UniqueConstraint(fields=["calendar", "starts_at"], name="external_busy_once"),
        ]
        indexes = [models.Index(fields=["calendar", "ends_at"], name="external_busy_ahead")]


class ExternalEvent(models.Model):
    """That a visit was put into a calendar elsewhere, and in which state it was left there."""

    calendar = models.ForeignKey(ExternalCalendar, models.CASCADE, related_name="events")
    appointment = models.ForeignKey(
        "appointments.Appointment", models.PROTECT, related_name="external_events"
    )
    etag = models.CharField(max_length=LONGEST_ETAG, blank=True)

    class Privacy:
        phi = ()
        plain = ("calendar", "appointment", "etag")

    class Tenancy:
        of = "calendar"
        agrees = ("appointment",)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["calendar", "appointment"], name="external_event_once")
        ]
