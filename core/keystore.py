"""Data keys: one a patient, each in a file of its own outside the database (docs/adr/0010).

Neither a dump nor a copy of the database carries a key, and a key that is gone stays gone when
an old copy of the database is restored. A file holds the key as `settings.KEY_WRAPPER` wrapped it.

Beside it an author may have a key for that patient alone, for what is kept apart from her record
(docs/adr/0016). It goes with the patient's own: to erase her reaches it, whatever a database knows.
"""

import fcntl
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from core import whole_file
from core.keyring import KEY_BYTES, KeyWrapper

KEY, ERASED = ".key", ".erased"
AUTHOR_BYTES = 8  # an id of the database


class NoKey(Exception):
    """The store has never heard of this owner: it is not the store that belongs to the database."""


class Erased(Exception):
    """The owner's key was destroyed on purpose. Nothing of hers can be read or written."""


class KeyName(NamedTuple):
    """Whose key it is: the owner's own, or that of an author who writes about her."""

    owner: UUID
    author: int | None = None

    def __str__(self) -> str:
        return f"{self.owner}" if self.author is None else f"{self.owner}.{self.author}"

    @property
    def as_bytes(self) -> bytes:
        author = b"" if self.author is None else self.author.to_bytes(AUTHOR_BYTES)
        return self.owner.bytes + author


def key_of(owner: UUID, author: int | None = None) -> bytes:
    """
    Return the data key of an owner, or an author's for her. Nobody keeps it for longer than one
    request.

    :raises Erased:
    :raises NoKey:
    """
    name = KeyName(owner, author)
    try:
        kept = _path(name, KEY).read_bytes()
    except FileNotFoundError:
        if is_erased(owner):
            raise Erased from None
        raise NoKey(str(name)) from None
    return _unwrap(kept, name)


def is_erased(owner: UUID) -> bool:
    return _path(KeyName(owner), ERASED).exists()


def make(owner: UUID, author: int | None = None) -> None:
    """See to it that the owner has a key, or an author one for her.

    :raises Erased: a second key would make what is written later outlive the erasure
    :raises NoKey: an author has none for somebody whom the store does not know
    """
    name = KeyName(owner, author)
    if _path(name, KEY).exists():
        return
    with _alone():
        if is_erased(owner):
            raise Erased
        if author is not None and not _path(KeyName(owner), KEY).exists():
            raise NoKey(str(owner))
        if not _path(name, KEY).exists():
            whole_file.write(_path(name, KEY), _wrap(AESGCM.generate_key(KEY_BYTES * 8), name))


def erase(owner: UUID) -> None:
    """Destroy the owner's key, and all that authors have for her. What stays is a file that says
    so, for ever."""
    with _alone() as folder:
        whole_file.write(_path(KeyName(owner), ERASED), b"")
        for kind in (KEY, whole_file.PART):
            for path in folder.glob(f"{owner}*{kind}"):
                path.unlink(missing_ok=True)
        whole_file.settle(folder)


def rewrap(owner: UUID, author: int | None = None) -> bool:
    """Wrap the key with the newest key of the ring. Return False if it was already.

    Under the lock, for an erasure at the same moment must not be undone.
    """
    name = KeyName(owner, author)
    with _alone():
        path = _path(name, KEY)
        if not path.exists() or _version(kept := path.read_bytes()) == _wrapper().newest:
            return False
        whole_file.write(path, _wrap(_unwrap(kept, name), name))
        return True


def names() -> Iterator[KeyName]:
    """Yield whose keys there are."""
    for path in sorted(_folder().glob(f"*{KEY}")):
        owner, _, author = path.stem.partition(".")
        yield KeyName(UUID(owner), int(author) if author else None)


def erased_owners() -> Iterator[UUID]:
    """Yield everyone whose key was destroyed."""
    for path in sorted(_folder().glob(f"*{ERASED}")):
        yield UUID(path.stem)


def _wrap(key: bytes, name: KeyName) -> bytes:
    version, wrapped = _wrapper().wrap(key, about=name.as_bytes)
    return version.encode() + b" " + b64encode(wrapped) + b"\n"


def _unwrap(kept: bytes, name: KeyName) -> bytes:
    wrapped = b64decode(kept.partition(b" ")[2])
    return _wrapper().unwrap(wrapped, version=_version(kept), about=name.as_bytes)


def _version(kept: bytes) -> str:
    return kept.partition(b" ")[0].decode()


def _wrapper() -> KeyWrapper:
    wrapper: KeyWrapper = settings.KEY_WRAPPER
    return wrapper


def _folder() -> Path:
    return Path(settings.KEYS_DIR)


def _path(name: KeyName, kind: str) -> Path:
    return _folder() / f"{name}{kind}"


@contextmanager
def _alone() -> Iterator[Path]:
    """Keep every other process and thread from changing the store."""
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(lock)
