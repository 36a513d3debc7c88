"""Who treats, and with which licence."""

from datetime import date
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from accounts import licensure
from accounts.codes import AgeGroup, Concern, Gender, Identity, Language, Method, State
from accounts.models.practices import Practice
from accounts.models.users import User
from core import spelling


class ProviderQuerySet(models.QuerySet["Provider"]):
    def listed(self) -> Self:
        """Those the public directory shows."""
        return self.filter(is_accepting=True, user__is_active=True)

    def managed_by(self, user: User) -> Self:
        """Those of the practice that `user` is an admin of."""
        return self.filter(
            practice__memberships__user=user, practice__memberships__role="practice-admin"
        )

    def kept_by(self, user: User) -> Self:
        """Those whose hours `user` keeps: her own, and the whole practice's for those who look
        after its calendar."""
        keeps = Q(
            practice__memberships__user=user,
            practice__memberships__role__in=["front-desk", "practice-admin"],
        )
        return self.filter(Q(user=user) | Q(keeps)).distinct()

    def licensed_in(self, state: str, *, on: date) -> Self:
        """Those who may treat someone located in `state` on the day `on`: by the state's own
        licence, or by an authority under a compact that the state has joined by then."""
        covering = Q(state=state) | Q(compact__in=licensure.compacts_of(state, on=on))
        valid = Q(valid_from__lte=on, valid_until__gte=on)
        return self.filter(Exists(Licence.objects.filter(covering, valid, provider=OuterRef("pk"))))


class Provider(models.Model):
    """A person who treats. FHIR Practitioner with PractitionerRole.

    Begun when she takes up the role (`accounts.profiles`), and listed once it is whole.
    """

    user = models.OneToOneField(User, models.PROTECT, related_name="provider")
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="providers")
    slug = models.SlugField(unique=True, max_length=80)
    name = models.CharField(max_length=120, blank=True)
    credentials = models.CharField(max_length=40, blank=True)  # the letters after the name: "PsyD"
    profession = models.CharField(max_length=60, blank=True)  # in words: "Psychologist"
    pronouns = models.CharField(max_length=40, blank=True)
    npi = models.CharField(max_length=10, blank=True)
    approach = models.TextField(blank=True)  # the provider's own words to a person who is looking
    concerns = ArrayField(models.CharField(max_length=30, choices=Concern), default=list)
    languages = ArrayField(models.CharField(max_length=8, choices=Language), default=list)
    methods = ArrayField(models.CharField(max_length=20, choices=Method), default=list)
    age_groups = ArrayField(models.CharField(max_length=12, choices=AgeGroup), default=list)
    # Hers to say or to leave; nobody infers them.
    gender = models.CharField(max_length=10, choices=Gender, blank=True)
    identities = ArrayField(
        models.CharField(max_length=12, choices=Identity), default=list, blank=True
    )
    payers = ArrayField(models.CharField(max_length=60), default=list)  # insurers contracted with
    zone = models.CharField(max_length=64)  # IANA; the weekly hours are wall time in it
    fee_cents = models.PositiveIntegerField(default=0)
    sliding_fee_cents = models.PositiveIntegerField(null=True)  # lowest fee by agreement
    is_accepting = models.BooleanField(default=True)
    verified_on = models.DateField(null=True)  # when the practice last checked this entry

    class Privacy:
        phi = ()
        plain = (
            "user", "practice", "slug", "name", "credentials", "profession", "pronouns",
            "npi", "approach", "concerns", "languages", "methods", "age_groups", "gender",
            "identities", "payers", "zone", "fee_cents", "sliding_fee_cents", "is_accepting",
            "verified_on",
        )  # fmt: skip

    class Tenancy:
        of = "practice"
        is_public = True

    objects = ProviderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sliding_fee_cents=None) | Q(sliding_fee_cents__lt=F("fee_cents")),
                name="provider_sliding_fee_below_fee",
            ),
            models.CheckConstraint(
                condition=Q(npi__regex=r"^(\d{10})?$"), name="provider_npi_digits"
            ),
            models.CheckConstraint(
                condition=Q(is_accepting=False)
                | Q(verified_on__isnull=False)
                & ~Q(name="")
                & ~Q(credentials="")
                & ~Q(profession="")
                & ~Q(npi="")
                & ~Q(approach=""),
                name="provider_listed_whole",
            ),
            models.CheckConstraint(
                condition=Q(gender__in=["", "woman", "man", "nonbinary"]),
                name="provider_gender_known",
            ),
        ]

    def __str__(self) -> str:
        return f"provider {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep what she is found by beside the words that it is made of."""
        super().save(*args, **kwargs)
        Spellings.keep(self)

    @property
    def words(self) -> str:
        """What a search looks through: her name, her words, and the names of what she does."""
        named: list[Any] = [Concern(code).label for code in self.concerns]
        named += [Method(code).label for code in self.methods]
        named += [Language(code).label for code in self.languages]
        return " ".join([self.name, self.profession, self.approach, *map(str, named)])

    @property
    def zoneinfo(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def title(self) -> str:
        """The name as people read it: "Maya Okafor, PsyD". Blank until she has written it."""
        return ", ".join(part for part in (self.name, self.credentials) if part)

    def may_treat_in(self, state: str, *, on: date) -> bool:
        """Whether a valid licence or compact authority covers a patient in `state` on `on`."""
        return any(licence.covers(state, on=on) for licence in self.licences.all())


class Spellings(models.Model):
    """What a search finds a provider by (core.spelling). A row of its own: nobody reads it."""

    provider = models.OneToOneField(Provider, models.CASCADE, primary_key=True)
    forms = ArrayField(models.CharField(max_length=spelling.LONGEST))

    class Privacy:
        phi = ()
        plain = ("provider", "forms")

    class Tenancy:
        of = "provider"
        is_public = True

    class Meta:
        indexes = [GinIndex(fields=["forms"], name="spellings_forms")]

    @staticmethod
    def keep(provider: Provider) -> None:
        row = Spellings(provider=provider, forms=sorted(spelling.forms(provider.words)))
        Spellings.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["provider"], update_fields=["forms"]
        )


