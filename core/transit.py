"""Wrapping data keys by a key management service: the transit engine of HashiCorp Vault or OpenBao.

The key-encryption key never leaves the service; what this machine holds is a token that the
service can take away. The key there must be made with `derived=true`: only then is what it wraps
bound to its owner, whom the context names. A policy for the token needs three paths, and no more:

    path "transit/keys/NAME"    { capabilities = ["read"] }
    path "transit/encrypt/NAME" { capabilities = ["update"] }
    path "transit/decrypt/NAME" { capabilities = ["update"] }
"""

import json
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core.keyring import Unavailable, UnknownKey

TIMEOUT = 3  # seconds; a page waits for it
LONGEST = 65_536  # bytes of an answer
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
VERSION = "transit:"  # before the number; no version in a ring has a colon
NAME = re.compile(r"[A-Za-z0-9_][\w.-]*(/[A-Za-z0-9_][\w.-]*)*", re.ASCII)


class Unreachable(Unavailable):
    """The service is away, sealed, or too slow."""


class Refused(Unavailable):
    """The service answered, and will not: a token without the right, or another key's envelope."""


@dataclass(frozen=True)
class Transit:
    """
    :raises ValueError: for an address that would send keys in the clear to another machine, for
        names that are none, and without a token
    """

    address: str
    key: str
    mount: str = "transit"
    token: str = field(default="", repr=False)
    token_file: Path | None = None  # read at each call, as an agent renews it

    def __post_init__(self) -> None:
        parts = urlsplit(self.address)
        assert parts.port is None or parts.port  # read here: one that is none is a ValueError
        is_here = parts.scheme == "http" and parts.hostname in LOOPBACK
        if not parts.hostname or not (parts.scheme == "https" or is_here):
            raise ValueError("the address of the key service must begin with https://")
        if not (NAME.fullmatch(self.key) and NAME.fullmatch(self.mount)):
            raise ValueError("the key and the mount of the key service need a name")
        if not (self.token or self.token_file):
            raise ValueError("the key service needs a token, or a file with one")
        if not self.token.isascii():
            raise ValueError("the token of the key service holds letters that no header can carry")

    @property
    def newest(self) -> str:
        """
        :raises Unavailable:
        """
        return f"{VERSION}{self._check()['latest_version']}"

    def wrap(self, key: bytes, *, about: bytes) -> tuple[str, bytes]:
        """
        :raises Unavailable:
        """
        self._check()  # once a patient, and once a rotation
        told = self._ask("POST", "encrypt", plaintext=_text(key), context=_text(about))
        ciphertext = str(told["ciphertext"])  # "vault:v3:…"
        return VERSION + ciphertext.split(":")[1].removeprefix("v"), ciphertext.encode()

    def unwrap(self, wrapped: bytes, *, version: str, about: bytes) -> bytes:
        """
        :raises UnknownKey: if something else wrapped it
        :raises Unavailable:
        """
        if not version.startswith(VERSION):
            raise UnknownKey(version)
        told = self._ask("POST", "decrypt", ciphertext=wrapped.decode(), context=_text(about))
        return b64decode(told["plaintext"])

    def _check(self) -> dict[str, Any]:
        """What the service says of the key."""
        found = self._ask("GET", "keys")
        if not found.get("derived"):
            raise Refused(
                "the key was made without derived=true: it would bind nothing to an owner"
            )
        return found

    def _ask(self, method: str, deed: str, **fields: str) -> dict[str, Any]:
        status, body = self._exchange(method, f"/v1/{self.mount}/{deed}/{self.key}", fields)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
            raise Unreachable(f"{deed}: {status}")
        try:
            told = json.loads(body)
            if status == HTTPStatus.OK:
                return dict(told["data"])
            reason = "; ".join(told["errors"])
        except (ValueError, KeyError, TypeError) as failure:
            raise Refused(f"{deed}: {status}, and no answer of a transit engine") from failure
        raise Refused(f"{deed}: {status} {reason}")

    def _exchange(self, method: str, path: str, fields: dict[str, str]) -> tuple[int, bytes]:
        """A connection of its own each time; no proxy, no redirect."""
        headers = {"X-Vault-Token": self._token_now()}
        connection = self._connection()
        try:
            body = json.dumps(fields) if fields else None
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read(LONGEST)
        except (OSError, HTTPException) as failure:
            kind = type(failure).__name__
            raise Unreachable(f"the key service gives no answer at {path}: {kind}") from failure
        finally:
            connection.close()

    def _connection(self) -> HTTPConnection:
        parts = urlsplit(self.address)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        return kind(str(parts.hostname), parts.port, timeout=TIMEOUT)

    def _token_now(self) -> str:
        if self.token_file is None:
            return self.token
        try:
            return self.token_file.read_text(encoding="ascii").strip()
        except (OSError, ValueError) as failure:
            raise Unreachable(f"no token can be read from {self.token_file}") from failure


def _text(value: bytes) -> str:
    return b64encode(value).decode()
