"""Posting to the books. An entry is whole and final; the database sees to both."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import Patient, User
from billing.models import Account, Entry, Line


@dataclass(frozen=True)
class Leg:
    """One line to post: debits positive, credits negative, in cents."""

    account: Account
    amount_cents: int
    patient: Patient | None = None


class Unbalanced(Exception):
    """The lines do not sum to zero, or there are none."""


class PostedDifferently(Exception):
    """This source has been posted already, with other lines."""


@transaction.atomic
def post(
    *,
    kind: Entry.Kind,
    source_id: str,
    lines: Sequence[Leg],
    by: User | None,
    now: datetime,
    reverses: Entry | None = None,
) -> Entry:
    """
    Post the event that `source_id` names, once. Posting it again returns the first entry.

    Legs of zero cents are left out.

    :raises Unbalanced: if the lines are not at least two that sum to zero
    :raises PostedDifferently: if the source is in the books with other lines
    """
    legs = [leg for leg in lines if leg.amount_cents]
    if len(legs) < 2 or sum(leg.amount_cents for leg in legs) != 0:  # noqa: PLR2004 -- debit and credit
        raise Unbalanced
    values = {"posted_at": now, "by": by, "reverses": reverses, "lines_count": len(legs)}
    entry, is_new = Entry.objects.get_or_create(kind=kind, source_id=source_id, defaults=values)
    if is_new:
        Line.objects.bulk_create(
            Line(entry=entry, account=x.account, amount_cents=x.amount_cents, patient=x.patient)
            for x in legs
        )
    elif Counter(legs_of(entry)) != Counter(legs):
        raise PostedDifferently
    return entry


def reverse(*, entry: Entry, by: User, now: datetime) -> Entry:
    """Undo an entry by its mirror image, once. What is right is then posted anew."""
    mirrored = [Leg(leg.account, -leg.amount_cents, leg.patient) for leg in legs_of(entry)]
    return post(
        kind=Entry.Kind.REVERSAL,
        source_id=str(entry.pk),
        lines=mirrored,
        by=by,
        now=now,
        reverses=entry,
    )


def legs_of(entry: Entry) -> list[Leg]:
    return [
        Leg(Account(line.account), line.amount_cents, line.patient)
        for line in entry.lines.select_related("patient")
    ]
