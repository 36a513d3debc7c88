"""People and the practice: who signs in, who is cared for, who cares, and with which licence."""

import uuid
from datetime import date
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Lower
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts import licensure
from accounts.care_team import CLINICAL, Care, CareRelationship
from accounts.codes import Concern, Language, State


class UserManager(BaseUserManager["User"]):
    """What Django needs to make a user; Django asks for a manager, so this is one."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """Someone who can sign in. What they may do follows from Patient, Provider and Membership."""

    email = models.EmailField(max_length=254)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return f"user {self.pk}"

    @property
    def display_name(self) -> str:
        """What colleagues read: a provider's title, else the address."""
        return self.provider.title if hasattr(self, "provider") else self.email

    @cached_property
    def roles(self) -> frozenset[str]:
        """What the user is in the practices she works in. One query, once a request."""
        return frozenset(self.memberships.values_list("role", flat=True))

    def has_role(self, *roles: str) -> bool:
        return bool(self.roles & set(roles))


class Practice(models.Model):
    """The organization that employs providers, sees patients and bills. FHIR Organization."""

    name = models.CharField(max_length=120)
    phone = models.CharField(max_length=20)
    zone = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"practice {self.pk}"


class Membership(models.Model):
    """A role that a user holds in a practice. A user may hold several."""

    class Role(models.TextChoices):
        PROVIDER = "provider", _("Therapist")
        SUPERVISOR = "supervisor", _("Supervisor")
        BILLING = "billing", _("Billing staff")
        FRONT_DESK = "front-desk", _("Front desk")
        ADMIN = "practice-admin", _("Practice admin")
        PRIVACY_OFFICER = "privacy-officer", _("Privacy officer")
        PEER = "peer", _("Peer support worker")

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "practice", "role"], name="membership_once"),
            models.CheckConstraint(
                condition=Q(
                    role__in=[
                        "provider",
                        "supervisor",
                        "billing",
                        "front-desk",
                        "practice-admin",
                        "privacy-officer",
                        "peer",
                    ]
                ),
                name="membership_role_known",
            ),
        ]


class ProviderQuerySet(models.QuerySet["Provider"]):
    def listed(self) -> Self:
        """Those the public directory shows."""
        return self.filter(is_accepting=True, user__is_active=True)

    def licensed_in(self, state: str, *, on: date) -> Self:
        """Those who may treat someone located in `state` on the day `on`: by the state's own
        licence, or by an authority under a compact that the state has joined by then."""
        covering = Q(licences__state=state) | Q(
            licences__compact__in=licensure.compacts_of(state, on=on)
        )
        valid = Q(licences__valid_from__lte=on, licences__valid_until__gte=on)
        return self.filter(covering & valid).distinct()


class Provider(models.Model):
    """A licensed person who treats. FHIR Practitioner with PractitionerRole."""

    user = models.OneToOneField(User, models.PROTECT, related_name="provider")
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="providers")
    slug = models.SlugField(unique=True, max_length=80)
    name = models.CharField(max_length=120)
    credentials = models.CharField(max_length=40)  # the letters after the name: "PsyD"
    profession = models.CharField(max_length=60)  # in words: "Psychologist"
    pronouns = models.CharField(max_length=40, blank=True)
    npi = models.CharField(max_length=10)
    approach = models.TextField()  # the provider's own words to a person who is looking
    concerns = ArrayField(models.CharField(max_length=30, choices=Concern))
    languages = ArrayField(models.CharField(max_length=8, choices=Language))
    payers = ArrayField(models.CharField(max_length=60), default=list)  # insurers contracted with
    zone = models.CharField(max_length=64)  # IANA; the weekly hours are wall time in it
    fee_cents = models.PositiveIntegerField()
    sliding_fee_cents = models.PositiveIntegerField(null=True)  # lowest fee by agreement
    is_accepting = models.BooleanField(default=True)
    verified_on = models.DateField()  # when the practice last checked this entry

    objects = ProviderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sliding_fee_cents=None) | Q(sliding_fee_cents__lt=F("fee_cents")),
                name="provider_sliding_fee_below_fee",
            ),
            models.CheckConstraint(condition=Q(npi__regex=r"^\d{10}$"), name="provider_npi_digits"),
        ]

    def __str__(self) -> str:
        return f"provider {self.pk}"

    @property
    def zoneinfo(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def title(self) -> str:
        """The name as people read it: "Maya Okafor, PsyD"."""
        return f"{self.name}, {self.credentials}"

    def may_treat_in(self, state: str, *, on: date) -> bool:
        """Whether a valid licence or compact authority covers a patient in `state` on `on`."""
        return any(licence.covers(state, on=on) for licence in self.licences.all())


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

    def covers(self, state: str, *, on: date) -> bool:
        if not self.valid_from <= on <= self.valid_until:
            return False
        return self.state == state or self.compact in licensure.compacts_of(state, on=on)


class PatientQuerySet(models.QuerySet["Patient"]):
    def visible_to(self, user: User) -> Self:
        """One's own record, and those of the people one cares for at this moment."""
        in_care = CareRelationship.objects.of(user, Care.values).filter(patient=OuterRef("pk"))
        return self.filter(Q(user=user) | Exists(in_care))

    def in_clinical_care_of(self, user: User) -> Self:
        """Those whom `user` treats, or treats in somebody's stead, at this moment."""
        cares = CareRelationship.objects.of(user, CLINICAL).filter(patient=OuterRef("pk"))
        return self.filter(Exists(cares))


class Patient(models.Model):
    """A person who is cared for. FHIR Patient.

    For a child, the account is that of her parent or guardian, and so are the e-mails.
    """

    ref = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)  # the id in addresses
    user = models.OneToOneField(User, models.PROTECT, related_name="patient")
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="patients")
    legal_name = models.CharField(max_length=120)
    preferred_name = models.CharField(max_length=120, blank=True)
    date_of_birth = models.DateField()
    phone = models.CharField(max_length=20)
    state = models.CharField(max_length=2, choices=State)  # of residence; each visit asks anew
    zone = models.CharField(max_length=64)
    emergency_name = models.CharField(max_length=120)
    emergency_relation = models.CharField(max_length=60)
    emergency_phone = models.CharField(max_length=20)
    guardian_name = models.CharField(max_length=120, blank=True)
    guardian_relation = models.CharField(max_length=60, blank=True)

    objects = PatientQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(guardian_name="", guardian_relation="")
                | ~Q(guardian_name="") & ~Q(guardian_relation=""),
                name="patient_guardian_named_whole",
            )
        ]

    def __str__(self) -> str:
        return f"patient {self.pk}"

    @property
    def name(self) -> str:
        """What to call her."""
        return self.preferred_name or self.legal_name
