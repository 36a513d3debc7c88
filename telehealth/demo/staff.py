"""The practice, and those who work in it without treating."""

from datetime import date, datetime, timedelta

from accounts.models import Membership, Practice, Provider, User
from appointments.models import CancellationPolicy
from care import supervising
from telehealth.demo import data
from telehealth.demo.accounts import SUFFIX, make_user
from telehealth.demo.names import Names

FOUNDED = date(2020, 1, 1)


def make_practice(*, now: datetime) -> Practice:
    sheet = data.read("practice")
    practice = Practice.objects.create(name=sheet["name"], phone=sheet["phone"], zone=sheet["zone"])
    CancellationPolicy.objects.create(
        practice=practice, valid_from=FOUNDED, entered_at=now, **sheet["cancellation_policy"]
    )
    return practice


def make_staff(practice: Practice, names: Names) -> None:
    """The first of each role has the address that the sign-in page shows."""
    for group in data.read("practice")["staff"]:
        for index, name in enumerate(group["names"]):
            mailbox = names.mailbox(name) if index else group["mailbox"]
            Membership.objects.create(
                user=make_user(mailbox), practice=practice, role=group["role"]
            )


def agree_on_supervision(practice: Practice, provider: Provider, *, now: datetime) -> None:
    """The demo supervisor reads the demo provider's notes, as both signed two months ago."""
    signed_at = now - timedelta(days=60)
    agreement = supervising.propose(
        practice=practice,
        supervisor=User.objects.get_by_natural_key(f"supervisor{SUFFIX}"),
        supervisee=provider.user,
        until=now + timedelta(days=300),
        now=signed_at,
    )
    supervising.sign(agreement=agreement, by=provider.user, now=signed_at)
