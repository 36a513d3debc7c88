"""That a time is kept for a patient who waits for one: in neutral words, by what she has chosen.

The link leads to a page behind the sign-in, and tells nothing by itself. That an offer has run out
is no news: its page says so to whoever comes late.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import contact
from appointments import delivery
from appointments.channels import Notice
from appointments.models import WaitlistOffer
from core import outbox, zones
from core.duties import handler
from core.policy import RECIPIENT, serves

OFFER = "notice.waitlist-offer"


def enqueue(offer: WaitlistOffer, *, now: datetime) -> None:
    """Make it a duty to tell her, by each channel that she has chosen. In the transaction that
    makes the offer; it has one version only."""
    for channel in delivery.chosen_by(contact.rules_of(offer.entry.patient)):
        outbox.enqueue(
            OFFER, key=key(offer, channel.name), payload=payload(offer, channel.name), due_at=now
        )


def key(offer: WaitlistOffer, channel: str) -> str:
    return f"{offer.pk}:{channel}"


def payload(offer: WaitlistOffer, channel: str) -> dict[str, Any]:
    return {"offer": str(offer.pk), "channel": channel, "recipient": delivery.PATIENT}


@handler(OFFER)
@serves(RECIPIENT)
def send_offer(payload: dict[str, Any], now: datetime) -> None:
    """
    :raises delivery.Changed: if it is no longer hers to answer; and as `delivery.send`
    """
    offer = WaitlistOffer.objects.select_related("entry__patient__user").get(pk=payload["offer"])
    if offer.status != WaitlistOffer.Status.OFFERED:
        raise delivery.Changed
    patient, channel = offer.entry.patient, payload["channel"]
    delivery.send(notice_of(offer, channel), patient, channel, until=offer.expires_at, now=now)


def notice_of(offer: WaitlistOffer, channel: str) -> Notice:
    zone = ZoneInfo(offer.entry.patient.zone)
    until = zones.wall_time(offer.expires_at, zone)
    return Notice(
        message_id=delivery.message_id_of(f"{OFFER}:{key(offer, channel)}"),
        subject=_("A time is free"),
        opening=_("A time is free. We keep it for you until %(until)s.") % {"until": until},
        when=zones.full(offer.starts_at, zone),
        link=f"{settings.SITE_URL}{reverse('appointments:waitlist_offer', args=[offer.pk])}",
        template="appointments/mail/waitlist_offer.txt",
    )
