"""The waitlist as its pages show it: who waits, in which turn, for what, and what is on offer."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from accounts.models import User
from appointments import cancellation, presenters
from appointments.models import Appointment, WaitlistEntry, WaitlistOffer
from appointments.parts import PARTS


@dataclass(frozen=True)
class Row:
    entry: WaitlistEntry
    turn: int  # among those who wait for the same provider; 1 is next
    offer: WaitlistOffer | None  # that she can answer now
    words: str  # when she could come


def hers(user: User, *, now: datetime) -> list[Row]:
    """What a patient waits for. Two queries."""
    entries = WaitlistEntry.objects.visible_to(user).filter(patient__user=user)
    return list(_rows(_with_offers(entries.waiting(now=now)), now=now))


def kept(user: User, *, now: datetime) -> list[Row]:
    """Whom `user` looks after, by provider and in their turn. Two queries."""
    entries = WaitlistEntry.objects.kept_by(user).waiting(now=now)
    found = _with_offers(entries.select_related("patient__contact_rules"))
    return list(_rows(sorted(found, key=lambda entry: entry.provider.name), now=now))


def _with_offers(entries: Any) -> list[WaitlistEntry]:
    open_ones = Prefetch("offers", WaitlistOffer.objects.still_open(), to_attr="open_offers")
    related = ("patient", "provider", "appointment")
    return list(entries.select_related(*related).prefetch_related(open_ones))


def _rows(entries: Iterable[WaitlistEntry], *, now: datetime) -> Iterable[Row]:
    turns: Counter[int] = Counter()
    for entry in entries:
        turns[entry.provider_id] += 1
        offers: list[WaitlistOffer] = getattr(entry, "open_offers", [])
        offer = next((one for one in offers if one.is_open(now=now)), None)
        yield Row(entry, turns[entry.provider_id], offer, words(entry))


def words(entry: WaitlistEntry) -> str:
    """When she could come: "Monday, Friday; in the morning"."""
    days = ", ".join(str(WEEKDAYS[day]) for day in entry.weekdays) or _("Any day")
    parts = ", ".join(str(PARTS[part][2]) for part in entry.parts) or _("any time")
    return f"{days}; {parts}"


def offer_facts(
    offer: WaitlistOffer, *, reader: User, now: datetime, refusal: str = ""
) -> dict[str, Any]:
    """What accepting the offer does, and what it costs."""
    visit = offer.entry.appointment
    context: dict[str, Any] = {
        "offer": offer,
        "entry": offer.entry,
        "is_open": offer.is_open(now=now),
        "has_lapsed": offer.status == offer.Status.OFFERED and not offer.is_open(now=now),
        "appointment": visit,
        "version": visit.version if visit else 0,
        "refusal": refusal,
    }
    if visit is not None:
        is_near = cancellation.is_near(visit, offer.starts_at, now=now)
        context |= {
            "facts": presenters.visit_facts(visit, reader=reader, now=now),
            "is_near": is_near,
        }
    elif held := Appointment.objects.held_by(offer.holder).first():
        held.patient = offer.entry.patient  # not saved: for the rule that her payer has
        context |= {
            "held": held,
            "late_fee_cents": cancellation.late_fee_cents(held),
            "noshow_fee_cents": cancellation.noshow_fee_cents(held),
            "free_until": cancellation.free_until(held),
        }
    return context
