"""The therapists: who they are, where they may treat, and when they work."""

from datetime import date, timedelta
from itertools import cycle
from typing import Any

from django.utils.text import slugify

from accounts.models import Licence, Membership, Practice, Provider
from appointments.models import Schedule
from telehealth.demo import data, hours
from telehealth.demo.accounts import make_user
from telehealth.demo.names import Names, npi

LICENSED_YEARS = 4
CUTS = ("visit_minutes", "buffer_after_minutes")


def make_providers(
    practice: Practice, names: Names, *, scale: int, today: date, days: range
) -> list[Provider]:
    """Make everybody of providers.toml `scale` times; from the second time on, under new names.

    All are accepting at first: see `close_lists`.
    """
    sheets = data.read("providers")["provider"] * scale
    return [
        make_provider(practice, sheet, names, index=index, today=today, days=days)
        for index, sheet in enumerate(sheets)
    ]


def make_provider(
    practice: Practice,
    sheet: dict[str, Any],
    names: Names,
    *,
    index: int,
    today: date,
    days: range,
) -> Provider:
    is_original = index < len(data.read("providers")["provider"])
    name = sheet["name"] if is_original else " ".join(names.draw())
    mailbox = names.mailbox(name)
    provider = Provider.objects.create(
        user=make_user(sheet.get("mailbox", mailbox) if is_original else mailbox),
        practice=practice,
        slug=slugify(mailbox.replace(".", " ")),
        name=name,
        npi=npi(index + 1),
        verified_on=today - timedelta(days=index % 28),
        **_words(sheet),
        **_fees(sheet),
    )
    Membership.objects.create(user=provider.user, practice=practice, role=Membership.Role.PROVIDER)
    make_licences(provider, sheet, index=index, today=today)
    make_hours(provider, sheet, today=today, days=days)
    return provider


def _words(sheet: dict[str, Any]) -> dict[str, Any]:
    fields = ("credentials", "profession", "pronouns", "zone", "approach")
    lists = ("concerns", "languages", "methods", "age_groups", "payers")
    said = {field: sheet[field] for field in ("gender", "identities") if field in sheet}
    return said | {field: sheet[field] for field in (*fields, *lists)}


def _fees(sheet: dict[str, Any]) -> dict[str, int | None]:
    sliding = sheet.get("sliding_fee")
    return {"fee_cents": sheet["fee"] * 100, "sliding_fee_cents": sliding and sliding * 100}


def make_licences(provider: Provider, sheet: dict[str, Any], *, index: int, today: date) -> None:
    Licence.objects.bulk_create(
        Licence(
            provider=provider,
            state=licence["state"],
            compact=licence.get("compact", ""),
            number=f"{licence['state']}-{40_000 + index * 10 + place}",
            valid_from=(ends_on := today + timedelta(days=licence["until"]))
            - timedelta(days=365 * LICENSED_YEARS),
            valid_until=ends_on,
        )
        for place, licence in enumerate(sheet["licences"])
    )


def make_hours(provider: Provider, sheet: dict[str, Any], *, today: date, days: range) -> None:
    Schedule.objects.create(
        provider=provider, **{field: sheet[field] for field in CUTS if field in sheet}
    )
    hours.make_rules(provider, sheet)
    hours.close_days(provider, sheet, today=today, days=days)


def close_lists(providers: list[Provider]) -> None:
    """Those with a full list stop accepting. It comes last: no visit can be booked with them."""
    sheets = data.read("providers")["provider"]
    full = [
        provider.pk
        for provider, sheet in zip(providers, cycle(sheets), strict=False)
        if not sheet.get("is_accepting", True)
    ]
    Provider.objects.filter(pk__in=full).update(is_accepting=False)
