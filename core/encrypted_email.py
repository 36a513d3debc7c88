"""Addresses of people: sealed as all that they tell, and found all the same (docs/adr/0021).

The blind index of the address stands in its envelope, and queries ask for that part alone: whether
an address is this one, or one of these. Nothing else can be asked.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import FieldError
from django.core.validators import validate_email
from django.db import models
from django.db.models import Value
from django.db.models.lookups import Exact, In

from core import blind_index, sealing
from core.fields import EncryptedText, IsThere, OfEnvelope, Sealed

FIRST = sealing.INDEX.start + 1  # as PostgreSQL counts bytes


def normal(address: str) -> str:
    """In small letters, and no more: an address that only looks alike is another mailbox, and a
    code that was asked for at the one must not open the account of the other."""
    return address.strip().lower()


class EncryptedEmail(EncryptedText):
    """Erased, or of nobody, it is ""; that one is found by nothing.

    Opening it is no read of a record, and is not noted as one: it says where letters go.
    """

    default_validators = [validate_email]

    def _open(self, value: Sealed, place: str) -> bytes:
        return value.open_unnoted(place)

    def erased(self) -> str:
        return ""

    def _envelope(self, plain: bytes, owner: UUID, instance: models.Model) -> bytes:
        index = self.index_of(plain.decode())
        return sealing.seal_indexed(plain, index=index, owner=owner, place=self.place(instance))

    def index_of(self, address: Any) -> bytes:
        place = f"{self.model._meta.db_table}|{self.column}"  # noqa: SLF001 -- documented
        return blind_index.digest(place, normal(str(address)))

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name not in LOOKUPS:
            words = f"{self} is encrypted: an address is this one or is not, and that is all."
            raise FieldError(words)
        return LOOKUPS[lookup_name]

    def formfield(self, *args: Any, **kwargs: Any) -> Any:
        return super().formfield(*args, **{"form_class": forms.EmailField, **kwargs})


class IndexOf(OfEnvelope):
    """The part of the envelope by which it is found; nothing of a blank, so that blanks differ."""

    template = f"NULLIF(substring(%(expressions)s from {FIRST} for {sealing.INDEX_BYTES}), '')"
    output_field = models.BinaryField()

    def of_words(self, words: Value) -> bytes | None:
        field: Any = words.output_field
        return field.index_of(words.value) or None


class ByIndex:
    """What the lookups share: the column's index on the one side, those of words on the other."""

    lhs: Any
    rhs: Any

    def index_of(self, words: Any) -> bytes:
        if not isinstance(words, str):
            said = f"{self.lhs.output_field} is encrypted: it is compared to words alone."
            raise FieldError(said)
        index: bytes = self.lhs.output_field.index_of(words)
        return index

    def process_lhs(self, compiler: Any, connection: Any, lhs: Any = None) -> Any:
        sql, params = compiler.compile(lhs or self.lhs)
        return IndexOf.template % {"expressions": sql}, params


class SameAddress(ByIndex, Exact):  # type: ignore[type-arg]  # not subscriptable at run time
    def get_prep_lookup(self) -> bytes | None:
        return None if self.rhs is None else self.index_of(self.rhs)  # None: Django asks isnull

    def get_db_prep_lookup(self, value: Any, connection: Any) -> Any:
        return "%s", [value]


class AmongAddresses(ByIndex, In):  # type: ignore[type-arg]  # as above
    def get_prep_lookup(self) -> list[bytes]:
        words = self.rhs if isinstance(self.rhs, Iterable) else [self.rhs]
        return [self.index_of(address) for address in words]

    def get_db_prep_lookup(self, value: Any, connection: Any) -> Any:
        return "%s", list(value)


LOOKUPS = {"exact": SameAddress, "iexact": SameAddress, "in": AmongAddresses, "isnull": IsThere}
