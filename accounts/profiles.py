"""A therapist's profile: begun when she takes up her role, found by nobody until it is whole."""

import secrets
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Practice, Provider, User
from core import audit

# Her own words, and what it is called where they are missing.
OWN: dict[str, Any] = {
    "name": _("Your name"),
    "credentials": _("Your credentials"),
    "profession": _("Your profession"),
    "approach": _("How you work, in your words"),
    "concerns": _("What you help with"),
    "languages": _("The languages you speak"),
    "age_groups": _("The ages you work with"),
}
# What the practice enters, to her.
NPI, FEE = _("Your NPI"), _("Your fee")
LICENCE = _("A licence that is valid today")
CHECK = _("A check of your profile by the practice")
OPTIONAL = ("pronouns", "methods", "gender", "identities")


class Verified(Exception):
    """The practice has checked the profile, so it changes with the practice only."""


def begin(*, user: User, practice: Practice) -> Provider:
    """Return the user's profile; make one that nobody can find, if she has none."""
    made, _is_new = Provider.objects.get_or_create(
        user=user,
        defaults={
            "practice": practice,
            "slug": f"therapist-{secrets.token_hex(4)}",  # of a name that is not known yet
            "zone": practice.zone,
            "is_accepting": False,
        },
    )
    return made


@transaction.atomic
def write(*, provider: Provider, by: User, now: datetime, **words: Any) -> None:
    """
    Keep what she says of herself.

    :param words: those of OWN and OPTIONAL, cleaned
    :raises Verified:
    """
    provider = Provider.objects.select_for_update().get(pk=provider.pk)
    if provider.verified_on is not None:
        raise Verified
    for name, value in words.items():
        setattr(provider, name, value)
    provider.save(update_fields=[*words])
    audit.record("profile.saved", subject=provider, by=by, at=now)


def missing_words(provider: Provider) -> list[Any]:
    """What she has still to say of herself."""
    return [words for name, words in OWN.items() if not getattr(provider, name)]


def missing_facts(provider: Provider, *, on: date) -> list[Any]:
    """What the practice has still to enter, which it checks: licences are not taken on trust."""
    return [words for words, is_there in facts(provider, on=on).items() if not is_there]


def facts(provider: Provider, *, on: date) -> dict[Any, bool]:
    """Each thing that the practice enters (`accounts.entries`), and whether it is there."""
    valid = provider.licences.filter(valid_from__lte=on, valid_until__gte=on)
    return {
        NPI: bool(provider.npi),
        FEE: bool(provider.fee_cents),
        LICENCE: valid.exists(),
        CHECK: provider.verified_on is not None,
    }
