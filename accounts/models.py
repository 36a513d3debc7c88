"""People and the practice: who signs in, who is cared for, who cares, and with which licence."""

import uuid
from datetime import date, datetime
from functools import cached_property
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts import licensure, phones
from accounts.codes import Concern, Language, State
from core.blind_index import BlindIndex
from core.fields import SELF, EncryptedDate, EncryptedText, has_words, is_filled


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
    sessions_epoch = models.PositiveIntegerField(default=0)  # counted up, it ends every session

    class Privacy:
        phi = ("email",)
        plain = ("password", "last_login", "is_active", "date_joined", "sessions_epoch")

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return f"user {self.pk}"

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What each session has to know: Django's own knows of a new password only."""
        known = f"{self.password}:{self.sessions_epoch}"
        return salted_hmac("accounts.User", known, secret=secret, algorithm="sha256").hexdigest()

    @cached_property
    def roles(self) -> set[str]:
        """The roles in any practice, as they are when first asked for: once a request."""
        return {membership.role for membership in self.memberships.all()}

    @property
    def works_here(self) -> bool:
        """Whether this is staff: whoever treats, or has a role in a practice."""
        return hasattr(self, "provider") or bool(self.roles)

    def has_role(self, *roles: str) -> bool:
        """Whether the user holds one of `roles` in a practice. One query; ask once a request."""
        return self.memberships.filter(role__in=roles).exists()

    def role_towards(self, patient_id: int | None) -> str:
        """In which role the user acts on a patient, for the audit trail. Opens nothing sealed."""
        if hasattr(self, "provider"):
            return Membership.Role.PROVIDER
        patient = getattr(self, "patient", None)
        if patient is None:
            return next((role for role in Membership.Role if role in self.roles), "")
        is_child = patient.pk == patient_id and is_filled(patient, "guardian_name")
        return "guardian" if is_child else "patient"


class Practice(models.Model):
    """The organization that employs providers, sees patients and bills. FHIR Organization."""

    name = models.CharField(max_length=120)
    phone = models.CharField(max_length=20)
    zone = models.CharField(max_length=64)

    class Privacy:
        phi = ()
        plain = ("name", "phone", "zone")

    def __str__(self) -> str:
        return f"practice {self.pk}"


class OfPracticeQuerySet(models.QuerySet[Any]):
    """Rows that the admins of a practice look after."""

    def visible_to(self, user: User) -> Self:
        mine = Membership.objects.filter(user=user, role=Membership.Role.ADMIN)
        return self.filter(practice__in=mine.values("practice"))


class Membership(models.Model):
    """A role that a user holds in a practice. A user may hold several."""

    class Role(models.TextChoices):
        PROVIDER = "provider", _("Therapist")
        SUPERVISOR = "supervisor", _("Supervisor")
        BILLING = "billing", _("Billing staff")
        FRONT_DESK = "front-desk", _("Front desk")
        ADMIN = "practice-admin", _("Practice admin")
        PRIVACY_OFFICER = "privacy-officer", _("Privacy officer")

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)

    class Privacy:
        phi = ()
        plain = ("user", "practice", "role")

    objects = OfPracticeQuerySet.as_manager()

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
                    ]
                ),
                name="membership_role_known",
            ),
        ]


class InvitationQuerySet(OfPracticeQuerySet):
    def open(self, *, at: datetime) -> Self:
        """Those that can still be taken up."""
        return self.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=at)


