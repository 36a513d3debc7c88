"""Envelopes: a few bytes encrypted for one owner and one place (AES-256-GCM).

An envelope is a version byte, the owner's id, a nonce, and the ciphertext with its tag. The place,
"table|column|row", is authenticated with it: moved elsewhere, it does not open. In one that an
author sealed with a key of her own (version 2), her id follows the owner's.
"""

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core import keystore, reads
from core.keyring import NONCE_BYTES
from core.keystore import KeyName

OWNERS, AUTHORS = 1, 2  # versions: by whose key
OWNER = slice(1, 17)
AUTHOR = slice(OWNER.stop, OWNER.stop + keystore.AUTHOR_BYTES)
TAG_BYTES = 16
OVERHEAD = OWNER.stop + NONCE_BYTES + TAG_BYTES  # at least


class Tampered(Exception):
    """The envelope was changed, or belongs elsewhere."""


def seal(plain: bytes, *, owner: UUID, place: str, author: int | None = None) -> bytes:
    """
    :param author: whose key for the owner it is; None: the owner's own
    :raises keystore.Erased:
    """
    name = KeyName(owner, author)
    nonce = os.urandom(NONCE_BYTES)
    version = OWNERS if author is None else AUTHORS
    sealed = _box(name).encrypt(nonce, plain, _about(place, version))
    return bytes([version]) + name.as_bytes + nonce + sealed


def unseal(envelope: bytes, *, place: str) -> bytes:
    """
    :raises Tampered:
    :raises keystore.Erased:
    """
    if len(envelope) < OVERHEAD or envelope[0] not in (OWNERS, AUTHORS):
        raise Tampered(place)
    name = name_of(envelope)
    box = reads.once(name, _box)
    nonce = slice(1 + len(name.as_bytes), 1 + len(name.as_bytes) + NONCE_BYTES)
    try:
        return box.decrypt(envelope[nonce], envelope[nonce.stop :], _about(place, envelope[0]))
    except InvalidTag:
        raise Tampered(place) from None


def name_of(envelope: bytes) -> KeyName:
    """By whose key it is sealed."""
    owner = owner_of(envelope)
    if envelope[0] == OWNERS:
        return KeyName(owner)
    return KeyName(owner, int.from_bytes(envelope[AUTHOR]))


def owner_of(envelope: bytes) -> UUID:
    """Whom it is about."""
    return UUID(bytes=envelope[OWNER])


def _box(name: KeyName) -> AESGCM:
    return AESGCM(keystore.key_of(*name))


def _about(place: str, version: int) -> bytes:
    return f"{place}|{version}".encode()
