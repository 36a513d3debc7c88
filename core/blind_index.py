"""Finding a row by what is encrypted in it: beside that stands its HMAC, under a key of the field.

Equal words have equal indexes and nothing else can be told from one, unless the secret is known.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models

from core.fields import Sealed

if TYPE_CHECKING:
    BytesBase = models.BinaryField[bytes, bytes]
else:
    BytesBase = models.BinaryField


def digest(place: str, words: str) -> bytes:
    """Return the index of `words` for the column `place`; none for a blank."""
    if not words:
        return b""
    key = hmac.digest(settings.BLIND_INDEX_SECRET.encode(), place.encode(), hashlib.sha256)
    return hmac.digest(key, words.encode(), hashlib.sha256)


class BlindIndex(BytesBase):
    """The index of one or more encrypted fields together, made anew whenever one of them is set.

    :param of: their names; several are found by all of them at once, and by no single one
    :param normal: brings the many ways of writing one thing to one; "" where there is nothing
    """

    def __init__(
        self, *args: Any, of: Sequence[str], normal: Callable[..., str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **{**kwargs, "editable": False, "default": b""})
        self.of, self.normal = tuple(of), normal

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("default", None)
        return name, path, args, {**kwargs, "of": self.of, "normal": self.normal}

    def pre_save(self, model_instance: models.Model, add: bool) -> bytes:  # noqa: FBT001 -- Django's
        held = [model_instance.__dict__.get(name) for name in self.of]
        if any(not (value is None or isinstance(value, Sealed)) for value in held):
            values = [getattr(model_instance, name) for name in self.of]
            setattr(model_instance, self.attname, self.digest(*values))
        index: bytes = getattr(model_instance, self.attname)
        return index

    def digest(self, *values: Any) -> bytes:
        """Return the index under which these values of the fields are found."""
        place = "|".join([self.model._meta.db_table, *self.of])  # noqa: SLF001 -- documented
        return digest(place, self.normal(*values))