class Invitation(models.Model):
    """An offer of one role in one practice to whoever owns one address. It is taken up once.

    The token in the letter is not kept, only its hash.
    """

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="invitations")
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=20, choices=Membership.Role)
    invited_by = models.ForeignKey(User, models.PROTECT, related_name="invitations_sent")
    token_hash = models.CharField(max_length=64, unique=True)
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Privacy:
        phi = ()
        plain = (
            "practice", "email", "role", "invited_by", "token_hash", "invited_at", "expires_at",
            "accepted_at", "accepted_by", "withdrawn_at",
        )  # fmt: skip

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=Membership.Role.values), name="invitation_role_known"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("invited_at")), name="invitation_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False, withdrawn_at=None),
                name="invitation_accepted_whole",
            ),
            models.UniqueConstraint(
                Lower("email"),
                "practice",
                "role",
                condition=Q(accepted_at=None, withdrawn_at=None),
                name="invitation_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"


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

    class Privacy:
        phi = ()
        plain = (
            "user", "practice", "slug", "name", "credentials", "profession", "pronouns",
            "npi", "approach", "concerns", "languages", "payers", "zone", "fee_cents",
            "sliding_fee_cents", "is_accepting", "verified_on",
        )  # fmt: skip

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

    class Privacy:
        phi = ()
        plain = ("provider", "state", "compact", "number", "valid_from", "valid_until")

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
        """The patient's own record, and those of the patients a provider has visits with."""
        return self.filter(Q(user=user) | Q(appointments__provider__user=user)).distinct()

    def with_phone(self, number: str) -> Self:
        """Those who are reached under a number, however it is written: a family may share one."""
        index = self.model._meta.get_field("phone_index").digest(number)  # noqa: SLF001 -- documented
        return self.filter(phone_index=index) if index else self.none()


class Patient(models.Model):
    """A person who is cared for. FHIR Patient.

    For a child, the account is that of her parent or guardian, and so are the e-mails.
    """

    ref = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)  # the id in addresses
    user = models.OneToOneField(User, models.PROTECT, related_name="patient")
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="patients")
    legal_name = EncryptedText(owner=SELF, max_length=120)
    preferred_name = EncryptedText(owner=SELF, max_length=120, blank=True)
    date_of_birth = EncryptedDate(owner=SELF)
    phone = EncryptedText(owner=SELF, max_length=20)
    phone_index = BlindIndex(of="phone", normal=phones.e164)
    state = models.CharField(max_length=2, choices=State)  # of residence; each visit asks anew
    zone = models.CharField(max_length=64)
    emergency_name = EncryptedText(owner=SELF, max_length=120)
    emergency_relation = EncryptedText(owner=SELF, max_length=60)
    emergency_phone = EncryptedText(owner=SELF, max_length=20)
    guardian_name = EncryptedText(owner=SELF, max_length=120, blank=True)
    guardian_relation = EncryptedText(owner=SELF, max_length=60, blank=True)

    class Privacy:
        phi = (
            "legal_name", "preferred_name", "date_of_birth", "phone", "phone_index",
            "state", "zone", "emergency_name", "emergency_relation", "emergency_phone",
            "guardian_name", "guardian_relation",
        )  # fmt: skip
        plain = ("ref", "user", "practice")

    objects = PatientQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=has_words("guardian_name") & has_words("guardian_relation")
                | ~has_words("guardian_name") & ~has_words("guardian_relation"),
                name="patient_guardian_named_whole",
            )
        ]
        indexes = [models.Index(fields=["phone_index"], name="patient_by_phone")]

    def __str__(self) -> str:
        return f"patient {self.pk}"

    @property
    def name(self) -> str:
        """What to call her."""
        return self.preferred_name or self.legal_name


class LegalHold(models.Model):
    """A duty to keep a patient's record whatever she or the calendar asks: a suit, an inquiry."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="legal_holds")
    reason = EncryptedText(owner="patient", max_length=500)
    placed_at = models.DateTimeField()
    placed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Privacy:
        phi = ("patient", "reason", "placed_at", "lifted_at")
        plain = ("id", "placed_by", "lifted_by")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=has_words("reason"), name="legal_hold_has_reason"),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by=None)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="legal_hold_lifted_by_someone",
            ),
            models.UniqueConstraint(
                fields=["patient"], condition=Q(lifted_at=None), name="legal_hold_one_open"
            ),
        ]


class Erasure(models.Model):
    """That a patient's key was destroyed: when, by whom, why. Append-only; it names nobody."""

    class Reason(models.TextChoices):
        REQUEST = "request", _("The patient asked for it")
        RETENTION = "retention", _("It was kept for as long as it had to be")
        ORDER = "order", _("A court or an authority ordered it")

    patient = models.OneToOneField(Patient, models.PROTECT, related_name="erasure")
    reason = models.CharField(max_length=9, choices=Reason)
    erased_at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Privacy:
        phi = ("patient", "reason", "erased_at")
        plain = ("by",)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(reason__in=["request", "retention", "order"]),
                name="erasure_reason_known",
            )
        ]
