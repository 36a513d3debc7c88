"""Fields that keep what they hold encrypted for the patient it is about.

Sealed when the row is saved, opened when the attribute is read, each for this table, column and
row alone. A blank stays an empty `bytea`, so the database can still ask whether there are words:
what nobody can see is a blank.
"""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar
from uuid import UUID

from django import forms
from django.core import checks
from django.core.exceptions import FieldDoesNotExist, FieldError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.expressions import Col
from django.db.models.lookups import GreaterThan, IsNull, LessThanOrEqual
from django.db.models.query_utils import DeferredAttribute
from django.utils.functional import cached_property
from django.utils.translation import gettext

from core import keystore, reads, sealing
from core.seen import is_blank

SELF = "self"  # the owner of a row that is the patient herself
UTF8_MOST = 4  # bytes a character

T = TypeVar("T")

if TYPE_CHECKING:
    FieldBase = models.Field
else:

    class FieldBase(models.Field):
        def __class_getitem__(cls, _types):
            return cls


class Sealed:
    """An envelope as the database has it. Once opened it remembers the words, in memory only."""

    __slots__ = ("envelope", "plain")

    def __init__(self, envelope: bytes) -> None:
        self.envelope = envelope
        self.plain: bytes | None = None

    def open(self, place: str) -> bytes:
        """Return what is inside, and note whose it is."""
        plain = self.open_unnoted(place)
        if self.envelope:
            reads.note(sealing.owner_of(self.envelope))
        return plain

    def open_unnoted(self, place: str) -> bytes:
        """Return what is inside, where that tells nothing of a record."""
        if self.plain is None:
            self.plain = sealing.unseal(self.envelope, place=place) if self.envelope else b""
        return self.plain

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and self.envelope == other.envelope

    def __hash__(self) -> int:
        return hash(self.envelope)

    def __repr__(self) -> str:
        return "<sealed>"

    def __str__(self) -> NoReturn:
        raise TypeError("A sealed value opens on its row: read the model, not values().")

    def __reduce__(self) -> tuple[type["Sealed"], tuple[bytes]]:
        return Sealed, (self.envelope,)


class Opener(DeferredAttribute):
    """The attribute on the model: opens what is sealed at the moment it is read."""

    field: "SealedField[Any]"

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        value = self.held(instance)
        return self.field.opened(value, instance) if isinstance(value, Sealed) else value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value

    def held(self, instance: Any) -> Any:
        """Fetch a deferred value without opening it."""
        name = self.field.attname
        if name not in instance.__dict__:
            row = type(instance)._base_manager.filter(pk=instance.pk)  # noqa: SLF001 -- Django's
            instance.__dict__[name] = row.values_list(name, flat=True).get()
        return instance.__dict__[name]


