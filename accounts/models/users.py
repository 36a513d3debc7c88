"""Who signs in, in which role, and who is invited to."""

import uuid
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, Self
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.models.practices import Practice
from core.encrypted_email import EncryptedEmail, IndexOf
from core.fields import SELF, is_filled

# In which practices somebody is, as what `core.tenancy` tells the session: asked before anything of
# theirs can be read.
PRACTICES_OF = """
CREATE OR REPLACE FUNCTION practices_of(person bigint) RETURNS text LANGUAGE sql STABLE
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(range_agg(int8range(practice_id, practice_id, '[]'))::text, '{}') FROM (
    SELECT practice_id FROM accounts_membership WHERE user_id = person
    UNION SELECT practice_id FROM accounts_provider WHERE user_id = person
    UNION SELECT practice_id FROM accounts_patient WHERE user_id = person
  ) AS practices
$$;
"""


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

    ref = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)  # names the key
    email = EncryptedEmail(owner=SELF, max_length=254)
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False)  # the password is public: see accounts.backend
    date_joined = models.DateTimeField(auto_now_add=True)
    sessions_epoch = models.PositiveIntegerField(default=0)  # counted up, it ends every session

    class Privacy:
        phi = ("email",)
        plain = (
            "ref", "password", "last_login", "is_active", "is_demo", "date_joined",
            "sessions_epoch",
        )  # fmt: skip

    class Tenancy:
        nobody = "signs in before any practice is known, and may work in several"

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(IndexOf("email"), name="user_email_once")]

    def __str__(self) -> str:
        return f"user {self.pk}"

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What each session has to know: Django's own knows of a new password only."""
        known = f"{self.password}:{self.sessions_epoch}"
        return salted_hmac("accounts.User", known, secret=secret, algorithm="sha256").hexdigest()

    @property
    def display_name(self) -> str:
        """What colleagues read: a provider's title, else the address."""
        return (hasattr(self, "provider") and self.provider.title) or self.email

    @cached_property
    def memberships_held(self) -> list["Membership"]:
        """Her roles, each with its practice, the oldest first. One query, once a request."""
        return list(self.memberships.select_related("practice").order_by("pk"))

    @cached_property
    def roles(self) -> frozenset[str]:
        """What the user is in the practices she works in."""
        return frozenset(membership.role for membership in self.memberships_held)

    @property
    def works_here(self) -> bool:
        """Whether this is staff: whoever treats, or has a role in a practice."""
        return hasattr(self, "provider") or bool(self.roles)

    @property
    def keeps_calendar(self) -> bool:
        """Whether she looks after a practice's calendar: what she does in it is in its name."""
        return self.has_role(*Membership.KEEP_CALENDARS)

    def has_role(self, *roles: str) -> bool:
        return bool(self.roles & set(roles))

    def role_towards(self, patient: int | UUID | None) -> str:
        """In which role the user acts on a patient, told by id or `ref`, for the audit trail. Opens
        nothing sealed."""
        if hasattr(self, "provider"):
            return Membership.Role.PROVIDER
        own = getattr(self, "patient", None)
        if own is None:
            return next((role for role in Membership.Role if role in self.roles), "")
        is_child = patient in (own.pk, own.ref) and is_filled(own, "guardian_name")
        return "guardian" if is_child else "patient"


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
        PEER = "peer", _("Peer support worker")

    # Who looks after the practice's calendar, and so acts on behalf of those who are in it.
    KEEP_CALENDARS: ClassVar[list[str]] = [Role.FRONT_DESK, Role.ADMIN]

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    granted_at = models.DateTimeField(default=timezone.now)  # noqa: TID251 -- where no deed grants it

    class Privacy:
        phi = ()
        plain = ("user", "practice", "role", "granted_at")

    class Tenancy:
        of = "practice"
        definers = (PRACTICES_OF,)

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
                        "peer",
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

    ref = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)  # names the key
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="invitations")
    email = EncryptedEmail(owner=SELF, max_length=254)
    role = models.CharField(max_length=20, choices=Membership.Role)
    invited_by = models.ForeignKey(User, models.PROTECT, related_name="invitations_sent")
    token_hash = models.CharField(max_length=64, unique=True)
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Privacy:
        phi = ("email",)
        plain = (
            "ref", "practice", "role", "invited_by", "token_hash", "invited_at", "expires_at",
            "accepted_at", "accepted_by", "withdrawn_at",
        )  # fmt: skip

    class Tenancy:
        of = "practice"

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
                IndexOf("email"),
                "practice",
                "role",
                condition=Q(accepted_at=None, withdrawn_at=None),
                name="invitation_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"
