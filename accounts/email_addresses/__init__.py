"""allauth keeps each address a second time, in a model that cannot be swapped: sealed, too.

Its table is then no longer as allauth's migrations have it, so it has one of ours
(`MIGRATION_MODULES`). A release of allauth that changes its models shows in `makemigrations`.
"""

import uuid

from allauth.account.models import EmailAddress
from django.db import models
from django.db.models import Q, UniqueConstraint

from core.encrypted_email import EncryptedEmail, IndexOf


def seal() -> None:
    """Put our field in the place of allauth's, before anything is asked of it."""
    meta = EmailAddress._meta  # noqa: SLF001 -- Django documents _meta
    readable = meta.get_field("email")
    sealed = EncryptedEmail(readable.verbose_name, owner="user", max_length=readable.max_length)
    sealed.creation_counter = readable.creation_counter  # the same place among the fields
    meta.local_fields.remove(readable)
    sealed.contribute_to_class(EmailAddress, "email")
    ref: models.UUIDField[uuid.UUID, uuid.UUID] = models.UUIDField(
        unique=True,
        default=uuid.uuid4,
        editable=False,  # names the row
    )
    ref.contribute_to_class(EmailAddress, "ref")
    meta.unique_together = ()
    meta.constraints = [
        *(rule for rule in meta.constraints if rule.name != "unique_verified_email"),
        UniqueConstraint(
            IndexOf("email"), name="unique_verified_email", condition=Q(verified=True)
        ),
        UniqueConstraint("user", IndexOf("email"), name="unique_email_of_user"),
    ]
    meta.indexes = [models.Index(IndexOf("email"), name="email_address_found")]
    meta.original_attrs.update(
        unique_together=set(), constraints=meta.constraints, indexes=meta.indexes
    )