class SealedCol(Col):
    """The column in a query: it can be selected, and that is all."""

    def resolve_expression(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise FieldError(f"{self.target} is encrypted: nothing can be ordered by it or made of it.")


class IsThere(IsNull):
    """Whether the column has a value: all that is asked of the column as it is."""

    def process_lhs(self, compiler: Any, connection: Any, lhs: Any = None) -> Any:
        return compiler.compile(lhs or self.lhs)


class SealedField(FieldBase[T, T]):
    """What encrypted fields share. A subclass says how its value becomes bytes and back.

    :param owner: the way from the row to its patient, such as "thread.patient"; or SELF
    :param author: the foreign key to whose key for that patient it is sealed with; blank: hers
    """

    descriptor_class = Opener

    def __init__(self, *args: Any, owner: str, author: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner, self.author = owner, author
        if self.max_length is not None:
            self.validators.append(MaxLengthValidator(self.max_length))

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        author = {"author": self.author} if self.author else {}
        return name, path, args, {**kwargs, "owner": self.owner, **author}

    def get_internal_type(self) -> str:
        return "BinaryField"

    # Reading and writing

    def as_bytes(self, value: Any) -> bytes:
        raise NotImplementedError

    def as_value(self, plain: bytes) -> Any:
        raise NotImplementedError

    def erased(self) -> Any:
        """What stands where the value was, once its patient has been erased."""
        raise NotImplementedError

    def opened(self, value: Sealed, instance: models.Model) -> Any:
        try:
            plain = self._open(value, self.place(instance))
        except keystore.Erased:
            return self.erased()
        if self.author and plain:
            self._check_sealed_by(self.author_of(instance), value.envelope)
        return self.as_value(plain)

    def _open(self, value: Sealed, place: str) -> bytes:
        return value.open(place)

    def _check_sealed_by(self, author: int | None, envelope: bytes) -> None:
        """A row that came under another author's name does not show her what she did not write."""
        if sealing.name_of(envelope).author != author:
            raise sealing.Tampered(str(self))

    def from_db_value(self, value: Any, *_: Any) -> Sealed | None:
        return None if value is None else Sealed(bytes(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Sealed | None:  # noqa: FBT001 -- Django's
        value = model_instance.__dict__.get(self.attname)
        if isinstance(value, Sealed):
            if add and value.envelope:
                raise TypeError(f"{self} is sealed for another row: copy its words, not the row.")
            return value
        return None if value is None else Sealed(self._seal(value, model_instance, is_new=add))

    def _seal(self, value: Any, instance: models.Model, *, is_new: bool) -> bytes:
        if not (plain := self.as_bytes(value)):
            return b""
        owner = self.owner_of(instance)
        if is_new and self.owner == SELF:
            keystore.make(owner)  # a patient's key is born with her, and never a second time
        return self._envelope(plain, owner, instance)

    def _envelope(self, plain: bytes, owner: UUID, instance: models.Model) -> bytes:
        place, author = self.place(instance), self.author_of(instance)
        return sealing.seal(plain, owner=owner, place=place, author=author)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        return self.get_db_prep_value(value, connection)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:  # noqa: FBT001, FBT002 -- Django's
        if value is None or isinstance(value, Sealed):
            return value and value.envelope
        raise TypeError(f"{self} is encrypted: set it on its row and save() that.")

    # Whose it is, and where

    def owner_of(self, instance: models.Model) -> UUID:
        owner: Any = instance
        for step in () if self.owner == SELF else self.owner.split("."):
            owner = getattr(owner, step)
        ref: UUID = owner.ref
        return ref

    def author_of(self, instance: models.Model) -> int | None:
        return getattr(instance, f"{self.author}_id") if self.author else None

    def place(self, instance: models.Model) -> str:
        row = self.row_id.to_python(getattr(instance, self.row_id.attname))
        if row is None:
            raise TypeError(f"{self} cannot be sealed for a row without a UUID.")
        return self.place_of(row)

    def place_of(self, row: UUID) -> str:
        return f"{self.model._meta.db_table}|{self.column}|{row}"  # noqa: SLF001 -- documented

    @cached_property
    def row_id(self) -> "models.Field[Any, Any]":
        """The UUID of the row: its primary key, else its `ref`. Made by us, so known before."""
        meta = self.model._meta  # noqa: SLF001 -- Django documents _meta
        found = meta.pk if isinstance(meta.pk, models.UUIDField) else meta.get_field("ref")
        if not isinstance(found, models.UUIDField):
            raise FieldDoesNotExist(f"{self.model.__name__} has no UUID")
        return found

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        return [*super().check(**kwargs), *self._check_row(), *self._check_owner()]

    def _check_row(self) -> Sequence[checks.CheckMessage]:
        try:
            assert self.row_id
        except FieldDoesNotExist:
            words = "An encrypted field needs a row with a UUID: as primary key, or as `ref`."
            return [checks.Error(words, obj=self, id="core.E001")]
        return []

    def _check_owner(self) -> Sequence[checks.CheckMessage]:
        model: Any = self.model
        try:
            for step in () if self.owner == SELF else self.owner.split("."):
                model = model._meta.get_field(step).related_model  # noqa: SLF001 -- documented
            model._meta.get_field("ref")  # noqa: SLF001 -- documented
        except (FieldDoesNotExist, AttributeError):
            words = f"“{self.owner}” does not lead to a model with a `ref`."
            return [checks.Error(words, obj=self, id="core.E002")]
        return []

    # What a query cannot do with ciphertext

    def get_col(self, alias: Any, output_field: Any = None) -> SealedCol:
        return SealedCol(alias, self, output_field)

    @cached_property
    def cached_col(self) -> SealedCol:
        return SealedCol(self.model._meta.db_table, self)  # noqa: SLF001 -- documented

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self} is encrypted: nothing can be looked up by it.")
        return IsThere

    def get_transform(self, lookup_name: str) -> NoReturn:
        raise FieldError(f"{self} is encrypted: the database cannot look into it.")


class EncryptedText(SealedField[str]):
    def as_bytes(self, value: Any) -> bytes:
        words = str(value)
        if self.max_length is not None and len(words) > self.max_length:
            raise ValueError(f"{self} holds {self.max_length} characters, not {len(words)}")
        return b"" if is_blank(words) else words.encode()

    def as_value(self, plain: bytes) -> str:
        return plain.decode()

    def erased(self) -> str:
        return gettext("Erased")

    def to_python(self, value: Any) -> Any:
        return value if value is None else str(value)

    def formfield(self, *args: Any, **kwargs: Any) -> Any:
        kwargs = {"form_class": forms.CharField, "max_length": self.max_length, **kwargs}
        return super().formfield(*args, **kwargs)


class EncryptedDate(SealedField[date]):
    empty_strings_allowed = False

    def as_bytes(self, value: Any) -> bytes:
        return str(self.to_python(value)).encode()

    def as_value(self, plain: bytes) -> date:
        return date.fromisoformat(plain.decode())

    def erased(self) -> None:
        return None

    def to_python(self, value: Any) -> Any:
        return models.DateField().to_python(value)

    def formfield(self, *args: Any, **kwargs: Any) -> Any:
        return super().formfield(*args, **{"form_class": forms.DateField, **kwargs})


class OfEnvelope(Func):
    """What the database can tell of an envelope without opening it, for constraints."""

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        """When a form asks before saving, the words are not sealed yet, nor shown to the query."""
        if isinstance(self.get_source_expressions()[0], SealedCol):
            return self  # a second time: lookups do that
        resolved = super().resolve_expression(*args, **kwargs)
        (source,) = resolved.get_source_expressions()
        return Value(self.of_words(source)) if isinstance(source, Value) else resolved

    def of_words(self, words: Value) -> Any:
        """Return what the database would tell of these words, sealed."""
        raise NotImplementedError


class SealedBytes(OfEnvelope):
    """How many bytes the envelope has: 0 for a blank."""

    function = "octet_length"
    output_field = models.IntegerField()

    def of_words(self, words: Value) -> int:
        return sealed_size(words.value)


def sealed_size(words: Any) -> int:
    text = str(words or "")
    return 0 if is_blank(text) else sealing.OVERHEAD + len(text.encode())


def is_filled(row: models.Model, name: str) -> bool:
    """Whether the encrypted field `name` of the row has words: told without opening it."""
    opener: Opener = getattr(type(row), name)
    value = opener.held(row)
    return bool(value.envelope) if isinstance(value, Sealed) else sealed_size(value) > 0


def has_words(name: str) -> Q:
    """For constraints: the encrypted field `name` is not blank."""
    return Q(GreaterThan(SealedBytes(F(name)), 0))


def fits(name: str, characters: int) -> Q:
    """For constraints: no more than so many characters of text can be in the field `name`."""
    most = sealing.OVERHEAD + UTF8_MOST * characters
    return Q(LessThanOrEqual(SealedBytes(F(name)), most))
