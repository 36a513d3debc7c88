"""Envelopes: a few bytes encrypted for one owner and one place (AES-256-GCM).

An envelope is a version byte, the owner's id, a nonce, and the ciphertext with its tag. The place,
"table|column|row", is authenticated with it: moved elsewhere, it does not open.
"""

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core import keystore, reads
from core.keyring import NONCE_BYTES

VERSION = 1
OWNER = slice(1, 17)
NONCE = slice(17, 17 + NONCE_BYTES)
TAG_BYTES = 16
OVERHEAD = NONCE.stop + TAG_BYTES


class Tampered(Exception):
    """The envelope was changed, or belongs elsewhere."""


def seal(plain: bytes, *, owner: UUID, place: str) -> bytes:
    """
    :raises keystore.Erased:
    """
    nonce = os.urandom(NONCE_BYTES)
    sealed = _box(owner).encrypt(nonce, plain, _about(place))
    return bytes([VERSION]) + owner.bytes + nonce + sealed


def unseal(envelope: bytes, *, place: str) -> bytes:
    """
    :raises Tampered:
    :raises keystore.Erased:
    """
    if len(envelope) < OVERHEAD or envelope[0] != VERSION:
        raise Tampered(place)
    box = reads.once(owner_of(envelope), _box)
    try:
        return box.decrypt(envelope[NONCE], envelope[NONCE.stop :], _about(place))
    except InvalidTag:
        raise Tampered(place) from None


def owner_of(envelope: bytes) -> UUID:
    return UUID(bytes=envelope[OWNER])


def _box(owner: UUID) -> AESGCM:
    return AESGCM(keystore.key_of(owner))


def _about(place: str) -> bytes:
    return f"{place}|{VERSION}".encode()
