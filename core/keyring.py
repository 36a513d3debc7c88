"""The keys that wrap keys: each patient's data key is kept only as one of these has wrapped it.

They form a ring, newest first, so that a new one can come and an old one go while the site runs.
"""

import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES, NONCE_BYTES = 32, 12


class UnknownKey(Exception):
    """A key was wrapped under a version that is not in the ring."""


class Unavailable(Exception):
    """The service that keeps the key-encryption key did not answer, or would not."""


class KeyWrapper(Protocol):
    """A ring in memory, or a key management service (`core.transit`): `settings.KEY_WRAPPER`.

    A service may raise Unavailable from each of these.
    """

    @property
    def newest(self) -> str:
        """The version under which `wrap` wraps."""

    def wrap(self, key: bytes, *, about: bytes) -> tuple[str, bytes]:
        """Return the version and the key as it may be kept. Only with `about`, which names the
        owner, can it be opened."""

    def unwrap(self, wrapped: bytes, *, version: str, about: bytes) -> bytes:
        """
        :raises UnknownKey:
        """


@dataclass(frozen=True)
class KeyRing:
    newest: str
    keys: Mapping[str, AESGCM] = field(repr=False)

    def wrap(self, key: bytes, *, about: bytes) -> tuple[str, bytes]:
        nonce = os.urandom(NONCE_BYTES)
        return self.newest, nonce + self.keys[self.newest].encrypt(nonce, key, about)

    def unwrap(self, wrapped: bytes, *, version: str, about: bytes) -> bytes:
        if version not in self.keys:
            raise UnknownKey(version)
        return self.keys[version].decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], about)


@dataclass(frozen=True)
class Moving:
    """On the way from one wrapper to another: until `rotate_keys` is done, some keys are still as
    the one before wrapped them."""

    to: KeyWrapper
    before: KeyWrapper

    @property
    def newest(self) -> str:
        return self.to.newest

    def wrap(self, key: bytes, *, about: bytes) -> tuple[str, bytes]:
        return self.to.wrap(key, about=about)

    def unwrap(self, wrapped: bytes, *, version: str, about: bytes) -> bytes:
        """
        :raises UnknownKey: if neither wrapped it
        """
        try:
            return self.to.unwrap(wrapped, version=version, about=about)
        except UnknownKey:
            return self.before.unwrap(wrapped, version=version, about=about)


def parse(text: str) -> KeyRing:
    """Read "version:base64,version:base64,…", the newest first.

    :raises ValueError: unless each version is named once and has a key of 32 bytes
    """
    pairs = [part.strip().partition(":")[::2] for part in text.split(",")]
    keys = {version: b64decode(words, validate=True) for version, words in pairs}
    if len(keys) < len(pairs) or not all(version.isalnum() for version in keys):
        raise ValueError("each key needs a version of its own, of letters and digits")
    if any(len(key) != KEY_BYTES for key in keys.values()):
        raise ValueError(f"each key must be {KEY_BYTES} bytes in base64")
    return KeyRing(pairs[0][0], {version: AESGCM(key) for version, key in keys.items()})


def generate(version: str) -> str:
    """Return a new key as `parse` reads it."""
    return f"{version}:{b64encode(os.urandom(KEY_BYTES)).decode()}"