class LicenceQuerySet(models.QuerySet["Licence"]):
    def ending(self, *, first: date, last: date) -> Self:
        """Those that end between two days, and that no later one goes on from."""
        later = Licence.objects.filter(
            provider=OuterRef("provider"),
            state=OuterRef("state"),
            compact=OuterRef("compact"),
            valid_until__gt=OuterRef("valid_until"),
        )
        return self.filter(~Exists(later), valid_until__gte=first, valid_until__lte=last)


class Licence(models.Model):
    """A state's licence, or an authority to practice under a compact. Valid on both end dates."""

    provider = models.ForeignKey(Provider, models.PROTECT, related_name="licences")
    state = models.CharField(
        max_length=2, choices=State
    )  # that issued it; for a compact, the home state
    compact = models.CharField(
        max_length=20, blank=True
    )  # "psypact", "counseling"; blank: state licence
    number = models.CharField(max_length=40)
    valid_from = models.DateField()
    valid_until = models.DateField()

    objects = LicenceQuerySet.as_manager()

    class Privacy:
        phi = ()
        plain = ("provider", "state", "compact", "number", "valid_from", "valid_until")

    class Tenancy:
        of = "provider"
        is_public = True

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__gte=F("valid_from")), name="licence_ends_after_start"
            ),
            models.UniqueConstraint(
                fields=["provider", "state", "compact", "valid_from"], name="licence_once"
            ),
        ]

    def __str__(self) -> str:
        return f"licence {self.pk}"

    @property
    def compact_name(self) -> str:
        return licensure.NAMES.get(self.compact, self.compact)

    def covers(self, state: str, *, on: date) -> bool:
        if not self.valid_from <= on <= self.valid_until:
            return False
        return self.state == state or self.compact in licensure.compacts_of(state, on=on)
