"""An admin sets what late cancellations and missed visits may cost, from a day on."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.models import Practice, User
from appointments.models import CancellationPolicy
from core import audit


class Past(Exception):
    """The day is over: a rule cannot hold for visits that are booked already."""


@transaction.atomic
def enter(
    *,
    practice: Practice,
    valid_from: date,
    free_hours: int,
    late_fee_cents: int,
    noshow_fee_cents: int,
    by: User,
    now: datetime,
) -> CancellationPolicy:
    """
    Let another rule hold for visits that are booked on `valid_from` or later.

    Those that are booked keep theirs. Of two rules from one day the later entry holds.

    :raises Past: if that day is over where the practice is
    """
    if valid_from < today(practice, now=now):
        raise Past
    entered = CancellationPolicy.objects.create(
        practice=practice,
        valid_from=valid_from,
        free_hours=free_hours,
        late_fee_cents=late_fee_cents,
        noshow_fee_cents=noshow_fee_cents,
        entered_at=now,
        entered_by=by,
    )
    audit.record("cancellation-policy.entered", subject=entered, by=by, at=now)
    return entered


def today(practice: Practice, *, now: datetime) -> date:
    return now.astimezone(ZoneInfo(practice.zone)).date()
