"""Envelopes: a few bytes encrypted for one owner and one place (AES-256-GCM).

An envelope is a version byte, the owner's id, a nonce, and the ciphertext with its tag. The place,
"table|column|row", is authenticated with it: moved elsewhere, it does not open. In one that an
author sealed with a key of her own (version 2), her id follows the owner's. In one that is found by
what is in it (version 3), the blind index does, authenticated as well.
"""

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core import keystore, reads
from core.keyring import NONCE_BYTES
from core.keystore import KeyName

OWNERS, AUTHORS, INDEXED = 1, 2, 3  # versions: by whose key; by the owner's, with an index
OWNER = slice(1, 17)
AUTHOR = slice(OWNER.stop, OWNER.stop + keystore.AUTHOR_BYTES)
INDEX_BYTES = 32  # SHA-256
INDEX = slice(OWNER.stop, OWNER.stop + INDEX_BYTES)
NONCE_AT = {OWNERS: OWNER.stop, AUTHORS: AUTHOR.stop, INDEXED: INDEX.stop}
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
    version = OWNERS if author is None else AUTHORS
    return _sealed(bytes([version]) + name.as_bytes, plain, name, place)


def seal_indexed(plain: bytes, *, index: bytes, owner: UUID, place: str) -> bytes:
    """Seal what a query finds by `index` (`core.blind_index`), which stands readable in it.

    :raises keystore.Erased:
    """
    name = KeyName(owner)
    return _sealed(bytes([INDEXED]) + name.as_bytes + index, plain, name, place)


def _sealed(head: bytes, plain: bytes, name: KeyName, place: str) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return head + nonce + _box(name).encrypt(nonce, plain, _about(place, head))


def unseal(envelope: bytes, *, place: str) -> bytes:
    """
    :raises Tampered:
    :raises keystore.Erased:
    """
    if len(envelope) < OVERHEAD or envelope[0] not in NONCE_AT:
        raise Tampered(place)
    box = reads.once(name_of(envelope), _box)
    start = NONCE_AT[envelope[0]]
    head, nonce, sealed = (
        envelope[:start], envelope[start : start + NONCE_BYTES], envelope[start + NONCE_BYTES :],
    )  # fmt: skip
    try:
        return box.decrypt(nonce, sealed, _about(place, head))
    except (InvalidTag, ValueError):  # ValueError: too short for its version
        raise Tampered(place) from None


def name_of(envelope: bytes) -> KeyName:
    """By whose key it is sealed."""
    owner = owner_of(envelope)
    if envelope[0] != AUTHORS:
        return KeyName(owner)
    return KeyName(owner, int.from_bytes(envelope[AUTHOR]))


def owner_of(envelope: bytes) -> UUID:
    """Whom it is about."""
    return UUID(bytes=envelope[OWNER])


def _box(name: KeyName) -> AESGCM:
    return AESGCM(keystore.key_of(*name))


def _about(place: str, head: bytes) -> bytes:
    """What is authenticated beside the words. The owner and the author are by the key."""
    index = head[INDEX] if head[0] == INDEXED else b""
    return f"{place}|{head[0]}".encode() + index
