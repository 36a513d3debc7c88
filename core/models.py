"""Rows that every part of the house leans on: duties, the audit trail, heartbeats."""

import uuid

from django.db import models
from django.db.models import Q

from core.triggers import EVENTS_PRACTICE

CODE = "^[a-z0-9.-]*$"


class Duty(models.Model):
    """One thing that must still happen outside the database: a mail, a charge, a call.

    Written in the transaction that makes it due, done by `core.outbox.sweep`. `key` makes it
    happen once: the same duty asked for twice is one row.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    payload = models.JSONField(default=dict)
    due_at = models.DateTimeField()
    attempts_count = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)

    class Privacy:
        phi = ()
        plain = (
            "id", "kind", "key", "payload", "due_at", "attempts_count", "done_at",
            "dead_at", "error",
        )  # fmt: skip

    class Tenancy:
        nobody = "ids of work to do, claimed by whichever worker is free"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="duty_once"),
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(dead_at=None), name="duty_done_or_dead_not_both"
            ),
        ]
        indexes = [
            # The sweep asks only for what is open and due.
            models.Index(
                fields=["due_at"], name="duty_open", condition=Q(done_at=None, dead_at=None)
            )
        ]


class AuditEvent(models.Model):
    """Who did or saw what, and when. Ids and codes, never what the trail protects.

    Rows form chains, one a patient and one (0) for what concerns none. `chain`, `number`,
    `previous` and `hash` are set by the database (core/triggers.py), whatever is handed in.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    action = models.CharField(max_length=60)
    by_id = models.BigIntegerField(null=True)  # null: the system itself
    on_behalf_of_id = models.BigIntegerField(null=True)  # the child whose account a guardian keeps
    role = models.CharField(max_length=20, blank=True)  # in which `by` acted
    reason = models.CharField(max_length=60, blank=True)  # a code; words belong elsewhere
    purpose = models.CharField(max_length=20, blank=True)  # a code, such as "treatment"
    request_id = models.CharField(max_length=32, blank=True)
    patient_id = models.BigIntegerField(null=True)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=40)
    chain = models.BigIntegerField(default=0, editable=False)
    number = models.BigIntegerField(default=0, editable=False)
    previous = models.CharField(max_length=64, default="", editable=False)
    hash = models.CharField(max_length=64, default="", editable=False)

    class Privacy:
        phi = ("patient_id", "on_behalf_of_id", "chain")
        plain = (
            "id", "at", "action", "by_id", "role", "reason", "purpose", "request_id",
            "subject_type", "subject_id", "number", "previous", "hash",
        )  # fmt: skip

    class Tenancy:
        found_by = EVENTS_PRACTICE
        roads = {
            "of_nobody": "FOR SELECT USING (practice_id IS NULL)",
            "about_nobody": "FOR INSERT WITH CHECK (patient_id IS NULL)",
        }

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chain", "number"], name="audit_number_once"),
            models.CheckConstraint(
                condition=Q(action__regex=CODE)
                & Q(role__regex=CODE)
                & Q(reason__regex=CODE)
                & Q(purpose__regex=CODE),
                name="audit_codes_only",
            ),
        ]
        indexes = [
            models.Index(fields=["patient_id", "at"], name="audit_by_patient"),
            models.Index(fields=["by_id", "at"], name="audit_by_person"),
            models.Index(fields=["at"], name="audit_by_time"),
        ]


class AuditHead(models.Model):
    """The last link of a chain. Its row is the lock of the chain; only the trigger writes it."""

    chain = models.BigIntegerField(primary_key=True)
    number = models.BigIntegerField()
    hash = models.CharField(max_length=64)

    class Privacy:
        phi = ("chain",)
        plain = ("number", "hash")

    class Tenancy:
        nobody = "hashes, which only a trigger writes"


class Heartbeat(models.Model):
    """The last sign of life of a background process, read by /readyz."""

    name = models.CharField(primary_key=True, max_length=40)
    beaten_at = models.DateTimeField()

    class Privacy:
        phi = ()
        plain = ("name", "beaten_at")

    class Tenancy:
        nobody = "says that a process runs"
