"""Finding a row by what is encrypted in it: beside that stands its HMAC, under a key of the field.

Equal words have equal indexes and nothing else can be told from one, unless the secret is known.
"""

import hashlib
import hmac
from collections.abc import Callable
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
    """The index of the encrypted field `of`, made anew whenever that is set.

    :param normal: brings the many ways of writing one thing to one; "" where there is nothing
    """

    def __init__(self, *args: Any, of: str, normal: Callable[[str], str], **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "editable": False, "default": b""})
        self.of, self.normal = of, normal

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("default", None)
        return name, path, args, {**kwargs, "of": self.of, "normal": self.normal}

    def pre_save(self, model_instance: models.Model, add: bool) -> bytes:  # noqa: FBT001 -- Django's
        words = model_instance.__dict__.get(self.of)
        if not (words is None or isinstance(words, Sealed)):
            setattr(model_instance, self.attname, self.digest(words))
        index: bytes = getattr(model_instance, self.attname)
        return index

    def digest(self, words: str) -> bytes:
        """Return the index under which `words` are found."""
        return digest(f"{self.model._meta.db_table}|{self.of}", self.normal(words))  # noqa: SLF001 -- documented
