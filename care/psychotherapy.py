"""Psychotherapy notes: what a therapist keeps for herself, beside the record. Rows only.

45 CFR 164.501: they document or analyze a conversation, by the one who held it, and are kept apart
from the rest of the record. `care.models` builds on it; docs/adr/0016 says who reads them, and why.
"""

from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef

from accounts.care_team import CLINICAL, CareRelationship
from accounts.models import Erasure, Membership, Patient, Provider, User
from core.fields import EncryptedText, has_words


class PsychotherapyNoteQuerySet(models.QuerySet["PsychotherapyNote"]):
    def visible_to(self, user: User) -> Self:
        """What `user` wrote herself, as long as she is a therapist of the patient's practice.

        Care is not asked for: it opens the record, and these are no part of it. So they stay hers
        when it ends, and nobody else comes to them by any care, agreement or emergency.
        """
        return self.filter(
            author__user=user,
            patient__practice__memberships__user=user,
            patient__practice__memberships__role=Membership.Role.PROVIDER,
        )

    def with_care_of(self, user: User) -> Self:
        """Add `is_in_care`: whether `user` may still know who the patient is; and `is_erased`.
        Newest first."""
        cares = CareRelationship.objects.of(user, CLINICAL).filter(patient=OuterRef("patient"))
        erased = Exists(Erasure.objects.filter(patient=OuterRef("patient")))
        found = self.annotate(is_in_care=Exists(cares), is_erased=erased).select_related("patient")
        return found.order_by("-written_at", "-pk")


class PsychotherapyNote(models.Model):
    """One note of one therapist on one patient, sealed with the author's own key for her.

    A trigger keeps it as it was written. It can be destroyed, but under a legal hold.
    """

    id = models.UUIDField(primary_key=True, editable=False)  # made by the form: sent twice, one
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="psychotherapy_notes")
    author = models.ForeignKey(Provider, models.PROTECT, related_name="psychotherapy_notes")
    body = EncryptedText(owner="patient", author="author")
    written_at = models.DateTimeField()

    class Privacy:
        phi = ("patient", "body", "written_at")
        plain = ("id", "author")

    class Tenancy:
        of = "patient"
        agrees = ("author",)

    objects = PsychotherapyNoteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=has_words("body"), name="psychotherapy_note_has_words")
        ]

    def __str__(self) -> str:
        return f"psychotherapy note {self.pk}"
